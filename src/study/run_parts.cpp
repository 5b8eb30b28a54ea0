#include "study/run_parts.hpp"

#include <algorithm>
#include <map>

#include "study/run_lookup.hpp"
#include "study/validate_runs.hpp"

namespace foretrain::study {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The digits that a text starts with, without zeros before them; taken from the text.
std::string_view take_number(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

struct Natural {
  bool operator()(const std::vector<std::string>& a, const std::vector<std::string>& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), natural_less);
  }
};

struct Gathered {
  RunPart part;
  std::vector<double> errors;
};

void add(const RunCheck& check, Gathered& to) {
  ++to.part.rows;
  to.part.too_large += check.verdict == Verdict::too_large ? 1 : 0;
  to.part.inexpressible += check.verdict == Verdict::inexpressible ? 1 : 0;
  if (check.error) to.errors.push_back(*check.error);
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a, whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const auto x = take_number(a), y = take_number(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
      continue;
    }
    if (a.front() != b.front()) return a.front() < b.front();
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;  // "08" and "8"
}

std::vector<RunPart> parts_of(const std::vector<RunCheck>& checks, const spec::PublishedRuns& runs,
                              const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  std::map<std::string, const spec::RunRow*> rows;
  for (const auto& row : runs.rows) rows[row.id] = &row;
  std::vector<RunPart> parts;
  for (const auto& set : runs.sets) {
    std::map<std::vector<std::string>, Gathered, Natural> found;
    for (const RunCheck& check : checks) {
      if (check.set != set.id) continue;
      RunLookup lookup(*rows.at(check.id), set, nullptr);
      std::vector<std::string> values;
      for (const auto& key : keys) values.push_back(lookup.word(key).value_or("-"));
      add(check, found[values]);
    }
    for (auto& [values, gathered] : found) {
      gathered.part.set = set.id;
      gathered.part.values = values;
      gathered.part.errors = statistics_of(gathered.errors);
      parts.push_back(std::move(gathered.part));
    }
  }
  return parts;
}

}  // namespace foretrain::study
