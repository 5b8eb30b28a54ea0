#include "cluster/routed_loads.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "network/row_spread.hpp"

namespace foretrain::cluster {
namespace {

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

// What one draw means for the lanes of its group. A node waits for the most delayed of its group's NICs and
// a GPU for that of its node's NVLinks, since tokens come from all of them.
void add_loads(const RoutingDraw& draw, const ReplicaWork& work, std::size_t ranks, std::size_t rank,
               std::size_t first, std::size_t width, RoutedLoad* loads) {
  double late = 0;
  for (std::size_t k = 0; k < draw.gpu_load.size(); ++k) {
    const GpuTraits& traits = work.gpus[(first + k) * ranks + rank];
    if (traits.nic < 1) late = std::max(late, draw.node_load[k] / traits.nic);
  }
  for (std::size_t node = 0; node < draw.gpu_load.size(); node += width) {
    double later = 0;
    const std::size_t end = std::min(node + width, draw.gpu_load.size());
    for (std::size_t k = node; k < end; ++k) {
      const GpuTraits& traits = work.gpus[(first + k) * ranks + rank];
      if (traits.nvlink < 1) later = std::max(later, draw.gpu_load[k] / traits.nvlink);
    }
    for (std::size_t k = node; k < end; ++k)
      loads[first + k] = {draw.gpu_load[k], std::max(draw.node_load[k], late),
                          std::max(draw.gpu_load[k], later)};
  }
}

}  // namespace

RoutingDraw draw_rows(Rng& rng, const ChunkInputs& inputs) {
  const auto ranks = static_cast<std::size_t>(inputs.exchange_ranks);
  const auto mean = static_cast<double>(inputs.work.routed_rows);
  const auto rows = network::sample_rows(rng, inputs.exchange_ranks, inputs.unpadded_rows,
                                         inputs.routing_spread, {inputs.work.local_experts, row_padding});
  RoutingDraw draw;
  draw.gpu_load.resize(ranks);
  draw.node_load.resize(ranks);
  for (std::size_t r = 0; r < ranks; ++r) draw.gpu_load[r] = rows[r].padded / mean;
  const auto width = static_cast<std::size_t>(std::min(inputs.ranks_per_node, inputs.exchange_ranks));
  for (std::size_t first = 0; first < ranks; first += width) {
    const std::size_t last = std::min(ranks, first + width);
    double sum = 0;
    for (std::size_t r = first; r < last; ++r) sum += draw.gpu_load[r];
    for (std::size_t r = first; r < last; ++r) draw.node_load[r] = sum / static_cast<double>(last - first);
  }
  return draw;
}

std::int32_t most_routed_layers(const ChunkInputs& inputs) {
  std::ptrdiff_t most = 0;
  for (const auto& stage : inputs.stages)
    most = std::max(most, std::count_if(stage.begin(), stage.end(), has_exchange));
  return static_cast<std::int32_t>(most);
}

std::vector<RoutedLoad> draw_loads(const StepSpec& spec, const ChunkInputs& inputs, const UnfoldedStep& step,
                                   const ReplicaWork& work) {
  std::vector<RoutedLoad> loads;
  if (inputs.routing_spread <= 0 || step.plan.layers == 0) return loads;
  const auto& program = *step.plan.program;
  const std::size_t lanes = work.count.size(), ranks = program.per_rank.size();
  const auto lanes_per_group = index(step.shape.per_group / step.shape.per_lane);
  const auto width = index(std::min(inputs.ranks_per_node, inputs.exchange_ranks));
  loads.resize(index(program.stages) * index(program.micro_batches) * index(step.plan.layers) * lanes);
  RoutedLoad* next = loads.data();
  for (std::int32_t stage = 0; stage < program.stages; ++stage)
    for (std::int32_t micro = 0; micro < program.micro_batches; ++micro) {
      const auto rank = index(program.rank_at(stage, micro));
      for (std::size_t group = 0; group * lanes_per_group < lanes; ++group) {
        Rng rng(spec.seed, fmt::format("routing/{}/{}/{}/{}", work.number, group, stage, micro));
        for (std::int32_t layer = 0; layer < step.plan.layers; ++layer)
          add_loads(draw_rows(rng, inputs), work, ranks, rank, group * lanes_per_group, width,
                    next + index(layer) * lanes);
      }
      next += index(step.plan.layers) * lanes;
    }
  return loads;
}

}  // namespace foretrain::cluster
