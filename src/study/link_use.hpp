#pragma once
// Which channels of a network were used most, by name. Uses that differ by less than one part in 1e9 of the
// capacity count as equal, so that the order of sums never decides; equal ones go by channel number (twice
// the link's, plus one for the way back). Left out: how use changes over time. Cost: O(channels + most log
// most), 8 bytes a node for its number.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "study/network.hpp"
#include "topology/fabric.hpp"

namespace foretrain::study {

// "leaf 3", counted from 0 among its kind. The fabric must outlive it.
class NodeNames {
 public:
  explicit NodeNames(const topology::Fabric& fabric);
  std::string of(topology::NodeId node) const;
  std::string of_channel(std::size_t channel) const;  // "leaf 3 to spine 7"

 private:
  const topology::Fabric& fabric_;
  std::vector<std::size_t> numbers_;
};

struct ChannelEnds {
  topology::NodeId from{}, to{};
};
ChannelEnds ends_of(const topology::Fabric& fabric, std::size_t channel);

// Orders uses as people read them: equal numbers are as busy.
std::int64_t rank_of_use(double use);

struct LinkUse {
  std::size_t channel = 0;
  std::string from, to;
  topology::LinkKind kind{};
  Bytes carried{};
  double use = 0;  // of capacity times completion time
};

struct LinkTable {
  std::vector<LinkUse> links;  // the most used first; none that carried nothing
  std::uint64_t used = 0;      // channels that carried anything
  std::uint64_t as_busy = 0;   // that are not listed and as busy as the last that is
};

LinkTable list_busiest(const topology::Fabric& fabric, const NetworkOutcome& outcome, std::size_t most);

}  // namespace foretrain::study
