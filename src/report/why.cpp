#include "report/why.hpp"

#include <fmt/core.h>

#include "base/check.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/why_sections.hpp"

namespace foretrain::report {

namespace {

std::string why_step(const Question& q) {
  Table table{{left("row"), right("mean, s"), right("share"), left("what it is")}, {}};
  const auto& step = q.stage.step;
  for (const Row& row : step_rows) {
    const Seconds value = step.mean.*row.seconds;
    table.add({std::string(row.name), fixed(value.base(), 3), percent_text(value / step.step_time),
               std::string(row.meaning)});
  }
  table.add_rule();
  table.add({"step", fixed(step.step_time.base(), 3)});
  return "\nTHE ROWS, each of which can be asked for\n" + to_text(table);
}

std::string answer(const Question& q, const std::string& name) {
  if (name == "step") return why_step(q);
  if (name == "bubble") return why_bubble(q);
  if (name == "optimizer") return why_optimizer(q);
  if (name == exposed_row.name) return why_exposed(q);
  for (const Row& row : step_rows) {
    if (row.name == name) return why_chunks(q, row);
  }
  check(false, "a row that why_rows() lists");
  return {};
}

}  // namespace

std::vector<std::string> why_rows() {
  std::vector<std::string> names;
  for (const Row& row : step_rows) names.emplace_back(row.name);
  names.emplace_back(exposed_row.name);
  names.emplace_back("step");
  return names;
}

std::string why_text(const study::Outcome& outcome, const spec::Scenario& scenario, std::size_t stage,
                     const std::string& row) {
  const study::StageOutcome& chosen = outcome.stages[stage];
  const Inside inside = look_inside(scenario, scenario.stages[stage], chosen);
  const Question q{outcome, scenario, chosen, inside};
  std::string text;
  const auto say = [&](const Row& r) {
    if (r.name != row) return;
    const Seconds value = chosen.step.mean.*r.seconds;
    text = fmt::format("{}: {:.3f} s of the {:.3f} s step of {}, {}\n  {}\n", title_of(r), value.base(),
                       chosen.step.step_time.base(), chosen.name, percent_text(value / chosen.step.step_time),
                       r.meaning);
  };
  for (const Row& r : step_rows) say(r);
  say(exposed_row);
  if (text.empty()) text = fmt::format("step: {:.3f} s, of {}\n", chosen.step.step_time.base(), chosen.name);
  return text + answer(q, row);
}

}  // namespace foretrain::report
