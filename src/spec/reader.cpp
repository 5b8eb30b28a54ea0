#include "spec/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace foretrain::spec {
namespace {

std::string kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "the value " + in_quotes(node.text);
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "something";
}

const Node& no_node() {
  static const Node none;
  return none;
}

}  // namespace

std::string suggest(const std::string& name, const std::vector<std::string>& known) {
  constexpr std::size_t longest_slip = 60;  // a longer name is no typing slip, and the distance is quadratic
  const auto nearest = name.size() > longest_slip ? "" : nearest_name(name, known);
  if (!nearest.empty()) return fmt::format("did you mean '{}'?", nearest);
  return known.empty() ? "" : fmt::format("known: {}", fmt::join(known, ", "));
}

Reader::Reader(Context& context, const Node& node, std::string key, Where owner)
    : context_(&context), node_(&node), key_(std::move(key)), owner_(owner) {
  if (node.kind == Node::Kind::map) {
    if (owner_.file != node.where.file) owner_ = node.where;  // an included file answers for itself
    return;
  }
  silent_ = true;
  const auto where = node.kind == Node::Kind::null ? owner : node.where;
  if (!node.broken)
    context_->error(where, fmt::format("{} must be a map of keys, found {}", title(), kind_of(node)));
  node_ = &no_node();
}

std::string Reader::title() const {
  return key_.empty() ? "the file" : key_;
}

const Entry* Reader::optional(const std::string& name) {
  if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) asked_.push_back(name);
  return node_->find(name);
}

const Entry* Reader::required(const std::string& name, const std::string& meaning) {
  const auto* entry = optional(name);
  if (entry == nullptr && !silent_)
    context_->error(owner_, fmt::format("{} lacks '{}'", title(), name),
                    fmt::format("{}: {}", name, meaning));
  return entry;
}

void Reader::finish() {
  for (const auto& entry : node_->entries) {
    if (std::find(asked_.begin(), asked_.end(), entry.key) != asked_.end()) continue;
    const auto hint = context_->full() ? "" : suggest(entry.key, asked_);
    context_->error(entry.where, fmt::format("unknown key {} in {}", in_quotes(entry.key), title()), hint);
  }
}

const std::string* Reader::scalar_of(const Node& value, const std::string& expectation) {
  if (value.kind == Node::Kind::scalar) return &value.text;
  context_->error(value.where, fmt::format("expected {}, found {}", expectation, kind_of(value)));
  return nullptr;
}

std::int64_t Reader::integer_of(const Node& value, const std::string& key, Range range,
                                const std::string& source) {
  const auto* text = scalar_of(value, key + " as a whole number");
  if (text == nullptr) return 0;
  const auto parsed = parse_integer(*text);
  if (!parsed.ok) {
    context_->error(value.where, fmt::format("{}: {}", key, parsed.message), parsed.hint);
    return 0;
  }
  if (parsed.value < range.least || parsed.value > range.most) {
    context_->error(value.where, fmt::format("{} {} is out of range", key, parsed.value),
                    fmt::format("allowed: {} to {}", range.least, range.most));
    return 0;
  }
  context_->record(key, *text, value.where, source);
  return parsed.value;
}

double Reader::measure_of(const Node& value, const std::string& key, Measure measure, const Limits& limits,
                          const std::string& source) {
  const auto* text = scalar_of(value, fmt::format("{} as {}", key, name_of(measure)));
  if (text == nullptr) return 0;
  const auto parsed = parse_measure(*text, measure);
  if (!parsed.ok) {
    context_->error(value.where, fmt::format("{}: {}", key, parsed.message), parsed.hint);
    return 0;
  }
  const bool low = parsed.value < limits.least || (limits.above && parsed.value <= limits.least);
  if (low || parsed.value > limits.most) {
    context_->error(value.where, fmt::format("{} {} is out of range", key, in_quotes(*text)),
                    "allowed: " + limits.text);
    return 0;
  }
  context_->record(key, *text, value.where, source);
  return parsed.value;
}

std::int64_t Reader::integer(const std::string& name, const std::string& meaning, Range range) {
  const auto* entry = required(name, meaning);
  return entry == nullptr ? 0 : integer_of(entry->value, full(name), range);
}

std::int64_t Reader::integer_or(const std::string& name, std::int64_t fallback, Range range) {
  const auto* entry = optional(name);
  if (entry != nullptr) return integer_of(entry->value, full(name), range);
  context_->record_default(full(name), fmt::format("{}", fallback));
  return fallback;
}

std::string Reader::text(const std::string& name, const std::string& meaning) {
  const auto* entry = required(name, meaning);
  if (entry == nullptr) return {};
  const auto* found = scalar_of(entry->value, full(name) + " as a text");
  if (found == nullptr) return {};
  if (found->empty()) context_->error(entry->value.where, fmt::format("{} is empty", name), meaning);
  context_->record(full(name), *found, entry->value.where);
  return *found;
}

std::string Reader::text_or(const std::string& name, const std::string& fallback) {
  if (node_->find(name) != nullptr) return text(name, "a text");
  optional(name);
  return fallback;
}

double Reader::measure(const std::string& name, Measure measure, const std::string& meaning,
                       const Limits& limits) {
  const auto* entry = required(name, meaning);
  return entry == nullptr ? 0 : measure_of(entry->value, full(name), measure, limits);
}

double Reader::number(const std::string& name, const std::string& meaning) {
  const auto* entry = required(name, meaning);
  if (entry == nullptr) return 0;
  const auto* found = scalar_of(entry->value, full(name) + " as a number");
  if (found == nullptr) return 0;
  const auto parsed = parse_number(*found);
  if (!parsed.ok)
    context_->error(entry->value.where, fmt::format("{}: {}", name, parsed.message), parsed.hint);
  return parsed.value;
}

