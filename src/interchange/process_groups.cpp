#include "interchange/process_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace foretrain::interchange {
namespace {

// The next number of a JSON object's text, in quotes or not; nothing when something else comes first.
std::optional<std::uint32_t> next_number(std::string_view text, std::size_t& at) {
  at = std::min(text.find_first_not_of(" :,\"[", at), text.size());
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  at = static_cast<std::size_t>(end - text.data());
  return value;
}

}  // namespace

std::string to_metadata(const Groups& groups, const std::set<std::uint32_t>& named) {
  std::string text;
  for (const auto group : named)
    text += fmt::format("{}{{\"pg_name\": \"{}\", \"ranks\": [{}]}}", text.empty() ? "" : ", ", group,
                        fmt::join(groups.at(group), ", "));
  return "[\"[" + text + "]\"]";
}

bool read_metadata(std::string_view text, Groups& groups) {
  constexpr std::string_view name_key = "\"pg_name\"", ranks_key = "\"ranks\"";
  for (auto at = text.find(name_key); at != text.npos; at = text.find(name_key, at + 1)) {
    const auto begin = std::min(text.rfind('{', at), at);
    const auto object = text.substr(begin, text.find('}', at) - begin);
    std::size_t place = object.find(name_key) + name_key.size();
    const auto group = next_number(object, place);
    place = object.find(ranks_key);
    const auto stop = place == object.npos ? place : object.find(']', place);
    if (!group || stop == object.npos) return false;
    std::vector<std::uint32_t> members;
    place += ranks_key.size();
    const auto inside = object.substr(0, stop);
    while (const auto rank = next_number(inside, place)) members.push_back(*rank);
    std::sort(members.begin(), members.end());
    const bool twice = std::adjacent_find(members.begin(), members.end()) != members.end();
    if (twice || place < inside.size()) return false;  // a rank that is no number
    if (!members.empty() && *group != world) groups[*group] = std::move(members);
  }
  return true;
}

std::string groups_json(const Groups& groups) {
  std::string text = "{";
  for (const auto& [group, members] : groups)
    text += fmt::format("{}\n  \"{}\": [{}]", text.size() > 1 ? "," : "", group, fmt::join(members, ", "));
  return text + (groups.empty() ? "}\n" : "\n}\n");
}

}  // namespace foretrain::interchange
