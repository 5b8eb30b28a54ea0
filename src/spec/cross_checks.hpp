#pragma once
// The pieces of cross_checks(): see read.hpp for the whole. A value of zero was not read, and no check speaks
// of it.

#include <string>
#include <vector>

#include "spec/read.hpp"

namespace foretrain::spec {

struct Layout {
  const plan::PlanSpec& plan;
  std::string prefix;                      // where its keys stand: "plan" or "stages.sft.plan"
  std::string stage;                       // the training stage's name, or ""
  const plan::PlanSpec* judged = nullptr;  // the scenario's plan, when it has been judged already
};

// False when the layout does not use the cluster's GPUs exactly; what follows from its sizes is then moot.
bool check_layout(Context& context, const Layout& layout, const Scenario& scenario);

std::vector<std::int64_t> divisors_of(std::int64_t whole);
// "use 1, 2, 4": of these values, the nearest to the number tried; or the divisors of `whole` that are.
std::string nearby(std::vector<std::int64_t> values, std::int64_t tried);
std::string nearby_divisors(std::int64_t whole, std::int64_t tried);

}  // namespace foretrain::spec
