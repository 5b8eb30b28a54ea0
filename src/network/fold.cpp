#include "network/fold.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "network/refine.hpp"

namespace foretrain::network {
namespace {

using Counted = std::pair<std::uint32_t, std::uint32_t>;  // a class and how often it was met

void add_one(std::vector<Counted>& counts, std::uint32_t what) {
  for (Counted& counted : counts)
    if (counted.first == what) {
      ++counted.second;
      return;
    }
  counts.emplace_back(what, 1);
}

// Builds the quotient by going through all messages once, and checks on the way that it is one.
class Quotient {
 public:
  Quotient(const MessageList& list, const Channels& channels, const PathOf& path_of, Colours colours)
      : list_(list), channels_(channels), path_of_(path_of), colours_(std::move(colours)) {
    folded_.channel_colours = colours_.channels;
    folded_.flows.rounds = list.rounds;
    number_channels();
    carried_.resize(channels.size());
  }

  std::optional<Folded> run() {
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (!take(i)) return std::nullopt;
    if (!weigh() || !wait()) return std::nullopt;
    return std::move(folded_);
  }

 private:
  void number_channels() {
    std::vector<Folded::Class> seen;
    folded_.channel_class.assign(channels_.size(), Folded::none);
    for (std::uint32_t c = 0; c < channels_.size(); ++c) {
      if (colours_.channels[c] == 0) continue;
      const auto [number, is_new] = number_of(seen, colours_.channels[c]);
      folded_.channel_class[c] = number;
      if (is_new) {
        folded_.first_channel.push_back(c);
        folded_.class_channels.push_back(0);
        folded_.flows.capacities.push_back(channels_.capacities[c]);
        folded_.flows.latencies.push_back(channels_.latencies[c]);
      }
      ++folded_.class_channels[number];
    }
  }

  // In order of first sight, so that numbers do not depend on colours.
  static std::pair<std::uint32_t, bool> number_of(std::vector<Folded::Class>& seen, std::uint64_t colour) {
    const auto at = std::lower_bound(seen.begin(), seen.end(), colour,
                                     [](const Folded::Class& a, std::uint64_t b) { return a.colour < b; });
    if (at != seen.end() && at->colour == colour) return {at->flow, false};
    const auto number = static_cast<std::uint32_t>(seen.size());
    seen.insert(at, {colour, number});
    return {number, true};
  }

  bool take(std::size_t i) {
    const Message message = list_.at(i);
    path_.clear();
    path_of_(i, path_);
    const std::uint64_t colour =
        colours_.messages.empty() ? colour_of(message, path_, colours_.channels) : colours_.messages[i];
    const auto [number, is_new] = number_of(folded_.classes, colour);
    if (!colours_.messages.empty()) folded_.message_class.push_back(number);
    for (const std::uint32_t c : path_) add_one(carried_[c], number);
    for (std::uint32_t& c : path_) c = folded_.channel_class[c];
    std::sort(path_.begin(), path_.end());
    if (is_new) {
      first_.push_back(i);
      classes_of_path_.push_back(path_);
      folded_.flows.counts.push_back(0);
    }
    ++folded_.flows.counts[number];
    const Message other = list_.at(first_[number]);
    return path_ == classes_of_path_[number] && message.size == other.size && message.start == other.start;
  }

  // How many messages of a class cross one channel: the same on all channels of a class, or no quotient.
  bool weigh() {
    for (std::vector<Counted>& counts : carried_) std::sort(counts.begin(), counts.end());
    for (std::size_t c = 0; c < channels_.size(); ++c)
      if (const std::uint32_t number = folded_.channel_class[c]; number != Folded::none)
        if (const std::uint32_t first = folded_.first_channel[number];
            carried_[c] != carried_[first] || channels_.capacities[c] != channels_.capacities[first] ||
            channels_.latencies[c] != channels_.latencies[first] ||
            channels_.kinds[c] != channels_.kinds[first])
          return false;
    Flows& flows = folded_.flows;
    for (std::size_t f = 0; f < first_.size(); ++f) {
      const Message message = list_.at(first_[f]);
      flows.flows.emplace_back();
      set_path(flows, f, classes_of_path_[f]);  // for the latency; a class that is met twice is one crossing
      flows.crossings.resize(flows.flows[f].first);
      flows.flows[f].size = message.size.base();
      flows.flows[f].start = message.start.count();
      std::vector<std::uint32_t>& path = classes_of_path_[f];
      path.erase(std::unique(path.begin(), path.end()), path.end());
      flows.flows[f].crossings = static_cast<std::uint32_t>(path.size());
      for (const std::uint32_t number : path) flows.crossings.push_back({number, weight(f, number)});
    }
    return true;
  }

  std::uint32_t weight(std::size_t flow, std::uint32_t channel_class) const {
    const auto& counts = carried_[folded_.first_channel[channel_class]];
    return std::lower_bound(counts.begin(), counts.end(), Counted{static_cast<std::uint32_t>(flow), 0})
        ->second;
  }

  // Alike messages wait for alike ones; one of each class stands for all, as they come together.
  bool wait() {
    if (list_.waits.empty()) return true;
    folded_.flows.waits.resize(first_.size());
    for (std::size_t f = 0; f < first_.size(); ++f) folded_.flows.waits[f] = waits_of(first_[f]);
    const auto same = [](const std::vector<Wait>& a, const std::vector<Wait>& b) {
      return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                        [](const Wait& x, const Wait& y) { return key(x) == key(y); });
    };
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (!same(waits_of(i), folded_.flows.waits[folded_.message_class[i]])) return false;
    return true;
  }

  static std::tuple<std::uint32_t, std::uint32_t, Until> key(const Wait& w) {
    return {w.message, w.rounds_before, w.until};
  }

  std::vector<Wait> waits_of(std::size_t i) const {
    std::vector<Wait> waits = list_.waits[i];
    for (Wait& w : waits) w.message = folded_.message_class[w.message];
    std::sort(waits.begin(), waits.end(), [](const Wait& a, const Wait& b) { return key(a) < key(b); });
    waits.erase(std::unique(waits.begin(), waits.end(),
                            [](const Wait& a, const Wait& b) { return key(a) == key(b); }),
                waits.end());
    return waits;
  }

  const MessageList& list_;
  const Channels& channels_;
  const PathOf& path_of_;
  Colours colours_;
  Folded folded_;
  std::vector<std::size_t> first_;  // message by class
  std::vector<std::vector<std::uint32_t>> classes_of_path_;
  std::vector<std::vector<Counted>> carried_;  // by channel
  std::vector<std::uint32_t> path_;
};

}  // namespace

std::uint32_t Folded::class_of(const MessageList& list, std::size_t message, const PathOf& path_of) const {
  if (!message_class.empty()) return message_class[message];
  std::vector<std::uint32_t> path;
  path_of(message, path);
  const std::uint64_t colour = colour_of(list.at(message), path, channel_colours);
  return std::lower_bound(classes.begin(), classes.end(), colour,
                          [](const Class& a, std::uint64_t b) { return a.colour < b; })
      ->flow;
}

std::optional<Folded> fold(const MessageList& list, const Channels& channels, const PathOf& path_of) {
  Colours colours = refine(list, channels, path_of);
  if (colours.channels.empty()) return std::nullopt;
  return Quotient(list, channels, path_of, std::move(colours)).run();
}

}  // namespace foretrain::network
