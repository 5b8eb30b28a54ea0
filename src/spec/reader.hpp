#pragma once
// Reads one map of a scenario key by key, so that every mistake is told apart: a key that is missing (with
// what it means), a key nobody asked for (with the nearest one that exists), a value of the wrong kind, unit
// or range.
//
// A read that fails reports and returns zero (or the first choice); checks across values therefore skip
// zeros. What was read or defaulted becomes a Setting of the context.

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/sourced.hpp"
#include "base/units.hpp"
#include "spec/context.hpp"
#include "spec/units_text.hpp"

namespace foretrain::spec {

struct Range {  // of whole numbers, both ends allowed
  std::int64_t least = 1, most = 1'000'000'000;
};

struct Limits {  // of measures, in base units
  double least = 0, most = 1e30;
  bool above = true;  // `least` itself is refused
  std::string text = "more than 0";
};
// A spread or a loss: it may be none.
inline Limits portion() {
  return {0, 0.99, false, "0 to 0.99 (0 % to 99 %)"};
}
inline Limits share() {
  return {0, 1, true, "more than 0 and at most 1"};
}
inline Limits not_negative() {
  return {0, 1e30, false, "0 or more"};
}

class Reader {
 public:
  // `key` is the map's full name ("plan", "stages.sft.plan"; "" for the whole file), `owner` where its key
  // stands.
  Reader(Context& context, const Node& node, std::string key, Where owner);

  bool has(const std::string& name) const { return node_->find(name) != nullptr; }
  const Entry* optional(const std::string& name);                              // nullptr when absent
  const Entry* required(const std::string& name, const std::string& meaning);  // reports when absent
  void finish();  // reports every key that nobody asked for

  std::int64_t integer(const std::string& name, const std::string& meaning, Range range = {});
  std::int64_t integer_or(const std::string& name, std::int64_t fallback, Range range = {});
  std::string text(const std::string& name, const std::string& meaning);
  std::string text_or(const std::string& name, const std::string& fallback);
  double measure(const std::string& name, Measure measure, const std::string& meaning,
                 const Limits& limits = {});
  double number(const std::string& name, const std::string& meaning);  // any finite number, no unit

  // The index of the chosen name; `fallback` is used when the key is absent, -1 means that it must be there.
  std::size_t choice(const std::string& name, const std::vector<std::string>& names,
                     const std::string& meaning, int fallback = -1);
  std::size_t choice_of(const Node& value, const std::string& name, const std::vector<std::string>& names,
                        const std::string& source = {});

  // {value: 50 GB/s, source: "...", spread: 5 %}; the source is mandatory.
  Sourced<std::int64_t> sourced_count(const std::string& name, const std::string& meaning, Range range = {});
  template <class Q>
  Sourced<Q> sourced(const std::string& name, Measure m, const std::string& meaning,
                     const Limits& limits = {}) {
    auto [inner, from] = open_sourced(name, meaning);
    if (inner == nullptr) return {};
    const double value = measure_of(*inner, full(name), m, limits, from.source);
    if constexpr (std::same_as<Q, double>)
      return {value, from};
    else
      return {Q::from_base(value), from};
  }
  Sourced<bool> sourced_flag(const std::string& name, const std::string& meaning);

  // The same for a value that a file may leave out: what stands then, and what that means.
  struct Absent {
    std::string value;  // as a file would write it: "0 us"
    std::string meaning;
  };
  template <class Q>
  Sourced<Q> sourced_or(const std::string& name, Measure m, const Absent& absent, const Limits& limits = {}) {
    if (has(name)) return sourced<Q>(name, m, absent.meaning, limits);
    const double value = parse_measure(absent.value, m).value;
    const auto from = stand_in(name, absent);
    if constexpr (std::same_as<Q, double>)
      return {value, from};
    else
      return {Q::from_base(value), from};
  }
  Sourced<std::int64_t> sourced_count_or(const std::string& name, const Absent& absent, Range range = {});
  Sourced<bool> sourced_flag_or(const std::string& name, const Absent& absent);

  bool flag_or(const std::string& name, bool fallback);  // a behaviour: no source asked for

  // Which of `names` a list holds; `fault` opens the complaint about another name ("cannot recompute").
  std::vector<bool> some_of(const Node& list, const std::string& key, const std::vector<std::string>& names,
                            const std::string& fault, const std::string& source = {});
  // {value: ..., source: ...}: the node under value and its source; reports what is missing.
  std::pair<const Node*, Provenance> open_sourced(const std::string& name, const std::string& meaning);

  std::string full(const std::string& name) const { return key_.empty() ? name : key_ + "." + name; }
  const Node& node() const { return *node_; }
  Where where() const { return owner_; }
  Context& context() { return *context_; }

  // Values that stand in lists or elsewhere outside this map's own keys.
  std::int64_t integer_of(const Node& value, const std::string& key, Range range,
                          const std::string& source = {});
  double measure_of(const Node& value, const std::string& key, Measure measure, const Limits& limits,
                    const std::string& source = {});
  const std::string* scalar_of(const Node& value,
                               const std::string& expectation);  // reports; nullptr when it is none

 private:
  Provenance stand_in(const std::string& name, const Absent& absent);
  std::string title() const;

  Context* context_;
  const Node* node_;
  std::string key_;
  Where owner_;
  std::vector<std::string> asked_;
  bool silent_ = false;  // not a map: said once, then quiet
};

// "did you mean 'x'?" or, when nothing is near, "known: a, b, c".
std::string suggest(const std::string& name, const std::vector<std::string>& known);

}  // namespace foretrain::spec
