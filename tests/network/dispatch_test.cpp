#include "network/dispatch.hpp"

#include <map>

#include "catch.hpp"
#include "network/exchange.hpp"

using namespace foretrain;
using namespace foretrain::network;
using namespace foretrain::literals;

namespace {

ExpertExchange exchange_of(std::uint32_t gpus) {
  const ExpertRouting v3{.experts = 256, .top_k = 8, .groups = 8, .top_groups = 4, .expert_parallel = gpus};
  return {.gpus = gpus,
          .gpus_per_node = 8,
          .tokens = 4096 * 7392_B,
          .spread = spread_of(v3, Rng(1, "routing"), 2000),
          .pieces = 4};
}

struct Bytes4 {
  double rails_out = 0, rails_in = 0, nvlink_out = 0, nvlink_in = 0;
};

}  // namespace

TEST_CASE("an expert exchange moves over each GPU's links what the closed form says") {
  const auto gpus = static_cast<std::uint32_t>(GENERATE(8, 16, 64));
  const ExpertExchange x = exchange_of(gpus);
  const ExchangeBytes expected =
      bytes_of({.kind = ExchangeKind::dispatch, .tokens = 4096, .row = 7392_B, .spread = x.spread});
  for (const MessageList& list : {list_dispatch_messages(x), list_combine_messages(x)}) {
    std::map<std::uint32_t, Bytes4> sums;
    for (const Message& m : list.listed) {
      const double size = m.size.base() * list.rounds;
      const bool inside = m.from / 8 == m.to / 8;
      (inside ? sums[m.from].nvlink_out : sums[m.from].rails_out) += size;
      (inside ? sums[m.to].nvlink_in : sums[m.to].rails_in) += size;
      if (!inside) CHECK(m.from % 8 == m.to % 8);  // rails are kept
    }
    REQUIRE(sums.size() == gpus);
    for (const auto& [gpu, sum] : sums) {
      CHECK(sum.rails_out == Approx(expected.ib_out.base()));
      CHECK(sum.rails_in == Approx(expected.ib_in.base()));
      CHECK(sum.nvlink_out == Approx(expected.nvlink_out.base()));
      CHECK(sum.nvlink_in == Approx(expected.nvlink_in.base()));
    }
  }
}

TEST_CASE("NVLink forwards what has come, and sums leave when they are complete") {
  const ExpertExchange x = exchange_of(16);
  const MessageList out = list_dispatch_messages(x), back = list_combine_messages(x);
  std::size_t forwards = 0, sums = 0;
  for (std::size_t i = 0; i < out.size(); ++i)
    for (const Wait& w : out.waits[i])
      if (w.until == Until::arrived) {
        ++forwards;
        CHECK(out.listed[w.message].to == out.listed[i].from);
      }
  for (std::size_t i = 0; i < back.size(); ++i)
    for (const Wait& w : back.waits[i])
      if (w.until == Until::arrived) {
        ++sums;
        CHECK(back.listed[w.message].to == back.listed[i].from);
        CHECK(back.listed[i].from / 8 != back.listed[i].to / 8);
      }
  CHECK(forwards == 16 * 7);
  CHECK(sums == 16 * 7);
}

TEST_CASE("tokens go in pieces of 32, at least one and at most 128") {
  CHECK(pieces_of(20) == 1);
  CHECK(pieces_of(64) == 2);
  CHECK(pieces_of(8192) == 128);
}
