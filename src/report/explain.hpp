#pragma once
// What went in: every setting with its origin and source, and the op lists with the price of each op and the
// row of the part file behind that price. Listings for looking things up: lines may be longer than a page.

#include <optional>
#include <string>

#include "report/inside.hpp"
#include "spec/scenario.hpp"

namespace foretrain::report {

std::string settings_text(const spec::Scenario& scenario);

struct OpsQuery {
  std::optional<model::Unit> unit;  // all kinds of units of the model if not given
  std::optional<model::Phase> phase;
};

// The ops that one GPU runs in a stage, at balanced routing.
std::string ops_text(const spec::Scenario& scenario, const spec::StageSpec& stage, const OpsQuery& query);

// Names for OpsQuery as typed on the command line, in the order of their enums.
std::vector<std::string> unit_names();
std::vector<std::string> phase_names();  // forward, input_gradient, weight_gradient

}  // namespace foretrain::report
