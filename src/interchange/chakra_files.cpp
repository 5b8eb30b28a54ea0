#include "interchange/chakra_files.hpp"

#include <fmt/core.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/diagnostic.hpp"
#include "interchange/chakra.hpp"

namespace foretrain::interchange {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t most_bytes = std::uintmax_t{8} << 30U;  // of one rank; they are held whole

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
  const std::string digits = name.substr(dot + 1, name.size() - 4 - dot);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.rank);
  return error == std::errc{} && digits == std::to_string(out.rank) ? out : Name{};
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
  std::error_code error;
  if (!fs::is_regular_file(file, error)) refuse_file(file, "this is no regular file");
  const auto size = fs::file_size(file, error);
  if (error) refuse_file(file, "cannot read this file");
  if (size > most_bytes)
    refuse_file(file, fmt::format("the file has {} bytes, more than the {} that are read", size, most_bytes));
  std::ifstream in(file, std::ios::binary);
  std::string bytes(size, 0);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) refuse_file(file, "cannot read this file");
  return bytes;
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
  std::error_code ignored;  // a path that cannot be looked at is no folder
  const bool is_folder = fs::is_directory(prefix_or_folder, ignored);
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
    Groups named;
    files.workload.ranks.push_back(read_chakra(bytes, name_of(rank), named));
    for (auto& [group, members] : named)
      if (const auto [known, is_new] = files.workload.groups.try_emplace(group, members);
          !is_new && known->second != members)
        refuse_file(name_of(rank),
                    fmt::format("group {} has other members here than in an earlier rank", group));
  }
  add_unnamed_groups(files.workload);
  return files;
}

}  // namespace foretrain::interchange
