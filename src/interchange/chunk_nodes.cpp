#include "interchange/chunk_nodes.hpp"

#include <fmt/core.h>
#include <algorithm>

#include "base/check.hpp"
#include "hardware/kernel_cost.hpp"
#include "interchange/kernel_nodes.hpp"
#include "plan/parameters.hpp"

namespace foretrain::interchange {
namespace {

using cluster::ExchangeKind;

const char* text_of(ExchangeKind kind) {
  switch (kind) {
    case ExchangeKind::dispatch_gradient:
      return "gradient dispatch";
    case ExchangeKind::dispatch:
      return "dispatch";
    case ExchangeKind::combine_gradient:
      return "gradient combine";
    case ExchangeKind::combine:
      return "combine";
    case ExchangeKind::gather:
      return "parameter gather";
    case ExchangeKind::scatter:
      return "gradient scatter";
  }
  return "";
}

// What a GPU sends in one exchange of tokens, were every copy to go straight to its GPU (its own included).
Bytes tokens_of(const Simulated& s, ExchangeKind kind) {
  const auto& work = s.prepared->inputs.work;
  const auto& plan = *s.spec->plan;
  const auto row = model::exchange_row(*s.spec->model, work);
  const Bytes size = kind == ExchangeKind::dispatch            ? row.dispatch
                     : kind == ExchangeKind::dispatch_gradient ? row.dispatch_gradient
                     : kind == ExchangeKind::combine           ? row.combine
                                                               : row.combine_gradient;
  const double tokens = static_cast<double>(work.tokens) / static_cast<double>(plan.tensor);
  if (s.spec->software->exchange != plan::TokenExchange::all_to_all)
    return size * (tokens * s.prepared->spread.gpus);
  const double capacity = plan.capacity_factor > 0 ? plan.capacity_factor : 1;
  return size * (tokens * static_cast<double>(s.spec->model->moe.top_k) * capacity);
}

Node exchange_node(const Simulated& s, ExchangeKind kind, model::Unit unit) {
  Node node;
  node.kind = NodeKind::collective;
  node.name = fmt::format("{}/{}", model::name_of(unit), text_of(kind));
  if (kind != ExchangeKind::gather && kind != ExchangeKind::scatter) {
    node.collective = Collective::all_to_all;
    node.size = tokens_of(s, kind);
    return node;
  }
  const auto& plan = *s.spec->plan;
  const auto held = plan::parameters_on_gpu(*s.spec->model, plan, unit);
  const auto shards = plan::shards_of(plan);
  if (kind == ExchangeKind::scatter) {
    node.collective = Collective::reduce_scatter;
    node.size = bytes(s.spec->software->gradient_bytes.value * held.all());
  } else {
    node.collective = Collective::all_gather;
    const double mine =
        held.dense / static_cast<double>(shards.dense) + held.expert / static_cast<double>(shards.expert);
    node.size = bytes(plan::gathered_bytes(plan, *s.spec->software) * mine);
  }
  return node;
}

// One kind of chunk, listed.
class ChunkListing {
 public:
  ChunkListing(const Simulated& simulated, const cluster::ChunkKey& key, Level level)
      : s_(simulated), level_(level) {
    const auto& p = *s_.prepared;
    work_ = cluster::group_work(p.inputs, p.prices, *s_.pools, key, 1);
    conditions_.sms_taken = key.action == plan::Action::pair ? p.inputs.communication_sms : 0;
    conditions_.sources = p.inputs.sources;
  }

  ChunkTemplate whole() {
    ChunkTemplate chunk;
    Node node;
    node.kind = NodeKind::compute;
    for (const auto& segment : work_.chunk.segments)
      if (!segment.is_exchange) add_kernels(ops_of(segment), node);
    chunk.segments.push_back({1, {}, 0});
    chunk.pieces.push_back({node, Meeting::none, 0, 1});
    chunk.last_pieces = {0};
    return chunk;
  }

  ChunkTemplate opened() {
    const auto ends = ends_of();
    ChunkTemplate chunk;
    std::array<std::int64_t, 2> before{-1, -1};  // the last segment of each stream
    const auto& list = work_.chunk.segments;
    for (std::size_t i = 0; i < list.size(); ++i) {
      ChunkTemplate::Segment segment{ends[i], {}, 0};
      auto& last = before[list[i].is_exchange ? 1 : 0];
      if (last >= 0) segment.needs.push_back(static_cast<std::uint32_t>(last));
      for (const std::int16_t need : list[i].needs)
        if (need >= 0 && need != last) segment.needs.push_back(static_cast<std::uint32_t>(need));
      last = static_cast<std::int64_t>(i);
      add_pieces(list[i], static_cast<std::uint32_t>(i), chunk.pieces);
      segment.last = static_cast<std::uint32_t>(chunk.pieces.size() - 1);
      chunk.segments.push_back(std::move(segment));
    }
    for (const std::int64_t last : before)
      if (last >= 0) chunk.last_pieces.push_back(chunk.segments[static_cast<std::size_t>(last)].last);
    return chunk;
  }

