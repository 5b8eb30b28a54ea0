#include "cli/compare.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <ostream>

#include "base/diagnostic.hpp"
#include "cli/progress.hpp"
#include "cli/scenario_options.hpp"
#include "report/compare.hpp"
#include "report/json_outcome.hpp"
#include "study/run.hpp"

namespace foretrain::cli {

namespace {

struct Variant {
  std::string name;
  ScenarioOptions options;
};

// Cuts at commas outside brackets and braces, so that a list may stand as a value.
std::vector<std::string> split(const std::string& changes) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : changes) {
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == ',' && depth == 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (std::string& part : parts) part.erase(0, std::min(part.find_first_not_of(' '), part.size()));
  return parts;
}

std::vector<Variant> list_variants(const CompareOptions& options) {
  std::vector<Variant> variants;
  for (const std::string& file : options.files) {
    variants.push_back({file, {file, options.set, {}}});
    for (const std::string& with : options.with) {
      std::vector<std::string> changes = options.set;
      for (std::string& change : split(with)) changes.push_back(std::move(change));
      variants.push_back({fmt::format("{} with {}", file, with), {file, std::move(changes), {}}});
    }
  }
  return variants;
}

}  // namespace

int compare(const CompareOptions& options, std::ostream& out) {
  const std::vector<Variant> variants = list_variants(options);
  if (variants.size() < 2)
    throw SpecError(
        {without_place("nothing to compare with", "name a second scenario, or add --with plan.expert=32")});
  std::vector<spec::Scenario>
      scenarios;  // all are read, and their mistakes told, before the first is simulated
  for (const Variant& variant : variants) scenarios.push_back(load(variant.options));
  const Progress progress("simulating " + std::to_string(variants.size()) + " scenarios");
  std::vector<std::string> names;
  std::vector<study::Outcome> outcomes;
  bool feasible = true;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    names.push_back(variants[i].name);
    outcomes.push_back(study::run(scenarios[i], {.causes = false, .interval = false}));
    feasible = feasible && outcomes.back().infeasible.empty();
  }
  out << (options.json ? report::to_json(names, outcomes) : report::compare_text(names, outcomes));
  return feasible ? 0 : 1;
}

}  // namespace foretrain::cli
