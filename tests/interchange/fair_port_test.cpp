#include "interchange/fair_port.hpp"

#include "base/random.hpp"
#include "catch.hpp"
#include "cluster/port.hpp"

namespace {

using namespace foretrain;
using sim::SimTime;
using sim::Ticks;

}  // namespace

TEST_CASE("messages of unequal size share a port fairly") {
  interchange::FairPort port;
  port.add(SimTime{Ticks{0}}, Ticks{100}, 1);
  port.add(SimTime{Ticks{50}}, Ticks{25}, 2);  // 50 left of the first: both at half the rate
  CHECK(port.due() == SimTime{Ticks{100}});
  CHECK(port.take(SimTime{Ticks{99}}).empty());
  CHECK(port.take(SimTime{Ticks{100}}) == std::vector<std::uint32_t>{2});
  CHECK(port.due() == SimTime{Ticks{125}});
  CHECK(port.take(SimTime{Ticks{125}}) == std::vector<std::uint32_t>{1});
  CHECK(port.empty());
}

TEST_CASE("equal messages leave at the nanosecond of the simulator's own port") {
  Rng rng(GENERATE(range(0, 20)), "ports");
  interchange::FairPort fair;
  cluster::Port port;
  const Ticks wire{1 + static_cast<std::int64_t>(rng.uniform() * 5000)};
  SimTime now{};
  std::uint32_t next = 0, left = 0;
  for (int step = 0; step < 60; ++step) {
    now += Ticks{static_cast<std::int64_t>(rng.uniform() * 3000)};
    for (; !port.empty() && port.due() <= now;) {
      const SimTime due = port.due();
      REQUIRE(fair.due() == due);
      cluster::Port::Parcel parcel;
      std::vector<std::uint32_t> taken;
      while (port.take(due, parcel)) taken.push_back(static_cast<std::uint32_t>(parcel.micro_batch));
      CHECK(fair.take(due) == taken);
      left += static_cast<std::uint32_t>(taken.size());
    }
    if (next - left == 16) continue;  // exact while at most 16 share
    port.add(now, wire, {0, static_cast<std::int32_t>(next), false, now});
    fair.add(now, wire, next++);
  }
  CHECK(left > 0);
}
