// The expert-parallel group: what a chunk takes, from hand-made block times.
#include "cluster/group.hpp"

#include <algorithm>

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::cluster;
using namespace foretrain::literals;
using model::Unit;
using plan::Action;
using std::chrono::microseconds;

namespace {

BlockCurve fixed(Seconds alone, Seconds beside) {
  BlockCurve curve;
  curve.add_knot(1, {alone, beside});
  return curve;
}

// A MoE layer whose blocks take 1 ms each and, with `by_rows`, whose mlp blocks grow with their rows.
UnitTimes layer(bool by_rows = false, double beside = 1.0) {
  UnitTimes times;
  times.unit = Unit::moe_layer;
  times.has_exchange = true;
  for (auto& block : times.blocks) block = fixed(1_ms, 1_ms * beside);
  if (!by_rows) return times;
  for (const auto kind : {BlockKind::mlp_f, BlockKind::mlp_i, BlockKind::mlp_w}) {
    BlockCurve curve;
    curve.add_knot(50, {0.5_ms, 0.5_ms});
    curve.add_knot(200, {2_ms, 2_ms});
    times.blocks[static_cast<std::size_t>(kind)] = curve;
  }
  return times;
}

GroupWork work_of(Action action, std::size_t layers, const UnitTimes& times, Seconds exchange) {
  const std::vector<Unit> units(layers, Unit::moe_layer);
  GroupWork work;
  work.chunk = list_segments(action, units, units);
  work.forward.assign(layers, times);
  work.backward.assign(layers, times);
  for (auto& time : work.exchange) time.inter_node = exchange;
  work.mean_rows = 100;
  return work;
}

std::vector<RoutingDraw> equal_draws(const GroupWork& work, std::size_t ranks) {
  const std::vector<double> ones(ranks, 1.0);
  return std::vector<RoutingDraw>(static_cast<std::size_t>(work.repetitions) * work.chunk.draws,
                                  {ones, ones});
}

}  // namespace

TEST_CASE("a barrier that waits on the SMs slows compute down until its exchange starts") {
  // One layer of 1 ms blocks, 2 ms while a barrier waits. The gradient's dispatch is ready at once and its
  // barrier takes 0.5 ms: of attention's forward a quarter is done then, the rest beside it as fast as alone.
  UnitTimes times = layer();
  auto& attention = times.blocks[static_cast<std::size_t>(BlockKind::attention_f)];
  attention = {};
  attention.add_knot(1, {1_ms, 1_ms, {}, 1_ms});
  GroupWork work = work_of(Action::pair, 1, times, 2_ms);
  const auto end_of_first = [&] {
    for (const auto& span : simulate_group(work, true).spans)
      if (const auto& s = work.chunk.segments[static_cast<std::size_t>(span.segment)];
          !s.is_exchange && s.block == BlockKind::attention_f)
        return span.end.time_since_epoch();
    return sim::Ticks{};
  };
  CHECK(end_of_first() == microseconds(1000));
  work.barrier = 500_us;
  CHECK(end_of_first() == microseconds(1250));
}

TEST_CASE("lone chunks expose their exchanges and add up to the sum of their parts") {
  // Per layer: F = attn + dispatch + mlp + combine; I = dispatch + mlp + combine + attn; W = mlp + attn.
  CHECK(simulate_group(work_of(Action::forward, 3, layer(), 2_ms)).samples[0].duration ==
        microseconds(3 * 6000));
  CHECK(simulate_group(work_of(Action::input_backward, 3, layer(), 2_ms)).samples[0].duration ==
        microseconds(3 * 6000));
  CHECK(simulate_group(work_of(Action::weight, 3, layer(), 2_ms)).samples[0].duration ==
        microseconds(3 * 2000));
}

TEST_CASE("a full lone backward computes its weight gradients in line") {
  // Per layer: dispatch 2, mlp(I) 1, mlp(W) 1, combine 2, attn(I) 1, attn(W) 1.
  const auto two = simulate_group(work_of(Action::backward, 2, layer(), 2_ms)).samples[0];
  CHECK(two.duration == microseconds(2 * 8000));
  CHECK(two.weight == microseconds(2 * 2000));
}

