#pragma once
// The answers to one question about a step (study/what.hpp), as text and as JSON.

#include <string>

#include "spec/scenario.hpp"
#include "study/what.hpp"

namespace foretrain::report {

std::string to_text(const study::WhatOutcome& answer, const spec::Scenario& scenario);
std::string to_json(const study::WhatOutcome& answer, const spec::Scenario& scenario);

}  // namespace foretrain::report
