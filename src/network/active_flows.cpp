#include "network/active_flows.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"

namespace foretrain::network {

ActiveFlows::ActiveFlows(const Flows& flows) : all_(flows), channels_(flows.capacities.size()) {}

std::uint32_t ActiveFlows::start(std::uint32_t flow, std::uint32_t round) {
  std::uint32_t slot = static_cast<std::uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
    paths_.emplace_back();
    rates_.push_back(0);
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  const Flow& f = all_.flows[flow];
  slots_[slot] = {flow, round, none, 0, f.size};
  paths_[slot] = {f.first, f.crossings};
  rates_[slot] = 0;
  for (const Crossing& x : all_.path(flow)) {
    channels_[x.channel].slots.push_back(slot);
    channels_[x.channel].load += x.weight;
  }
  return slot;
}

void ActiveFlows::end(std::uint32_t slot) {
  for (const Crossing& x : crossings(slot)) channels_[x.channel].load -= x.weight;
  slots_[slot].seen = none;
  ended_.push_back(slot);
}

void ActiveFlows::forget() {
  ++forgets_;
  const auto ended = [this](std::uint32_t slot) { return slots_[slot].seen == none; };
  for (const std::uint32_t slot : ended_)
    for (const Crossing& x : crossings(slot)) {
      Channel& channel = channels_[x.channel];
      if (channel.forgotten == forgets_) continue;
      channel.forgotten = forgets_;
      channel.slots.erase(std::remove_if(channel.slots.begin(), channel.slots.end(), ended),
                          channel.slots.end());
    }
  for (const std::uint32_t slot : ended_) slots_[slot].flow = none;
  free_.insert(free_.end(), ended_.begin(), ended_.end());
  ended_.clear();
}

void ActiveFlows::gather(std::uint32_t seed, Component& component) {
  component.flows.clear();
  component.channels.clear();
  ++look_;
  const auto meet = [&](std::uint32_t slot) {
    if (slots_[slot].seen == look_) return;
    slots_[slot].seen = look_;
    component.flows.push_back(slot);
  };
  meet(seed);
  const bool many = slots_.size() >= channels_.size();
  for (std::size_t next = 0; next < component.flows.size(); ++next)
    for (const Crossing& x : crossings(component.flows[next])) {
      Channel& channel = channels_[x.channel];
      if (channel.seen == look_) continue;
      channel.seen = look_;
      component.channels.push_back(x.channel);
      for (const std::uint32_t slot : channel.slots) meet(slot);
      if (many && component.flows.size() * 4 >= slots_.size()) return gather_by_joining(seed, component);
    }
  if (component.flows.size() * 4 < slots_.size()) return;
  component.flows.clear();  // most of what there is: in the order of memory
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
    if (slots_[slot].seen == look_) component.flows.push_back(slot);
}

// In the order of memory too.
void ActiveFlows::gather_by_joining(std::uint32_t seed, Component& component) {
  component.flows.clear();
  component.channels.clear();
  if (!joined_) join_channels();
  const std::uint32_t root = joins_[crossings(seed).front().channel];
  for (std::uint32_t c = 0; c < channels_.size(); ++c)
    if (joins_[c] == root && !channels_[c].slots.empty()) component.channels.push_back(c);
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
    if (slots_[slot].flow != none && joins_[crossings(slot).front().channel] == root) {
      slots_[slot].seen = look_;
      component.flows.push_back(slot);
    }
}

// Sets of channels that flows join (Galler and Fischer, CACM 7(5), 1964), each named by its lowest.
void ActiveFlows::join_channels() {
  joins_.resize(channels_.size());
  std::iota(joins_.begin(), joins_.end(), 0U);
  const auto root_of = [this](std::uint32_t c) {
    while (joins_[c] != c) c = joins_[c] = joins_[joins_[c]];
    return c;
  };
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].flow == none) continue;
    std::uint32_t root = root_of(crossings(slot).front().channel);
    for (const Crossing& x : crossings(slot).subspan(1)) {
      const std::uint32_t other = root_of(x.channel);
      joins_[std::max(root, other)] = std::min(root, other);
      root = std::min(root, other);
    }
  }
  for (std::uint32_t c = 0; c < joins_.size(); ++c) joins_[c] = joins_[joins_[c]];  // lower ones are roots
  joined_ = true;
}

}  // namespace foretrain::network
