#include "report/settings.hpp"

#include <fmt/core.h>

#include <map>

namespace foretrain::report {

namespace {

std::string last_word(const std::string& key) {
  return key.substr(key.rfind('.') + 1);
}

std::string parent_of(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

// Words with which a part of a file speaks of the values beside or above them.
bool is_remark(const std::string& word) {
  return word == "source" || word == "spread" || word == "fitted_on" || word == "borrowed_from" ||
         word == "bound";
}

std::string remark_text(const std::string& word, const std::string& value) {
  if (word == "source") return value;
  if (word == "fitted_on") return "fitted on " + value;
  if (word == "bound") return "a bound, no measurement of such kernels";
  if (word == "borrowed_from") return "borrowed from " + value;
  return word + " " + value;
}

}  // namespace

std::vector<Input> list_inputs(const spec::Scenario& scenario) {
  std::map<std::string, std::string> remarks;  // about everything below a key, or the key itself
  for (const spec::Setting& s : scenario.settings) {
    const std::string word = last_word(s.key);
    if (!is_remark(word) || s.value.empty() || s.value == "false") continue;
    std::string& all = remarks[parent_of(s.key)];
    const std::string remark = remark_text(word, s.value);
    if (all.empty())
      all = remark;
    else
      all = word == "source" ? fmt::format("{}; {}", remark, all)
                             : fmt::format("{}; {}", all, remark);  // source first
  }
  std::vector<Input> inputs;
  for (const spec::Setting& s : scenario.settings) {
    if (is_remark(last_word(s.key))) continue;
    std::string source = s.source;
    if (s.origin == "default") {  // what the files say about their values is not about this one
      inputs.push_back({s.key, s.value, s.origin, source});
      continue;
    }
    for (std::string key = s.key; !key.empty(); key = parent_of(key)) {
      const auto found = remarks.find(key);
      if (found == remarks.end()) continue;
      source += (source.empty() ? "" : "; ") + found->second;
      break;
    }
    inputs.push_back({s.key, s.value, s.origin, source});
  }
  return inputs;
}

InputCount count_inputs(const spec::Scenario& scenario) {
  InputCount count;
  for (const Input& input : list_inputs(scenario)) {
    if (input.key.rfind("published.", 0) == 0) continue;  // a target, not an input
    ++count.all;
    if (input.origin.rfind("--set", 0) == 0)
      ++count.changed;
    else if (input.origin == "default")
      ++count.defaulted;
    else if (!input.source.empty())
      ++count.sourced;
  }
  return count;
}

}  // namespace foretrain::report
