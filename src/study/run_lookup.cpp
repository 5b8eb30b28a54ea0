#include "study/run_lookup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace foretrain::study {
namespace {

bool applies(const spec::RunRule& rule, const spec::RunRow& row) {
  const auto& when = rule.when.fields;
  return std::all_of(when.begin(), when.end(), [&](const spec::RunField& wanted) {
    return std::any_of(when.begin(), when.end(), [&](const spec::RunField& f) {
      return f.key == wanted.key && row.fields.text(f.key) == f.text;
    });
  });
}

// The reader has checked the text of a count or a figure; a loose one may still be words.
template <class T>
std::optional<T> parsed(const std::string& text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  return failure == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

}  // namespace

RunLookup::Found RunLookup::find(const std::string& key) const {
  if (const auto* field = row_->fields.find(key)) return {field, ""};
  for (const spec::RunRule& rule : set_->rules)
    if (const auto* field = rule.then.find(key); field != nullptr && applies(rule, *row_))
      return {field, rule.source};
  if (gpu_ == nullptr) return {};
  return {gpu_->find(key), gpu_->text("source")};
}

const spec::RunField* RunLookup::take(const std::string& key) {
  const Found found = find(key);
  if (found.field != nullptr &&
      std::none_of(settings_.begin(), settings_.end(), [&](const spec::Setting& s) { return s.key == key; }))
    settings_.push_back({key, found.field->text, found.field->origin, found.source});
  return found.field;
}

std::optional<std::int64_t> RunLookup::count(const std::string& key) {
  const auto* field = take(key);
  return field == nullptr ? std::nullopt : parsed<std::int64_t>(field->text);
}

std::optional<double> RunLookup::number(const std::string& key) {
  const auto* field = take(key);
  return field == nullptr ? std::nullopt : parsed<double>(field->text);
}

std::optional<std::string> RunLookup::word(const std::string& key) {
  const auto* field = take(key);
  return field == nullptr ? std::nullopt : std::optional(field->text);
}

std::int64_t RunLookup::count_or(const std::string& key, std::int64_t fallback, const std::string& why) {
  if (const auto value = count(key)) return *value;
  note(key, fmt::format("{}", fallback), why);
  return fallback;
}

bool RunLookup::flag_or(const std::string& key, bool fallback, const std::string& why) {
  if (const auto value = word(key)) return *value == "true";
  note(key, fallback ? "true" : "false", why);
  return fallback;
}

std::string RunLookup::word_or(const std::string& key, const std::string& fallback, const std::string& why) {
  if (auto value = word(key)) return *value;
  note(key, fallback, why);
  return fallback;
}

void RunLookup::note(const std::string& key, const std::string& value, const std::string& why) {
  settings_.push_back({key, value, "default", why});
}

}  // namespace foretrain::study
