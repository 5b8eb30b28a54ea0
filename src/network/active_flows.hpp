#pragma once
// The flows in flight and the channels they meet on: who starts, who ends, and which flows a change reaches.
// Flows that reach one another over shared channels are a component; only components with a change are looked
// at again.
//
// A flow in flight has a slot, which is used again once the channels have forgotten it. Slots keep the rate
// since the last look and what remained then. A component is searched from flow to flow; where flows are more
// than channels and it turns out to hold a quarter of them, by joining channels, which reads slots in order.
// Cost: a start or an end costs its crossings; gather() and forget() what they visit. Memory: 40 bytes a flow
// in flight, 4 a crossing and 4 a channel.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network/flows.hpp"

namespace foretrain::network {

struct Component {
  std::vector<std::uint32_t> flows, channels;  // slots
};

class ActiveFlows {
 public:
  static constexpr std::uint32_t none = 0xffffffffU;
  struct Slot {
    std::uint32_t flow = none, round = 0;
    std::uint32_t group = none;  // carry.cpp's: flows whose rates were set together
    std::uint32_t seen = 0;      // the last gather that met it; none: ended
    double remaining = 0;        // bytes when its rate was set
  };

  explicit ActiveFlows(const Flows& flows);

  std::uint32_t start(std::uint32_t flow, std::uint32_t round);
  void end(std::uint32_t slot);  // its number stays taken until forget()
  void forget();                 // takes those that ended off their channels

  // All flows that `seed` reaches, and their channels, in place of what the component held. Since new_look()
  // none is met twice: ask only for seeds that were not met().
  void gather(std::uint32_t seed, Component& component);
  void new_look() {
    first_look_ = look_ + 1;
    joined_ = false;
  }
  bool met(std::uint32_t slot) const { return slots_[slot].seen >= first_look_; }

  Slot& at(std::uint32_t slot) { return slots_[slot]; }
  std::vector<double>& rates() { return rates_; }
  std::uint64_t load(std::uint32_t channel) const { return channels_[channel].load; }

  // What FairShare asks.
  double capacity(std::uint32_t channel) const { return all_.capacities[channel]; }
  std::span<const Crossing> crossings(std::uint32_t slot) const {
    return {all_.crossings.data() + paths_[slot].first, paths_[slot].crossings};
  }
  const std::vector<std::uint32_t>& on(std::uint32_t channel) const { return channels_[channel].slots; }

 private:
  struct Channel {
    std::vector<std::uint32_t> slots;
    std::uint64_t load = 0;  // weight of the flows in flight
    std::uint32_t seen = 0, forgotten = 0;
  };

  struct Path {
    std::uint32_t first = 0, crossings = 0;  // as in Flow
  };

  void gather_by_joining(std::uint32_t seed, Component& component);
  void join_channels();

  const Flows& all_;
  std::vector<Slot> slots_;
  std::vector<Path> paths_;  // by slot
  std::vector<double> rates_;
  std::vector<Channel> channels_;
  std::vector<std::uint32_t> free_, ended_;
  std::vector<std::uint32_t> joins_;  // by channel: the name of its set, where joined_
  bool joined_ = false;
  std::uint32_t look_ = 0, first_look_ = 1, forgets_ = 0;
};

}  // namespace foretrain::network
