#include "network/refine.hpp"

#include <algorithm>
#include <bit>

#include "topology/pick.hpp"

namespace foretrain::network {
namespace {

using topology::mix;

std::uint64_t own_colour(const Message& m) {
  return mix(std::bit_cast<std::uint64_t>(m.size.base()) ^ mix(static_cast<std::uint64_t>(m.start.count())));
}

// How many differ; 0 is no colour.
std::size_t count_colours(std::vector<std::uint64_t> colours) {
  std::sort(colours.begin(), colours.end());
  const auto end = std::unique(colours.begin(), colours.end());
  const bool has_none = !colours.empty() && colours.front() == 0;
  return static_cast<std::size_t>(end - colours.begin()) - (has_none ? 1 : 0);
}

std::vector<std::uint64_t> first_colours(const Channels& channels) {
  std::vector<std::uint64_t> colours;
  for (std::size_t c = 0; c < channels.size(); ++c)
    colours.push_back(mix(std::bit_cast<std::uint64_t>(channels.capacities[c]) ^
                          mix(static_cast<std::uint64_t>(channels.latencies[c]) ^
                              mix(static_cast<std::uint64_t>(channels.kinds[c])))));
  return colours;
}

class Refinement {
 public:
  Refinement(const MessageList& list, const Channels& channels, const PathOf& path_of)
      : list_(list), path_of_(path_of) {
    colours_.channels = first_colours(channels);
    if (list.all_to_all == 0)
      for (const Message& message : list.listed) colours_.messages.push_back(own_colour(message));
  }

  Colours run() {
    std::size_t channels = 0, messages = 0;
    for (;;) {
      pass();
      const std::size_t more_channels = count_colours(colours_.channels),
                        more_messages = count_colours(colours_.messages);
      if (2 * more_channels > crossed_ || 2 * more_messages > list_.size()) return {};
      if (more_channels == channels && more_messages == messages) return std::move(colours_);
      channels = more_channels;
      messages = more_messages;
    }
  }

 private:
  void pass() {
    sums_.assign(colours_.channels.size(), 0);
    std::vector<std::uint64_t> next(colours_.messages.size());
    for (std::size_t i = 0; i < list_.size(); ++i) {
      path_.clear();
      path_of_(i, path_);
      std::uint64_t colour = colour_of(list_.at(i), path_, colours_.channels);
      if (!next.empty()) next[i] = colour = mix(colours_.messages[i] ^ mix(colour + waits_of(i)));
      for (const std::uint32_t c : path_) sums_[c] += colour;
    }
    crossed_ = 0;
    for (std::size_t c = 0; c < sums_.size(); ++c) {
      colours_.channels[c] = sums_[c] == 0 ? 0 : mix(colours_.channels[c] ^ mix(sums_[c]));
      crossed_ += sums_[c] == 0 ? 0 : 1;
    }
    colours_.messages = std::move(next);
  }

  std::uint64_t waits_of(std::size_t i) const {
    std::uint64_t sum = 0;
    if (!list_.waits.empty())
      for (const Wait& w : list_.waits[i])
        sum += mix(colours_.messages[w.message] ^
                   mix(2 * std::uint64_t{w.rounds_before} + static_cast<std::uint64_t>(w.until)));
    return sum;
  }

  const MessageList& list_;
  const PathOf& path_of_;
  Colours colours_;
  std::vector<std::uint64_t> sums_;
  std::vector<std::uint32_t> path_;
  std::size_t crossed_ = 0;
};

}  // namespace

std::uint64_t colour_of(const Message& message, const std::vector<std::uint32_t>& path,
                        const std::vector<std::uint64_t>& channel_colours) {
  std::uint64_t sum = own_colour(message);
  for (const std::uint32_t c : path) sum += mix(channel_colours[c]);
  return mix(sum);
}

Colours refine(const MessageList& list, const Channels& channels, const PathOf& path_of) {
  return Refinement(list, channels, path_of).run();
}

}  // namespace foretrain::network
