#include "cluster/port.hpp"

#include "catch.hpp"

namespace {

using namespace foretrain;
using namespace std::chrono_literals;
using cluster::Port;
using sim::SimTime;

SimTime at(std::int64_t ns) {
  return SimTime{sim::Ticks{ns}};
}

}  // namespace

TEST_CASE("a message alone takes the wire's time") {
  Port port;
  CHECK(port.empty());
  port.add(at(5), 100ns, {});
  CHECK(port.due() == at(105));
  Port::Parcel parcel;
  CHECK_FALSE(port.take(at(104), parcel));
  CHECK(port.take(at(105), parcel));
  CHECK(port.empty());
}

TEST_CASE("messages that leave together take as many times as long as they are") {
  const int together = GENERATE(2, 3, 5, 7, 11, 16);
  Port port;
  for (int i = 0; i < together; ++i) port.add(at(0), 101ns, {i, 0, false, at(0)});
  CHECK(port.due() == at(101 * together));
  Port::Parcel parcel;
  CHECK_FALSE(port.take(at(101 * together - 1), parcel));
  for (int i = 0; i < together; ++i) {
    REQUIRE(port.take(at(101 * together), parcel));
    CHECK(parcel.stage == i);  // first come, first done
  }
  CHECK(port.empty());
}

TEST_CASE("a late message shares only what is left") {
  Port port;
  port.add(at(0), 100ns, {0, 0, false, at(0)});
  port.add(at(60), 100ns, {1, 0, false, at(60)});  // 40 left of the first: both at half speed until 140
  CHECK(port.due() == at(140));
  Port::Parcel parcel;
  REQUIRE(port.take(at(140), parcel));
  CHECK_FALSE(port.take(at(140), parcel));
  CHECK(port.due() == at(200));  // the second had 60 left, now alone: work is conserved
  port.add(at(200), 100ns, {2, 0, false, at(200)});
  REQUIRE(port.take(at(200), parcel));
  CHECK(port.due() == at(300));
}
