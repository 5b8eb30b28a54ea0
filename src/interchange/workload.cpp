#include "interchange/workload.hpp"

#include <array>
#include <numeric>

namespace foretrain::interchange {

std::string_view name_of(Collective collective) {
  static constexpr std::array<std::string_view, collective_kinds> names{
      "all-reduce", "reduce",         "all-gather",           "gather", "scatter", "broadcast",
      "all-to-all", "reduce-scatter", "reduce-scatter block", "barrier"};
  return names[static_cast<std::size_t>(collective)];
}

std::vector<std::uint32_t> members_of(const Workload& workload, std::uint32_t group) {
  if (const auto found = workload.groups.find(group); found != workload.groups.end()) return found->second;
  std::vector<std::uint32_t> all(workload.ranks.size());
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

}  // namespace foretrain::interchange