std::size_t Reader::choice(const std::string& name, const std::vector<std::string>& names,
                           const std::string& meaning, int fallback) {
  const auto index = static_cast<std::size_t>(std::max(fallback, 0));
  const auto* entry = fallback < 0 ? required(name, meaning) : optional(name);
  if (entry == nullptr) {
    if (fallback >= 0) context_->record_default(full(name), names[index]);
    return index;
  }
  return choice_of(entry->value, name, names);
}

std::size_t Reader::choice_of(const Node& value, const std::string& name,
                              const std::vector<std::string>& names, const std::string& source) {
  const auto* found = scalar_of(value, "one of " + fmt::format("{}", fmt::join(names, ", ")));
  if (found == nullptr) return 0;
  const auto at = std::find(names.begin(), names.end(), *found);
  if (at == names.end()) {
    context_->error(value.where, fmt::format("unknown {} {}", name, in_quotes(*found)),
                    suggest(*found, names));
    return 0;
  }
  context_->record(full(name), *found, value.where, source);
  return static_cast<std::size_t>(at - names.begin());
}

Sourced<std::int64_t> Reader::sourced_count(const std::string& name, const std::string& meaning,
                                            Range range) {
  auto [inner, from] = open_sourced(name, meaning);
  if (inner == nullptr) return {};
  return {integer_of(*inner, full(name), range, from.source), from};
}

Sourced<bool> Reader::sourced_flag(const std::string& name, const std::string& meaning) {
  auto [inner, from] = open_sourced(name, meaning);
  if (inner == nullptr) return {};
  const auto* found = scalar_of(*inner, "true or false");
  if (found == nullptr) return {};
  if (*found != "true" && *found != "false")
    context_->error(inner->where, fmt::format("{}: {} is neither true nor false", name, in_quotes(*found)),
                    "write true or false");
  context_->record(full(name), *found, inner->where, from.source);
  return {*found == "true", from};
}

Provenance Reader::stand_in(const std::string& name, const Absent& absent) {
  optional(name);
  context_->record_default(full(name), absent.value);
  return {absent.meaning, "default", 0};
}

Sourced<std::int64_t> Reader::sourced_count_or(const std::string& name, const Absent& absent, Range range) {
  if (has(name)) return sourced_count(name, absent.meaning, range);
  return {parse_integer(absent.value).value, stand_in(name, absent)};
}

Sourced<bool> Reader::sourced_flag_or(const std::string& name, const Absent& absent) {
  if (has(name)) return sourced_flag(name, absent.meaning);
  return {absent.value == "true", stand_in(name, absent)};
}

bool Reader::flag_or(const std::string& name, bool fallback) {
  return choice(name, {"false", "true"}, "true or false", fallback ? 1 : 0) == 1;
}

std::vector<bool> Reader::some_of(const Node& list, const std::string& key,
                                  const std::vector<std::string>& names, const std::string& fault,
                                  const std::string& source) {
  std::vector<bool> chosen(names.size(), false);
  const auto meaning = fmt::format("a list out of {}", fmt::join(names, ", "));
  if (list.kind != Node::Kind::sequence) {
    context_->error(list.where, fmt::format("{} must be a list", key), meaning);
    return chosen;
  }
  std::vector<std::string> said;
  for (const auto& item : list.items) {
    const auto* name = scalar_of(item, meaning);
    if (name == nullptr) continue;
    const auto at = std::find(names.begin(), names.end(), *name);
    if (at == names.end())
      context_->error(item.where, fmt::format("{} {}", fault, in_quotes(*name)), suggest(*name, names));
    else
      chosen[static_cast<std::size_t>(at - names.begin())] = true;
    said.push_back(*name);
  }
  context_->record(key, said.empty() ? "none" : fmt::format("{}", fmt::join(said, ", ")), list.where, source);
  return chosen;
}

std::pair<const Node*, Provenance> Reader::open_sourced(const std::string& name, const std::string& meaning) {
  const auto* entry = required(name, meaning);
  if (entry == nullptr) return {nullptr, {}};
  if (entry->value.kind == Node::Kind::scalar || entry->value.kind == Node::Kind::sequence) {
    // On the command line a value speaks for itself; in a file it says where it comes from.
    if (context_->origin(entry->value.where) == "--set")
      return {&entry->value, {"given on the command line", "--set", 0}};
    context_->error(entry->value.where, fmt::format("{} has no source", full(name)),
                    fmt::format("write {}: {{value: {}, source: \"where it comes from\"}}", name,
                                entry->value.kind == Node::Kind::scalar ? entry->value.text : "[...]"));
    return {nullptr, {}};
  }
  Reader inner(*context_, entry->value, full(name), entry->where);
  const auto* value = inner.required("value", meaning);
  Provenance from;
  if (const auto* source = inner.required("source", "who measured or published the value"); source != nullptr)
    if (const auto* said = inner.scalar_of(source->value, "a text for source"); said != nullptr)
      from.source = *said;
  if (const auto* spread = inner.optional("spread"); spread != nullptr)
    from.spread = inner.measure_of(spread->value, inner.full("spread"), Measure::ratio,
                                   {0, 1, false, "0 to 1 (0 % to 100 %), one sigma"});
  inner.finish();
  if (value == nullptr) return {nullptr, from};
  from.where = context_->origin(value->value.where);
  return {&value->value, from};
}

}  // namespace foretrain::spec
