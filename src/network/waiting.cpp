#include "network/waiting.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/check.hpp"

namespace foretrain::network {

Waiting::Waiting(const Flows& flows)
    : flows_(static_cast<std::uint32_t>(flows.flows.size())), rounds_(flows.rounds) {
  check(flows.flows.size() * flows.rounds <= std::numeric_limits<std::uint32_t>::max(),
        "more messages than can be numbered");
  if (flows.waits.empty()) return;
  first_.assign(flows_ + 1, 0);
  for (const auto& waits : flows.waits)
    for (const Wait& wait : waits) ++first_[wait.message + 1];
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  later_.resize(first_.back());
  missing_.assign(std::size_t{flows_} * rounds_, 0);
  std::vector<std::uint32_t> next = first_;
  for (std::uint32_t flow = 0; flow < flows_; ++flow)
    for (const Wait& wait : flows.waits[flow]) {
      later_[next[wait.message]++] = {flow, wait.rounds_before, wait.until};
      for (std::uint32_t round = wait.rounds_before; round < rounds_; ++round)
        ++missing_[std::size_t{round} * flows_ + flow];
    }
}

std::vector<std::uint32_t> Waiting::list_ready() const {
  std::vector<std::uint32_t> ready;
  for (std::uint32_t instance = 0; instance < flows_ * rounds_; ++instance)
    if (missing_.empty() || missing_[instance] == 0) ready.push_back(instance);
  return ready;
}

bool Waiting::waited_for(std::uint32_t flow, Until until) const {
  if (first_.empty()) return false;
  return std::any_of(later_.begin() + first_[flow], later_.begin() + first_[flow + 1],
                     [until](const Later& later) { return later.until == until; });
}

}  // namespace foretrain::network
