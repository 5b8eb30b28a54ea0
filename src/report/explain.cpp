#include "report/explain.hpp"

#include <fmt/core.h>

#include "report/settings.hpp"
#include "report/table.hpp"

namespace foretrain::report {

std::string settings_text(const spec::Scenario& scenario) {
  Table table{{left("setting"), left("value"), left("origin"), left("source")}, {}, false};
  constexpr std::size_t widest = 40;  // a longer value stands at the end of the line
  for (const Input& s : list_inputs(scenario)) {
    const bool is_long = s.value.size() > widest;
    table.add({s.key, is_long ? "" : s.value, s.origin, is_long ? s.value : s.source});
  }
  return fmt::format(
             "Every input of {}, with the place it was read from and what that place says about its source\n",
             scenario.file) +
         to_text(table);
}

std::vector<std::string> unit_names() {
  std::vector<std::string> names;
  for (std::size_t u = 0; u < model::unit_count; ++u) {
    names.emplace_back(model::name_of(static_cast<model::Unit>(u)));
  }
  return names;
}

std::vector<std::string> phase_names() {
  return {"forward", "input_gradient", "weight_gradient"};
}

}  // namespace foretrain::report
