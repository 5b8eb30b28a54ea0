#include "cluster/step_traffic.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cluster/index.hpp"
#include "plan/parameters.hpp"
#include "plan/schedule.hpp"

namespace foretrain::cluster {
namespace {

using network::SentAtOnce;

constexpr Bytes unit = bytes(1e9);  // long against a tick of the clock at any rate

// A group's GPUs by the node they are in; numbers of the layout.
using Nodes = std::vector<std::vector<std::int64_t>>;
Nodes nodes_of(const std::vector<std::int64_t>& members, std::int64_t gpus_per_node) {
  Nodes nodes;
  for (const std::int64_t gpu : members) {
    if (nodes.empty() || nodes.back().front() / gpus_per_node != gpu / gpus_per_node) nodes.emplace_back();
    nodes.back().push_back(gpu);
  }
  return nodes;
}

class TrafficWriter {
 public:
  explicit TrafficWriter(const topology::Placement& placement) : placement_(placement) {}

  void add(std::int64_t from, std::int64_t to, Bytes size, std::uint32_t group) {
    sent_.list.listed.push_back({placement_[index(from)], placement_[index(to)], size, {}});
    sent_.groups.push_back(group);
  }
  // Groups that send nothing have no number.
  SentAtOnce take() {
    std::vector<std::uint32_t> used = sent_.groups;
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    for (std::uint32_t& group : sent_.groups)
      group = static_cast<std::uint32_t>(std::lower_bound(used.begin(), used.end(), group) - used.begin());
    return std::move(sent_);
  }

 private:
  const topology::Placement& placement_;
  SentAtOnce sent_;
};

// A GPU's tokens fall evenly on the experts of its group; those for a node cross once, to its own rail.
void add_exchange(const Nodes& nodes, std::size_t members, std::uint32_t group, TrafficWriter& out) {
  for (const auto& own : nodes)
    for (std::size_t k = 0; k < own.size(); ++k)
      for (const auto& other : nodes) {
        if (&other == &own) continue;
        const double share = static_cast<double>(other.size()) / static_cast<double>(members - own.size());
        out.add(own[k], other[k % other.size()], unit * share, group);
      }
}

// As many rings as a node has members, each leaving every node by another rail.
void add_rings(const Nodes& nodes, std::uint32_t group, TrafficWriter& out) {
  if (nodes.size() < 2) return;
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const auto &own = nodes[n], &next = nodes[(n + 1) % nodes.size()];
    for (std::size_t k = 0; k < own.size(); ++k) out.add(own[k], next[k % next.size()], unit, group);
  }
}

struct Shape {
  std::int64_t ranks, width, node;  // pipeline ranks, GPUs of each, GPUs that NVLink joins
};

SentAtOnce list_exchanges(const Shape& s, std::int64_t span, const topology::Placement& placement) {
  TrafficWriter out(placement);
  std::vector<std::int64_t> members(index(span));
  for (std::int64_t first = 0; first < s.ranks * s.width; first += span) {
    for (std::int64_t i = 0; i < span; ++i) members[index(i)] = first + i;
    add_exchange(nodes_of(members, s.node), members.size(), static_cast<std::uint32_t>(first / span), out);
  }
  return out.take();
}

// `around`: with several stages on a rank the last rank hands on to the first.
SentAtOnce list_pipelines(const Shape& s, bool around, const topology::Placement& placement) {
  TrafficWriter out(placement);
  for (std::int64_t r = 0; r < s.ranks; ++r) {
    if (s.ranks < 2 || (r + 1 == s.ranks && !around)) continue;
    for (std::int64_t i = 0; i < s.width; ++i) {
      const std::int64_t from = r * s.width + i, to = (r + 1) % s.ranks * s.width + i;
      if (from / s.node == to / s.node) continue;
      out.add(from, to, unit, static_cast<std::uint32_t>(i));
      out.add(to, from, unit, static_cast<std::uint32_t>(i));
    }
  }
  return out.take();
}

// Groups of `size` that hold the same parameters: every `stride`-th GPU of a rank, and under DualPipe of the
// mirrored rank.
SentAtOnce list_gradients(const Shape& s, std::int64_t stride, std::int64_t size, bool mirrored,
                          const topology::Placement& placement) {
  TrafficWriter out(placement);
  std::uint32_t group = 0;
  for (std::int64_t r = 0; r < (mirrored ? s.ranks / 2 : s.ranks); ++r)
    for (std::int64_t e = 0; e < stride; ++e) {
      std::vector<std::int64_t> holders;
      for (std::int64_t i = e; i < s.width; i += stride) holders.push_back(r * s.width + i);
      if (mirrored)
        for (std::int64_t i = e; i < s.width; i += stride) holders.push_back((s.ranks - 1 - r) * s.width + i);
      for (std::size_t first = 0; first < holders.size(); first += index(size), ++group) {
        const auto from = holders.begin() + static_cast<std::ptrdiff_t>(first);
        const auto to =
            holders.begin() + static_cast<std::ptrdiff_t>(std::min(first + index(size), holders.size()));
        add_rings(nodes_of({from, to}, s.node), group, out);
      }
    }
  return out.take();
}

}  // namespace

std::array<SentAtOnce, traffic_classes> list_step_traffic(const model::TransformerSpec& model,
                                                          const plan::PlanSpec& plan,
                                                          const topology::ClusterSpec& cluster,
                                                          const topology::Placement& placement) {
  const std::int64_t held = plan::stages_per_rank(plan.schedule, plan.virtual_stages);
  const Shape shape{static_cast<std::int64_t>(plan.stages.size()) / held,
                    plan.data * plan.context * plan.tensor, cluster.nvlink_gpus()};
  const bool mirrored = plan.schedule == plan::Schedule::dualpipe;
  const bool around = plan.schedule == plan::Schedule::interleaved && plan.virtual_stages > 1;
  const auto shards = plan::shards_of(plan);
  const bool routed = model.moe.experts > 0;
  const std::int64_t span = plan.expert * plan.expert_tensor;
  return {routed ? list_exchanges(shape, span, placement) : SentAtOnce{},
          list_pipelines(shape, around, placement),
          list_gradients(shape, plan.tensor, shards.dense, mirrored, placement),
          routed ? list_gradients(shape, span, shards.expert, mirrored, placement) : SentAtOnce{}};
}

}  // namespace foretrain::cluster
