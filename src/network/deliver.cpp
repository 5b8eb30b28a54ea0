#include "network/deliver.hpp"

#include <utility>

namespace foretrain::network {

std::int64_t Delivered::finish_of(std::size_t message, std::uint32_t round) const {
  const std::size_t flow = folded_ ? folded_->class_of(*list_, message, path_of_) : message;
  return carried_.arrivals[round * flows_ + flow];
}

std::vector<double> Delivered::channel_bytes() const {
  if (!folded_) return carried_.channel_bytes;
  std::vector<double> bytes;
  for (const std::uint32_t number : folded_->channel_class)
    bytes.push_back(number == Folded::none ? 0.0 : carried_.channel_bytes[number]);
  return bytes;
}

std::optional<Delivered> deliver(const MessageList& list, const Channels& channels,
                                 const topology::Paths& paths, const DeliverOptions& options) {
  Delivered done;
  done.list_ = &list;
  done.path_of_ = paths_of(list, paths);
  if (options.fold && !options.adaptive) done.folded_ = fold(list, channels, done.path_of_);
  if (!done.folded_ && list.size() * list.rounds > options.most_flows) return std::nullopt;
  CarryOptions how{.certify = options.certify};
  if (options.adaptive) how.adaptive = &paths, how.ends = &list;
  if (!done.folded_ && list.waits.empty() && list.size() > options.exact_flows) how.merge = options.merge;
  done.merged_ = how.merge > 0;
  Flows flows = done.folded_       ? std::move(done.folded_->flows)
                : options.adaptive ? unrouted(list, channels)
                                   : route_messages(list, channels, done.path_of_);
  done.flows_ = flows.flows.size();
  done.carried_ = carry(std::move(flows), how);
  return done;
}

}  // namespace foretrain::network
