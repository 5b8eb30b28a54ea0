#include "spec/context.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

namespace foretrain::spec {
namespace {
constexpr std::size_t longest_excerpt = 200;  // a longer line would push the caret off the screen
}

int Context::add_text(SourceText text) {
  texts_.push_back(std::move(text));
  return static_cast<int>(texts_.size()) - 1;
}

void Context::error(Where where, std::string message, std::string hint) {
  if (++count_ > most_diagnostics) return;
  Diagnostic d;
  d.message = std::move(message);
  d.hint = std::move(hint);
  if (where.file >= 0) {
    const auto& text = text_of(where.file);
    if (text.command_line) {
      d.message = fmt::format("{}: {}", text.name, d.message);
    } else {
      d.file = text.name;
      d.line = where.line;
      d.column = where.column;
      const auto index = static_cast<std::size_t>(where.line) - 1;
      if (where.line > 0 && index < text.lines.size() && text.lines[index].size() <= longest_excerpt)
        d.excerpt = text.lines[index];
    }
  }
  found_.push_back({where, std::move(d)});
}

void Context::throw_if_any() {
  if (count_ == 0) return;
  const auto place = [this](const Found& f) {  // the command line comes first: it was typed last
    const bool in_file = f.where.file >= 0 && !text_of(f.where.file).command_line;
    return std::tuple(in_file, f.where.file, f.where.line, f.where.column);
  };
  std::stable_sort(found_.begin(), found_.end(),
                   [&](const Found& a, const Found& b) { return place(a) < place(b); });
  std::vector<Diagnostic> all;
  for (auto& f : found_) all.push_back(std::move(f.diagnostic));
  if (count_ > all.size()) {
    Diagnostic more;
    more.message = fmt::format("and {} more", count_ - all.size());
    all.push_back(std::move(more));
  }
  throw SpecError(std::move(all));
}

void Context::record(const std::string& key, const std::string& value, Where where,
                     const std::string& source) {
  positions_[key] = where;
  settings_.push_back({key, value, origin(where), source});
}

void Context::record_default(const std::string& key, const std::string& value) {
  settings_.push_back({key, value, "default", ""});
}

std::string Context::origin(Where where) const {
  if (where.file < 0) return "default";
  const auto& text = text_of(where.file);
  return text.command_line ? "--set" : fmt::format("{}:{}", text.name, where.line);
}

Where Context::where_of(const std::string& key) const {
  const auto found = positions_.find(key);
  return found == positions_.end() ? Where{} : found->second;
}

void Context::hash_text(const std::string& text) {
  hash_ = hash_number(text.size(), hash_bytes(text, hash_));  // the size parts "ab" + "c" from "a" + "bc"
}

}  // namespace foretrain::spec
