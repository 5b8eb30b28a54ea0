#pragma once
// Who judges one layout, and the judgements that check_layout() puts together. A fault is told at the
// layout's own key where it has one, and a training stage's layout is judged only where it differs from the
// scenario's.

#include <fmt/core.h>

#include <string>
#include <vector>

#include "spec/cross_checks.hpp"

namespace foretrain::spec {

struct Judge {
  Context& context;
  const Layout& layout;
  const plan::PlanSpec& plan;

  // Of the keys that a fault concerns, the first that the stage gives itself, else the scenario's.
  Where locate(const std::vector<std::string>& names) const {
    for (const auto& prefix : {layout.prefix, std::string("plan")})
      for (const auto& name : names)
        if (const auto found = context.where_of(fmt::format("{}.{}", prefix, name)); found.file >= 0)
          return found;
    return {};
  }
  void error(const std::vector<std::string>& names, const std::string& message,
             const std::string& hint) const {
    context.error(locate(names),
                  layout.stage.empty() ? message : fmt::format("stage '{}': {}", layout.stage, message),
                  hint);
  }
  // Whether any of these values is this layout's own.
  template <class... Members>
  bool fresh(Members... members) const {
    return layout.judged == nullptr || ((plan.*members != layout.judged->*members) || ...);
  }
};

void check_experts(const Judge& judge, const Scenario& scenario);
void check_tensor(const Judge& judge, const Scenario& scenario);
void check_shards(const Judge& judge);
void check_host(const Judge& judge, const Scenario& scenario);
void check_stack(const Judge& judge, const Scenario& scenario);  // where nothing else is wrong
bool check_virtual_stages(const Judge& judge);  // false: the stages of the pipeline cannot be told

}  // namespace foretrain::spec
