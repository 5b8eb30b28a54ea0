// Laws of the fabric in a step: too few uplinks take time from what crosses them, and from nothing else.

#include <algorithm>

#include "catch.hpp"
#include "cluster/optimizer.hpp"
#include "laws/toy.hpp"

using namespace foretrain;

TEST_CASE("too few uplinks slow an expert group beyond a leaf, and no other") {
  auto t = toy::moe(plan::Schedule::one_f_one_b, 1, 32, 32);  // 4 nodes
  const auto wire = [&] {
    return cluster::prepare(t.spec()).inputs.exchange_alone[0].inter_node -
           cluster::link_speeds(t.gpu, t.nic).ib_latency;
  };
  const auto step_time = [&] { return toy::step(t.spec(), 4).result.step_time; };
  const Seconds full = wire();
  const Seconds whole = step_time();
  t.cluster.fabric.oversubscription = 3;  // 48 nodes under a leaf
  CHECK(wire() == full);
  CHECK(step_time() == whole);
  t.cluster.fabric.switch_ports = 3;
  t.cluster.fabric.oversubscription = 2;  // 2 nodes under a leaf: 2 of 3 messages share half the cables
  CHECK(wire() / full == Approx(2 / 1.5));
  CHECK(step_time() > whole);
}

TEST_CASE("fewer SMs for the exchange: never faster alone, slower once they cannot keep up with the links") {
  auto t = toy::moe(plan::Schedule::one_f_one_b, 1, 16, 16);
  const auto exchange = [&](std::int64_t sms) {
    t.software.communication_sms.value = sms;
    const auto time = cluster::prepare(t.spec()).inputs.exchange_alone[0];
    return std::max(time.inter_node, time.intra_node);
  };
  for (std::int64_t sms = 1; sms < 40; ++sms) CHECK(exchange(sms) >= exchange(sms + 1));
  CHECK(exchange(2) / exchange(4) == Approx(2));
  CHECK(exchange(30) == exchange(40));
  t.software.exchange = plan::TokenExchange::hybridep;  // its kernels fill the links
  CHECK(exchange(4) == exchange(40));
}
