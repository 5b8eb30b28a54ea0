#include "network/nccl.hpp"

#include <algorithm>

#include "catch.hpp"
#include "network/priced.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::literals;
using namespace foretrain::network;

LinkSpeeds nccl_speeds() {
  LinkSpeeds s;
  s.ib = 44_GBps;
  s.ring_ib = 48_GBps;
  s.nccl.ll = {5_us, 1_us, 20_GBps};
  s.nccl.ll128 = {6_us, 1_us, 200_GBps};
  s.nccl.simple = {14_us, 2_us, 360_GBps};
  s.nccl.own_share = 0.5;
  s.nccl.ll_up_to = 1_MB;
  s.nccl.nvls_rate = 265_GBps;
  s.nccl.nvls_step = 9_us;
  s.nccl.nvls_from = 5;
  s.nccl.exchange_small = {7_us, 0.2_us, 12_GBps};
  s.nccl.exchange = {13_us, 0.1_us, 310_GBps};
  return s;
}

bool offers(const std::vector<Candidate>& all, Algorithm algorithm) {
  return std::any_of(all.begin(), all.end(), [&](const Candidate& c) { return c.algorithm == algorithm; });
}

}  // namespace

TEST_CASE("a ring in one node, by hand") {
  // 8 ranks, 8 MB: above 1 MB a rank only the simple protocol: 14 + 7 * 2 us and 8 MB * 7.5 / 8 / 360 GB/s.
  const auto all = list_candidates(Pattern::all_gather, 8_MB, {8, 1}, nccl_speeds());
  REQUIRE(all.size() == 1);
  CHECK(all[0].protocol == Protocol::simple);
  CHECK(all[0].time.base() == Approx(28e-6 + 7.5e6 / 360e9));
  // Below: LL or LL128, here LL128: 6 + 7 us and 0.8 MB * 7.5 / 8 / 200 GB/s.
  const auto small = fastest(list_candidates(Pattern::reduce_scatter, 0.8_MB, {8, 1}, nccl_speeds()));
  CHECK(small.protocol == Protocol::ll128);
  CHECK(small.time.base() == Approx(13e-6 + 0.75e6 / 200e9));
}

TEST_CASE("sharpness hides latency behind data, and never more than all of it") {
  LinkSpeeds s = nccl_speeds();
  const Seconds added = time_of(Pattern::all_gather, 64_MB, {8, 1}, s);
  s.nccl.simple_sharpness = 1.5;
  const Seconds hidden = time_of(Pattern::all_gather, 64_MB, {8, 1}, s);
  CHECK(hidden < added);
  CHECK(hidden > seconds(64e6 * 7.5 / 8 / 360e9));
}

TEST_CASE("NVLS reduces in the switch where there are enough ranks, and at most over two nodes") {
  const auto all_reduce = [](const GroupShape& g) {
    return list_candidates(Pattern::all_reduce, 1_GB, g, nccl_speeds());
  };
  CHECK_FALSE(offers(all_reduce({4, 1}), Algorithm::nvls));
  CHECK(fastest(all_reduce({8, 1})).algorithm == Algorithm::nvls);
  CHECK(fastest(all_reduce({8, 1})).time.base() == Approx(72e-6 + 1e9 / 265e9));
  CHECK(offers(all_reduce({8, 2}), Algorithm::nvls));
  CHECK_FALSE(offers(all_reduce({8, 3}), Algorithm::nvls));
  CHECK_FALSE(offers(list_candidates(Pattern::all_gather, 1_GB, {8, 1}, nccl_speeds()), Algorithm::nvls));
  LinkSpeeds no_switch = nccl_speeds();
  no_switch.nccl.nvls_rate = {};
  CHECK_FALSE(offers(list_candidates(Pattern::all_reduce, 1_GB, {8, 1}, no_switch), Algorithm::nvls));
}

