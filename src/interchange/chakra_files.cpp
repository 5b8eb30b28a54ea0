#include "interchange/chakra_files.hpp"

#include <fmt/core.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/diagnostic.hpp"
#include "interchange/chakra.hpp"

namespace foretrain::interchange {
namespace {

namespace fs = std::filesystem;

struct Name {
  std::string prefix;
  std::uint32_t rank = 0;
};
// "trace.12.et" -> {"trace", 12}; a prefix "" when it is no such name.
Name read_name(const std::string& name) {
  if (!name.ends_with(".et")) return {};
  const auto dot = name.rfind('.', name.size() - 4);
  if (dot == std::string::npos || dot == 0) return {};
  Name out{name.substr(0, dot), 0};
  const char* end = name.data() + name.size() - 3;
  const auto [stop, error] = std::from_chars(name.data() + dot + 1, end, out.rank);
  return error == std::errc{} && stop == end ? out : Name{};
}

// The ranks of every prefix in a folder.
std::map<std::string, std::set<std::uint32_t>> list_prefixes(const fs::path& folder) {
  std::map<std::string, std::set<std::uint32_t>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
    const Name name = read_name(entry.path().filename().string());
    if (!name.prefix.empty()) found[name.prefix].insert(name.rank);
  }
  return found;
}

std::string read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    if (in && in.peek() == std::ifstream::traits_type::eof()) return {};  // an empty file
    refuse_file(file, "cannot read this file");
  }
  return std::move(text).str();
}

void add_unnamed_groups(Workload& workload) {
  Groups used;
  for (std::uint32_t r = 0; r < workload.ranks.size(); ++r) {
    std::set<std::uint32_t> mine;
    for (const Node& n : workload.ranks[r])
      if (n.kind == NodeKind::collective && n.group != world) mine.insert(n.group);
    for (const auto group : mine) used[group].push_back(r);
  }
  for (auto& [group, members] : used) workload.groups.try_emplace(group, std::move(members));
}

}  // namespace

ChakraFiles read_chakra_files(const std::string& prefix_or_folder) {
  const bool is_folder = fs::is_directory(prefix_or_folder);
  const fs::path folder = is_folder ? fs::path(prefix_or_folder) : fs::path(prefix_or_folder).parent_path();
  const auto prefixes = list_prefixes(folder);
  const std::string wanted = is_folder ? "" : fs::path(prefix_or_folder).filename().string();
  const auto found = is_folder && prefixes.size() == 1 ? prefixes.begin() : prefixes.find(wanted);
  if (found == prefixes.end()) {
    std::string known;
    for (const auto& [prefix, ranks] : prefixes)
      known += fmt::format("{}{}", known.empty() ? "there is " : ", ", (folder / prefix).string());
    refuse_file(prefix_or_folder,
                is_folder && prefixes.size() > 1 ? "this folder holds traces of several prefixes"
                                                 : "no traces of this name",
                known.empty() ? "traces are files named PREFIX.0.et, PREFIX.1.et, ..." : known);
  }
  ChakraFiles files{(folder / found->first).string(), 0, {}};
  const auto name_of = [&](std::uint32_t rank) { return fmt::format("{}.{}.et", files.prefix, rank); };
  std::uint32_t next = 0;
  for (const auto rank : found->second)
    if (rank != next++)
      refuse_file(name_of(next - 1), fmt::format("there is no trace of rank {}, but one of rank {}", next - 1,
                                                 *found->second.rbegin()));
  for (const auto rank : found->second) {
    const std::string bytes = read_file(name_of(rank));
    files.bytes += bytes.size();
    files.workload.ranks.push_back(read_chakra(bytes, name_of(rank), files.workload.groups));
  }
  add_unnamed_groups(files.workload);
  return files;
}

}  // namespace foretrain::interchange