TEST_CASE("a pair with free exchanges is the sum of its compute, and never shorter than either stream") {
  CHECK(simulate_group(work_of(Action::pair, 4, layer(), 0_s)).samples[0].duration == microseconds(4 * 6000));
  for (const Seconds exchange : {0.5_ms, 1_ms, 2_ms, 5_ms}) {
    const auto pair = simulate_group(work_of(Action::pair, 4, layer(), exchange)).samples[0];
    CHECK(pair.duration >= std::max(microseconds(24000), std::chrono::round<microseconds>(pair.exchange)));
    CHECK(pair.compute == microseconds(24000));
    CHECK(pair.exchange == sim::to_ticks(16 * exchange));
  }
}

TEST_CASE("the compute stream of a pair runs in the traced order") {
  const auto chunk = list_segments(Action::pair, {Unit::moe_layer}, {Unit::moe_layer});
  std::vector<BlockKind> computes;
  std::vector<ExchangeKind> exchanges;
  for (const auto& s : chunk.segments)
    if (s.is_exchange)
      exchanges.push_back(s.exchange);
    else
      computes.push_back(s.block);
  CHECK(computes == std::vector{BlockKind::attention_f, BlockKind::mlp_i, BlockKind::mlp_w, BlockKind::mlp_f,
                                BlockKind::attention_i, BlockKind::attention_w});
  CHECK(exchanges == std::vector{ExchangeKind::dispatch_gradient, ExchangeKind::dispatch,
                                 ExchangeKind::combine_gradient, ExchangeKind::combine});
}

TEST_CASE("folded equals unfolded to the nanosecond") {
  const auto action = GENERATE(Action::forward, Action::backward, Action::input_backward, Action::pair);
  auto work = work_of(action, 3, layer(true, 1.13), 1.7_ms);
  work.barrier = 80_us;
  work.repetitions = 3;
  const auto folded = simulate_group(work);
  work.ranks = 16;
  work.draws = equal_draws(work, 16);
  const auto unfolded = simulate_group(work);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(folded.samples[i].duration == unfolded.samples[i].duration);
    CHECK(folded.samples[i].compute == unfolded.samples[i].compute);
  }
}

TEST_CASE("compute beside an exchange runs at the shared rate for exactly as long as they overlap") {
  // attn(F) takes 1 ms alone and 2 ms beside; the gradient dispatch that runs with it lasts 1 ms. In that 1
  // ms half of it is done, the other half takes 0.5 ms alone. The forward dispatch (1 ms) hides under mlp(I),
  // the gradient combine under mlp(W), the forward combine under attn(I): five more blocks of 1 ms.
  auto times = layer();
  times.blocks[static_cast<std::size_t>(BlockKind::attention_f)] = fixed(1_ms, 2_ms);
  CHECK(simulate_group(work_of(Action::pair, 1, times, 1_ms)).samples[0].duration == microseconds(6500));
}

TEST_CASE("one loaded GPU delays its group through the barriers") {
  auto work = work_of(Action::forward, 2, layer(true), 1_ms);
  const auto balanced = simulate_group(work).samples[0].duration;
  work.ranks = 4;
  work.draws = equal_draws(work, 4);
  work.draws[0].gpu_load[2] = 1.5;  // mlp(F) of layer 0: 1.5 ms instead of 1
  const auto delayed = simulate_group(work);
  CHECK(delayed.samples[0].duration == balanced + microseconds(500));
  CHECK(simulate_group(work).fingerprint == delayed.fingerprint);
}

TEST_CASE("node and GPU loads scale their own hop, and the slower hop counts") {
  auto work = work_of(Action::forward, 1, layer(), 2_ms);
  for (auto& time : work.exchange) time.intra_node = 1_ms;
  work.ranks = 2;
  work.draws = equal_draws(work, 2);
  work.draws[0].gpu_load = {1.5, 0.5};  // NVLink hop 1.5 ms: still hidden behind 2 ms of the rails
  CHECK(simulate_group(work).samples[0].duration == microseconds(6000));
  work.draws[0].node_load = {1.25, 1.25};  // rails 2.5 ms, twice
  CHECK(simulate_group(work).samples[0].duration == microseconds(7000));
}
