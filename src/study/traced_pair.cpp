#include "study/traced_pair.hpp"

#include <algorithm>

#include "hardware/kernel_cost.hpp"
#include "network/row_spread.hpp"
#include "study/stage.hpp"

namespace foretrain::study {
namespace {

using cluster::BlockKind;
using cluster::Segment;

// A segment's round: forwards run from the first layer on, backwards from the last one back.
std::size_t round_of(const Segment& segment, std::size_t rounds) {
  return segment.backward_side ? rounds - 1 - segment.unit : segment.unit;
}

double rows_of(const Segment& segment, const spec::TracedPair& traced) {
  const auto& round = traced.rounds[round_of(segment, traced.rounds.size())];
  return static_cast<double>(segment.backward_side ? round.backward_rows : round.forward_rows);
}

void read_spans(const cluster::GroupResult& result, const spec::TracedPair& traced, SimulatedPair& pair) {
  const std::size_t rounds = traced.rounds.size();
  pair.exchanges.resize(rounds);
  for (const auto& span : result.spans) {
    const Segment& segment = pair.work.chunk.segments[static_cast<std::size_t>(span.segment)];
    const Seconds took = sim::to_seconds(span.end - span.start);
    const std::size_t round = round_of(segment, rounds);
    if (segment.is_exchange) pair.exchanges[round][static_cast<std::size_t>(segment.exchange)] = took;
  }
}

Seconds end_of_first_gpu(const cluster::GroupResult& result) {
  sim::SimTime end{};
  for (const auto& span : result.spans) end = std::max(end, span.end);
  return sim::to_seconds(end.time_since_epoch());
}

// Traced rows for the first GPU; the others' average to what is left.
void draw_peers(const SimulatedPair& pair, double own, Rng& rng, cluster::RoutingDraw& draw) {
  const auto& in = pair.inputs;
  const auto ranks = static_cast<std::size_t>(in.group_ranks);
  const double padding = pair.work.mean_rows - in.unpadded_rows;
  const double others = static_cast<double>(ranks) * in.unpadded_rows - (own - padding);
  const auto peers = network::sample_rows(rng, in.group_ranks - 1, others / static_cast<double>(ranks - 1),
                                          in.routing_spread, {in.work.local_experts, cluster::row_padding});
  draw.gpu_load.assign(1, own / pair.work.mean_rows);
  for (const auto& peer : peers) draw.gpu_load.push_back(peer.padded / pair.work.mean_rows);
  const auto width = static_cast<std::size_t>(std::min(in.ranks_per_node, in.group_ranks));
  draw.node_load.assign(ranks, 0);
  for (std::size_t r = 0; r < ranks; ++r) {
    const std::size_t first = r / width * width, last = std::min(ranks, first + width);
    for (std::size_t other = first; other < last; ++other)
      draw.node_load[r] += draw.gpu_load[other] / static_cast<double>(last - first);
  }
}

// What was fitted of a price: its curve, or the sustained rate that slows a benchmark's curve.
std::string fit_behind(const hardware::Curve& curve, const hardware::GpuSpec& gpu,
                       hardware::Sources sources) {
  const bool slowed = curve.kind == hardware::Curve::Kind::tile && curve.fitted_on.empty() &&
                      sources == hardware::Sources::any && gpu.sustained_rate.value != 1.0;
  return slowed ? gpu.sustained_rate.from.source : curve.fitted_on;
}

// Adds the kernel's time under what ran beside it in a round: nothing, a barrier that holds its SMs, or an
// exchange that draws bandwidth too. Returns the curve behind it.
const hardware::Curve& add_busy(const Kernel& kernel, const cluster::ChunkInputs& in,
                                const spec::TracedOp* traced, std::size_t round, Seconds& to) {
  hardware::Conditions now{
      .sms_taken = in.communication_sms, .hbm_taken = 0, .sources = in.sources, .communicating = false};
  const auto alone = hardware::price(kernel, *in.gpu, now);
  now.communicating = true;
  const auto waiting = hardware::price(kernel, *in.gpu, now);
  now.hbm_taken = in.hbm_taken_beside;
  const auto beside = hardware::price(kernel, *in.gpu, now);
  to += alone.busy;
  if (traced != nullptr)
    to += (waiting.busy - alone.busy) * traced->barrier[round] +
          (beside.busy - alone.busy) * traced->exchange[round];
  return *alone.curve;
}

// The rows of the trace by what the op list calls them.
std::map<std::pair<BlockKind, std::string>, const spec::TracedOp*> by_name(const spec::TracedPair& traced) {
  std::map<std::pair<BlockKind, std::string>, const spec::TracedOp*> found;
  for (const auto& op : traced.ops)
    for (const auto& block : compute_blocks)
      if (op.block == block.name) found[{block.kind, op.name}] = &op;
  return found;
}

}  // namespace

bool is_backward(BlockKind kind) {
  return kind != BlockKind::attention_f && kind != BlockKind::mlp_f;
}

SimulatedPair simulate_pair(const spec::Scenario& scenario, const spec::TracedPair& traced, TraceUse use) {
  SimulatedPair pair;
  pair.inputs =
      cluster::prepare(step_spec(scenario, scenario.stages.front(), {.sources = use.curves})).inputs;
  if (!use.exchanges) pair.inputs.exchange_beside = pair.inputs.exchange_alone;
  const std::vector<model::Unit> layers(traced.rounds.size(), model::Unit::moe_layer);
  cluster::ChunkInputs alike = pair.inputs;
  alike.stages = {layers};
  alike.routing_spread = alike.kernel_jitter = alike.gpu_spread = 0;  // one GPU
  alike.attention_loads.clear();
  cluster::ChunkPools pools;
  pools.units_of_kind = alike.stages;
  pair.work = group_work(alike, price_units(alike), pools,
                         {.action = plan::Action::pair, .forward_kind = 0, .backward_kind = 0}, 1);
  pair.work.draws.resize(pair.work.chunk.draws);
  for (const Segment& s : pair.work.chunk.segments)
    pair.work.draws[s.draw] = {.gpu_load = {rows_of(s, traced) / pair.work.mean_rows}, .node_load = {1.0}};
  const auto result = simulate_group(pair.work, true);
  pair.wall = end_of_first_gpu(result);
  pair.compute = sim::to_seconds(result.samples.front().compute);
  read_spans(result, traced, pair);
  return pair;
}

Seconds wall_with_peers(const SimulatedPair& pair, const spec::TracedPair& traced, std::uint64_t seed) {
  if (pair.inputs.group_ranks <= 1) return pair.wall;
  cluster::GroupWork work = pair.work;
  work.ranks = pair.inputs.group_ranks;
  Rng rng(seed, "peers of the traced GPU");
  std::vector<bool> drawn(work.draws.size(), false);
  for (const Segment& s : work.chunk.segments) {
    if (drawn[s.draw]) continue;
    draw_peers(pair, rows_of(s, traced), rng, work.draws[s.draw]);
    drawn[s.draw] = true;
  }
  return end_of_first_gpu(simulate_group(work, true));
}

PricedOps price_ops(const SimulatedPair& pair, const spec::TracedPair& traced) {
  PricedOps priced;
  const auto& in = pair.inputs;
  const auto beside = by_name(traced);
  for (std::size_t r = 0; r < traced.rounds.size(); ++r)
    for (std::size_t k = 0; k < cluster::block_kinds; ++k) {
      const auto kind = static_cast<BlockKind>(k);
      const auto& round = traced.rounds[r];
      model::Work work = in.work;
      work.routed_rows = is_backward(kind) ? round.backward_rows : round.forward_rows;
      work.received_tokens = is_backward(kind) ? round.backward_received : round.forward_received;
      const auto lists = model::list_ops(*in.model, model::Unit::moe_layer, work);
      for (const auto& op : ops_of(lists, kind)) {
        PricedOp& sum = priced[{kind, op.name}];
        sum.busy.resize(traced.rounds.size());
        const auto at = beside.find({kind, op.name});
        const auto& curve =
            add_busy(op.kernel, in, at == beside.end() ? nullptr : at->second, r, sum.busy[r]);
        if (sum.fitted_on.empty()) sum.fitted_on = fit_behind(curve, *in.gpu, in.sources);
        sum.bound = sum.bound || curve.bound;
      }
    }
  return priced;
}

}  // namespace foretrain::study
