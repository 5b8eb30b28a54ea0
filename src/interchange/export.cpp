#include "interchange/export.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

namespace foretrain::interchange {
namespace {

using plan::Action;
using plan::Instruction;

// The simulated group whose last chunk ends last.
std::size_t latest(const cluster::Timeline& timeline) {
  std::size_t found = 0;
  sim::SimTime latest{};
  for (std::size_t lane = 0; lane < timeline.spans.size(); ++lane)
    for (const auto& rank : timeline.spans[lane])
      if (!rank.empty() && rank.back().end > latest) latest = rank.back().end, found = lane;
  return found;
}

cluster::ChunkTimes list_times(const Simulated& s, bool all_ranks) {
  if (!all_ranks) return {s.step->durations[latest(s.step->timeline)]};
  const auto& inputs = s.prepared->inputs;
  const auto& plan = *s.spec->plan;
  const std::int64_t width = plan.data * plan.context * plan.tensor;
  const std::int64_t count = inputs.identical() ? 1 : std::max<std::int64_t>(1, width / inputs.group_ranks);
  std::vector<std::int32_t> groups(static_cast<std::size_t>(count));
  std::iota(groups.begin(), groups.end(), 0);
  return cluster::list_durations(inputs, *s.pools, s.step->program, groups);
}

// One message between two stages. Its tag tells it from every other message of the step.
struct Letter {
  std::int32_t stage = 0, micro_batch = 0;  // of its maker
  bool is_gradient = false;
};

// Writes the nodes of one rank.
class RankListing {
 public:
  RankListing(const Outline& outline, std::int64_t rank)
      : outline_(outline),
        program_(outline.simulated.step->program),
        p2p_(outline.simulated.prepared->p2p),
        rank_(rank),
        pipeline_(static_cast<std::size_t>(rank / outline.groups.width())),
        lane_(rank % outline.groups.width()) {}

  std::vector<Node> list() {
    const auto& list = program_.per_rank[pipeline_];
    const auto meetings = outline_.groups.meetings(rank_);
    const auto groups = static_cast<std::int64_t>(outline_.times.size());
    const auto group = static_cast<std::size_t>(lane_ * groups / outline_.groups.width());
    for (std::size_t i = 0; i < list.size(); ++i) {
      std::vector<std::uint32_t> starts = before_;
      add_receives(list[i], starts);
      const auto first = nodes_.size();
      const auto& chunk = outline_.chunks.at(outline_.simulated.pools->key_of(list[i]));
      before_ = add_chunk(chunk, outline_.times[group][pipeline_][i], starts, meetings, nodes_);
      if (outline_.options.level == Level::chunk) nodes_[first].name = plan::to_text(list[i]);
      add_sends(list[i]);
    }
    add_tail();
    return std::move(nodes_);
  }

 private:
  std::uint32_t add(Node node) {
    node.id = nodes_.size() + 1;
    nodes_.push_back(std::move(node));
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  Node message(NodeKind kind, const Letter& letter, std::int32_t peer) const {
    Node node;
    node.kind = kind;
    node.name = fmt::format("{} {} of stage {}, micro-batch {}", kind == NodeKind::send ? "send" : "receive",
                            letter.is_gradient ? "gradient" : "activation", letter.stage, letter.micro_batch);
    node.size = outline_.simulated.prepared->p2p_bytes;
    node.peer = static_cast<std::uint32_t>(peer * outline_.groups.width() + lane_);
    node.tag = static_cast<std::uint32_t>(
        (letter.stage * 2 + (letter.is_gradient ? 1 : 0)) * program_.micro_batches + letter.micro_batch);
    if (kind == NodeKind::send) {
      node.wire = p2p_.wire;
      node.duration = p2p_.wire + p2p_.latency;
    }
    return node;
  }

  bool is_here(std::int32_t pipeline_rank) const {
    return static_cast<std::size_t>(pipeline_rank) == pipeline_;
  }

  void receive(const Letter& letter, std::vector<std::uint32_t>& starts) {
    const std::int32_t from = program_.rank_at(letter.stage, letter.micro_batch);
    if (!is_here(from)) starts.push_back(add(message(NodeKind::receive, letter, from)));
  }
  void add_receives(const Instruction& i, std::vector<std::uint32_t>& starts) {
    if (i.forward_stage > 0) receive({i.forward_stage - 1, i.forward_micro_batch, false}, starts);
    if (i.action != Action::weight && i.backward_stage >= 0 && i.backward_stage + 1 < program_.stages)
      receive({i.backward_stage + 1, i.backward_micro_batch, true}, starts);
  }

  void send(const Letter& letter, std::int32_t to_stage, const std::vector<std::uint32_t>& ends) {
    const std::int32_t to = program_.rank_at(to_stage, letter.micro_batch);
    if (is_here(to)) return;
    Node node = message(NodeKind::send, letter, to);
    node.needs = ends;
    const auto place = add(std::move(node));
    if (p2p_.sender_waits) before_.push_back(place);
  }
  void add_sends(const Instruction& i) {
    const auto ends = before_;
    if (i.forward_stage >= 0 && i.forward_stage + 1 < program_.stages)
      send({i.forward_stage, i.forward_micro_batch, false}, i.forward_stage + 1, ends);
    if (i.action != Action::weight && i.backward_stage > 0)
      send({i.backward_stage, i.backward_micro_batch, true}, i.backward_stage - 1, ends);
  }

  std::uint32_t group_of(Tail::Who who) const {
    switch (who) {
      case Tail::Who::everyone:
        return outline_.groups.all(rank_);
      case Tail::Who::dense:
        return outline_.groups.dense_replicas(rank_);
      case Tail::Who::expert:
        return outline_.groups.expert_replicas(rank_);
      case Tail::Who::self:
        break;
    }
    return alone;
  }

  void add_tail() {
    for (const Tail& tail : outline_.tails[pipeline_]) {
      Node node = tail.node;
      node.needs = before_;
      if (node.kind == NodeKind::collective) settle(node, group_of(tail.who));
      before_ = {add(std::move(node))};
    }
  }

  const Outline& outline_;
  const plan::Program& program_;
  const cluster::P2p& p2p_;
  std::int64_t rank_;
  std::size_t pipeline_;
  std::int64_t lane_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> before_;  // what the next chunk waits for on this rank
};

}  // namespace

Outline outline(const Simulated& simulated, const ExportOptions& options) {
  const auto& program = simulated.step->program;
  Outline out{simulated,
              options,
              RankGroups(*simulated.spec->plan, program.ranks, !options.all_ranks),
              {},
              list_times(simulated, options.all_ranks),
              {}};
  for (const auto& list : program.per_rank)
    for (const auto& instruction : list) {
      const auto key = simulated.pools->key_of(instruction);
      if (out.chunks.count(key) == 0) out.chunks.emplace(key, list_chunk(simulated, key, options.level));
    }
  for (std::size_t r = 0; r < program.per_rank.size(); ++r) out.tails.push_back(list_tail(simulated, r));
  return out;
}

std::vector<Node> list_nodes(const Outline& outline, std::int64_t rank) {
  return RankListing(outline, rank).list();
}

Workload list_workload(const Outline& outline) {
  Workload workload;
  for (std::int64_t rank = 0; rank < outline.ranks(); ++rank)
    workload.ranks.push_back(list_nodes(outline, rank));
  workload.groups = outline.groups.list();
  return workload;
}

}  // namespace foretrain::interchange
