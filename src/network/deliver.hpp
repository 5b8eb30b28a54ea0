#pragma once
// From a list of messages to when each is there: routes them, folds what is alike, carries the flows. The one
// entry to the flow-level network; its parts are route_messages.hpp, fold.hpp and carry.hpp.
//
// Cost: that of the parts. What is kept: 8 bytes a flow and round, the classes, and nothing for each message
// of a folded all-to-all, whose end is then found by its path.

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "network/carry.hpp"
#include "network/channels.hpp"
#include "network/fold.hpp"
#include "network/message_list.hpp"
#include "topology/paths.hpp"

namespace foretrain::network {

struct DeliverOptions {
  bool adaptive = false;  // paths chosen when flows start; nothing is folded then
  bool fold = true;
  bool certify = false;
  // Not folded and without waits, more messages than these are carried with CarryOptions::merge.
  std::size_t exact_flows = std::numeric_limits<std::size_t>::max();
  double merge = 0;
  std::size_t most_flows = std::numeric_limits<std::uint32_t>::max();  // rounds counted
};

// The list and the paths must outlive it.
class Delivered {
 public:
  std::int64_t finish_of(std::size_t message,
                         std::uint32_t round = 0) const;  // ticks: its last byte is there
  std::vector<double> channel_bytes() const;              // by channel of the fabric
  const Carried& carried() const { return carried_; }
  std::size_t flows() const { return flows_; }
  bool folded() const { return folded_.has_value(); }
  bool merged() const { return merged_; }

 private:
  friend std::optional<Delivered> deliver(const MessageList& list, const Channels& channels,
                                          const topology::Paths& paths, const DeliverOptions& options);
  const MessageList* list_ = nullptr;
  PathOf path_of_;
  std::optional<Folded> folded_;  // its flows moved on
  Carried carried_;
  std::size_t flows_ = 0;
  bool merged_ = false;
};

// Nothing where more than most_flows are not alike. Precondition: every message has a way.
std::optional<Delivered> deliver(const MessageList& list, const Channels& channels,
                                 const topology::Paths& paths, const DeliverOptions& options = {});

}  // namespace foretrain::network
