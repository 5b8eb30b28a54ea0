#pragma once
// The settings of a scenario as a person looks them up: what a file says about itself ("source", "spread") is
// joined to the values that it speaks of, so that each line is one input with its origin and source.

#include <string>
#include <vector>

#include "spec/scenario.hpp"

namespace foretrain::report {

struct Input {
  std::string key, value, origin, source;
};

std::vector<Input> list_inputs(const spec::Scenario& scenario);

struct InputCount {
  std::size_t all = 0;                                  // published figures are targets, not inputs
  std::size_t sourced = 0, defaulted = 0, changed = 0;  // changed: on the command line
  std::size_t chosen() const { return all - sourced - defaulted - changed; }
};
InputCount count_inputs(const spec::Scenario& scenario);

}  // namespace foretrain::report