 private:
  model::Unit unit_of(const cluster::Segment& segment) const {
    return (segment.backward_side ? work_.backward : work_.forward)[segment.unit].unit;
  }

  const std::vector<model::Op>& ops_of(const cluster::Segment& segment) {
    const model::Unit unit = unit_of(segment);
    const auto [place, is_new] = ops_.try_emplace(unit);
    if (is_new) place->second = model::list_ops(*s_.spec->model, unit, s_.prepared->inputs.work);
    return cluster::ops_of(place->second, segment.block);
  }

  // When each segment ends on the first GPU of the group, as a share of when the last of them does.
  std::vector<double> ends_of() const {
    const auto result = cluster::simulate_group(work_, true);
    std::vector<double> ends(work_.chunk.segments.size(), 0);
    double longest = 0;
    for (const auto& span : result.spans) {
      const auto end = static_cast<double>(span.end.time_since_epoch().count());
      ends[static_cast<std::size_t>(span.segment)] = end;
      longest = std::max(longest, end);
    }
    for (double& end : ends) end = longest > 0 ? end / longest : 1;
    return ends;
  }

  void add_pieces(const cluster::Segment& segment, std::uint32_t place,
                  std::vector<ChunkTemplate::Piece>& pieces) {
    const model::Unit unit = unit_of(segment);
    if (segment.is_exchange) {
      const bool of_tokens = static_cast<std::size_t>(segment.exchange) < cluster::exchange_kinds;
      pieces.push_back({exchange_node(s_, segment.exchange, unit),
                        of_tokens ? Meeting::experts : Meeting::shards, place, 1});
      return;
    }
    const auto& ops = ops_of(segment);
    if (level_ == Level::op && !ops.empty()) {
      const KernelPricing pricing{*s_.prepared, *s_.spec->gpu, conditions_};
      for (auto& piece : list_op_nodes(ops, unit, pricing))
        pieces.push_back({std::move(piece.node), piece.meeting, place, piece.end});
      return;
    }
    Node node;
    node.kind = NodeKind::compute;
    node.name = fmt::format("{}/{}", model::name_of(unit), name_of(segment.block));
    add_kernels(ops, node);
    pieces.push_back({std::move(node), Meeting::none, place, 1});
  }

  const Simulated& s_;
  Level level_;
  cluster::GroupWork work_;
  hardware::Conditions conditions_;
  std::map<model::Unit, model::UnitOps> ops_;
};

}  // namespace

ChunkTemplate list_chunk(const Simulated& simulated, const cluster::ChunkKey& key, Level level) {
  ChunkListing listing(simulated, key, level);
  return level == Level::chunk ? listing.whole() : listing.opened();
}

void settle(Node& node, std::uint32_t group) {
  node.group = group;
  if (group != alone) return;
  node.kind = NodeKind::compute;
  node.folded = node.on_host = true;  // beside the kernels of the GPU
  node.group = world;
}

std::vector<std::uint32_t> add_chunk(const ChunkTemplate& chunk, sim::Ticks length,
                                     const std::vector<std::uint32_t>& starts, const MeetingGroups& groups,
                                     std::vector<Node>& nodes) {
  const auto first = static_cast<std::uint32_t>(nodes.size());
  const auto at = [](double share, std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(share * static_cast<double>(to - from));
  };
  std::vector<std::int64_t> ends;  // of segments, in nanoseconds since the chunk began
  std::size_t piece = 0;
  for (std::uint32_t s = 0; s < chunk.segments.size(); ++s) {
    const auto& segment = chunk.segments[s];
    std::int64_t ready = 0;
    for (const auto need : segment.needs) ready = std::max(ready, ends[need]);
    ends.push_back(std::max(ready, at(segment.end, 0, length.count())));
    std::int64_t done = ready;
    for (bool opens = true; piece < chunk.pieces.size() && chunk.pieces[piece].segment == s; ++piece) {
      const auto& p = chunk.pieces[piece];
      Node node = p.node;
      node.id = nodes.size() + 1;
      if (!opens)
        node.needs = {static_cast<std::uint32_t>(nodes.size() - 1)};
      else if (segment.needs.empty())
        node.needs = starts;
      else
        for (const auto need : segment.needs) node.needs.push_back(first + chunk.segments[need].last);
      const std::int64_t end = at(p.end, ready, ends[s]);
      node.duration = sim::Ticks{end - done};
      if (node.kind == NodeKind::collective) settle(node, groups[static_cast<std::size_t>(p.meeting)]);
      nodes.push_back(std::move(node));
      done = end;
      opens = false;
    }
  }
  std::vector<std::uint32_t> last;
  for (const auto p : chunk.last_pieces) last.push_back(first + p);
  return last;
}

}  // namespace foretrain::interchange
