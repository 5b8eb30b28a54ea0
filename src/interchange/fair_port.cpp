#include "interchange/fair_port.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace foretrain::interchange {
namespace {

constexpr std::int64_t parts = 720720;  // the least common multiple of 1 .. 16

static_assert(FairPort::longest.count() < std::numeric_limits<std::int64_t>::max() / parts);

}  // namespace

std::int64_t FairPort::rate() const {
  return std::max<std::int64_t>(parts / static_cast<std::int64_t>(messages_.size()), 1);
}

sim::SimTime FairPort::due() const {
  check(!empty(), "an idle port has nothing due");
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const Entry& entry : messages_) least = std::min(least, entry.left);
  return updated_ + sim::Ticks{(std::max<std::int64_t>(least, 0) + rate() - 1) / rate()};
}

void FairPort::advance(sim::SimTime now) {
  check(now >= updated_, "a port cannot go back in time");
  if (!empty()) {
    const std::int64_t done = (now - updated_).count() * rate();
    for (Entry& entry : messages_) entry.left -= done;
  }
  updated_ = now;
}

void FairPort::add(sim::SimTime now, sim::Ticks wire, std::uint32_t message) {
  check(wire.count() > 0 && wire <= longest, "a message takes some time, and at most a thousand seconds");
  advance(now);
  messages_.push_back({wire.count() * parts, message});
}

std::vector<std::uint32_t> FairPort::take(sim::SimTime now) {
  advance(now);
  std::vector<std::uint32_t> left;
  for (const Entry& entry : messages_)
    if (entry.left <= 0) left.push_back(entry.message);
  std::erase_if(messages_, [](const Entry& entry) { return entry.left <= 0; });
  return left;
}

}  // namespace foretrain::interchange
