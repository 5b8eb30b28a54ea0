#pragma once
// The next hops of every switch towards a destination switch, for any graph: what topology/paths.hpp looks
// up. Endpoints that hang on one switch are not part of it: their path is their cable and their switch's way.
//
// Rows are made when first asked for, by Dial's shortest paths over hop_cost() (CACM 12(11), 1969; breadth
// first where all links cost 1), and kept: 8 bytes a node and row. Several threads may ask; the first row
// stored stays, and any two makings of a row are equal.

#include <atomic>
#include <cstdint>
#include <vector>

#include "topology/fabric.hpp"

namespace foretrain::topology {

class NextHops {
 public:
  struct Entry {
    std::uint32_t first = 0;   // into Row::extra when its top bit is set, else into ports()
    std::uint16_t count = 0;   // 0: there is no way, or this is the destination
    std::uint16_t cables = 0;  // parallel cables to each neighbour; 0 where neighbours differ in them
  };
  struct Row {
    std::vector<Entry> at;             // by switch
    std::vector<std::uint32_t> extra;  // channels of next hops that are not consecutive ports of their switch
  };
  struct Attachment {
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    std::uint32_t at = none;     // the switch an endpoint hangs on, or is; none: it has no live link
    std::uint32_t cable = none;  // channel from the endpoint to the switch; none: it is the switch
  };
  static constexpr std::uint32_t extra_bit = 0x80000000U;

  explicit NextHops(const Fabric& fabric);
  ~NextHops();
  NextHops(const NextHops&) = delete;
  NextHops& operator=(const NextHops&) = delete;

  const Attachment& attachment(std::uint32_t endpoint) const { return attachments_[endpoint]; }
  const Row& towards(std::uint32_t target) const {
    const Row* row = rows_[target].load(std::memory_order_acquire);
    return row != nullptr ? *row : make(target);
  }
  std::uint32_t channel(const Row& row, const Entry& e, std::uint32_t choice) const {
    return (e.first & extra_bit) != 0 ? row.extra[(e.first & ~extra_bit) + choice] : ports_[e.first + choice];
  }
  std::uint32_t head(std::uint32_t channel) const { return heads_[channel]; }  // the switch it leads to

 private:
  const Row& make(std::uint32_t target) const;
  std::vector<std::uint32_t> distances(std::uint32_t target) const;

  std::vector<Attachment> attachments_;  // by endpoint
  std::vector<std::uint32_t> starts_;    // of a switch's ports; one more than switches
  std::vector<std::uint32_t> ports_;     // outgoing channels, by switch, then neighbour, then link
  std::vector<std::uint32_t> heads_;     // by channel; of channels between switches only
  struct Way {
    std::uint32_t to = 0, cost = 0;
  };
  std::vector<Way> ways_;       // by port: what a search reads, in the order that it reads
  std::vector<bool> forwards_;  // by switch: may pass messages on
  mutable std::vector<std::atomic<const Row*>> rows_;
};

}  // namespace foretrain::topology
