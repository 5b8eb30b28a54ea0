#include "network/active_flows.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace foretrain::network {

ActiveFlows::ActiveFlows(const Flows& flows) : all_(flows), channels_(flows.capacities.size()) {}

std::uint32_t ActiveFlows::start(std::uint32_t flow, std::uint32_t round) {
  std::uint32_t slot = static_cast<std::uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
    rates_.push_back(0);
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slots_[slot] = {flow, round, none, 0, all_.flows[flow].size};
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
  for (std::size_t next = 0; next < component.flows.size(); ++next)
    for (const Crossing& x : crossings(component.flows[next])) {
      Channel& channel = channels_[x.channel];
      if (channel.seen == look_) continue;
      channel.seen = look_;
      component.channels.push_back(x.channel);
      for (const std::uint32_t slot : channel.slots) meet(slot);
    }
  if (component.flows.size() * 4 < slots_.size()) return;
  component.flows.clear();  // most of what there is: in the order of memory
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
    if (slots_[slot].seen == look_) component.flows.push_back(slot);
}

}  // namespace foretrain::network