TEST_CASE("large rings across nodes run at the slower of NVLink and rails") {
  const double n = 64, wire = 8e9 * (n - 1) / n;
  const Seconds wide = time_of(Pattern::all_gather, 8_GB, {8, 8}, nccl_speeds());  // 384 GB/s of rails
  CHECK(wide.base() == Approx(wire / 360e9).epsilon(0.03));
  const Seconds narrow = time_of(Pattern::all_gather, 8_GB, {2, 32}, nccl_speeds());  // 96 GB/s of rails
  CHECK(narrow.base() == Approx(wire / 96e9).epsilon(0.03));
  LinkSpeeds plain = nccl_speeds();
  plain.ring_ib = {};  // then the card's achieved rate
  CHECK(time_of(Pattern::all_gather, 8_GB, {2, 32}, plain).base() == Approx(wire / 88e9).epsilon(0.03));
}

TEST_CASE("small all-reduces over many nodes climb trees, whose depth is a logarithm") {
  // 6.8 + 2 (7 * 0.6 + 5 * 5.0) us: NCCL's own constants; 63 to 71 us were reported (NVIDIA/nccl issue 652).
  const auto chosen = fastest(list_candidates(Pattern::all_reduce, 64_B, {8, 32}, nccl_speeds()));
  CHECK(chosen.algorithm == Algorithm::tree);
  CHECK(chosen.protocol == Protocol::ll);
  CHECK(chosen.time.base() * 1e6 == Approx(65.2).epsilon(0.001));
  const auto twice = fastest(list_candidates(Pattern::all_reduce, 64_B, {8, 64}, nccl_speeds()));
  CHECK((twice.time - chosen.time).base() * 1e6 == Approx(10.0).epsilon(0.001));
}

TEST_CASE("an all-to-all in one node and across nodes, by hand") {
  const LinkSpeeds s = nccl_speeds();
  CHECK(time_of_all_to_all(80_MB, {8, 1}, s).base() == Approx(13.7e-6 + 70e6 / 310e9));
  // 64 ranks of 80 MB: 70 MB leave over the rail of 48 GB/s, 8.75 MB over NVLink beside them.
  CHECK(time_of_all_to_all(80_MB, {8, 8}, s).base() == Approx((13 + 6.3 + 14) * 1e-6 + 70e6 / 48e9));
  CHECK(expert_exchange(4096, 8, 14336_B).base() == Approx(4096.0 * 8 * 14336));
}

TEST_CASE("no collective is free, a larger buffer never takes less time in one regime, one rank takes none") {
  const LinkSpeeds s = nccl_speeds();
  for (const Pattern pattern : {Pattern::all_reduce, Pattern::all_gather, Pattern::reduce_scatter})
    for (const GroupShape g : {GroupShape{8, 1}, GroupShape{1, 16}, GroupShape{8, 16}, GroupShape{72, 2}}) {
      CHECK(time_of(pattern, 1_MB, {1, 1}, s) == Seconds{});
      Seconds last{};
      for (double size = 64e6; size < 64e9; size *= 2) {
        const Seconds time = time_of(pattern, bytes(size), g, s);
        CAPTURE(name_of(pattern), g.gpus_per_node, g.nodes, size);
        CHECK(time > last);
        last = time;
      }
    }
}

TEST_CASE("a GPU part without measured collectives keeps the closed forms") {
  const LinkSpeeds plain{44_GBps, 160_GBps, 3.7_us, 3.3_us};
  CHECK(time_of(Pattern::all_gather, 1_GB, {8, 4}, plain) == time_of_all_gather(1_GB, {8, 4}, plain));
  CHECK(time_of(Pattern::reduce_scatter, 1_GB, {8, 4}, plain) == time_of_reduce_scatter(1_GB, {8, 4}, plain));
  CHECK(time_of(Pattern::all_reduce, 1_GB, {8, 4}, plain) == time_of_all_reduce(1_GB, {8, 4}, plain));
  const Seconds exchange = time_of_all_to_all(80_MB, {8, 8}, plain);
  CHECK(exchange.base() == Approx(3.7e-6 + 70e6 / 44e9));
}
