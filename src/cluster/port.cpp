#include "cluster/port.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace foretrain::cluster {
namespace {

constexpr std::int64_t parts = 720720;  // the least common multiple of 1 .. 16

}  // namespace

std::int64_t Port::rate() const {
  return std::max<std::int64_t>(parts / static_cast<std::int64_t>(queue_.size()), 1);
}

sim::SimTime Port::due() const {
  check(!queue_.empty(), "an idle port has nothing due");
  const std::int64_t left = std::max<std::int64_t>(queue_.front().gap, 0);
  return updated_ + sim::Ticks{(left + rate() - 1) / rate()};
}

void Port::advance(sim::SimTime now) {
  check(now >= updated_, "a port cannot go back in time");
  if (!queue_.empty()) {
    const std::int64_t done = (now - updated_).count() * rate();
    queue_.front().gap -= done;
    last_gap_ -= done;
  }
  updated_ = now;
}

void Port::add(sim::SimTime now, sim::Ticks wire, Parcel parcel) {
  check(wire.count() > 0 && wire.count() < std::numeric_limits<std::int64_t>::max() / parts / 2,
        "a message must take some time, and less than an hour and a half");
  advance(now);
  const std::int64_t work = wire.count() * parts;
  queue_.push_back({queue_.empty() ? work : work - last_gap_, parcel});
  last_gap_ = work;
}

bool Port::take(sim::SimTime now, Parcel& parcel) {
  advance(now);
  if (queue_.empty() || queue_.front().gap > 0) return false;
  parcel = queue_.front().parcel;
  const std::int64_t over =
      queue_.front().gap;  // done within the last nanosecond, at most one of its parts early
  queue_.pop_front();
  if (!queue_.empty()) queue_.front().gap += over;
  return true;
}

}  // namespace foretrain::cluster
