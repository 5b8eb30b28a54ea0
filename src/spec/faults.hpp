#pragma once
// What is wrong with a scenario that was put together by the program instead of read from files: the same
// checks across values as a reader makes, as plain sentences.

#include <string>
#include <vector>

#include "spec/scenario.hpp"

namespace foretrain::spec {

std::vector<std::string> faults_of(const Scenario& scenario);  // empty when it can be simulated

}  // namespace foretrain::spec
