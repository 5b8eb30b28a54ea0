#include "cluster/routed_loads.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "cluster/index.hpp"
#include "network/row_spread.hpp"

namespace foretrain::cluster {
namespace {

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

// Relative to the mean; a node has the mean of its GPUs.
RoutingDraw loads_of(std::vector<double> padded, const ChunkInputs& inputs) {
  const auto mean = static_cast<double>(inputs.work.routed_rows);
  const std::size_t ranks = padded.size();
  RoutingDraw draw{std::move(padded), std::vector<double>(ranks)};
  for (double& load : draw.gpu_load) load /= mean;
  const auto width = static_cast<std::size_t>(std::min(inputs.ranks_per_node, inputs.exchange_ranks));
  for (std::size_t first = 0; first < ranks; first += width) {
    const std::size_t last = std::min(ranks, first + width);
    double sum = 0;
    for (std::size_t r = first; r < last; ++r) sum += draw.gpu_load[r];
    for (std::size_t r = first; r < last; ++r) draw.node_load[r] = sum / static_cast<double>(last - first);
  }
  return draw;
}

// Tokens of every expert, each padded by itself, on the GPUs that hold it.
RoutingDraw draw_experts(Rng& rng, const StepSpec& spec, const ChunkInputs& inputs,
                         const network::Chances& chances) {
  const std::int64_t copies = spec.plan->expert_tensor;  // GPUs that share an expert
  const double choices = inputs.unpadded_rows * static_cast<double>(inputs.exchange_ranks);
  const auto tokens = std::llround(choices / static_cast<double>(spec.model->moe.top_k * copies));
  const auto counts = network::draw_tokens(rng, chances, tokens);
  std::vector<double> padded(index(inputs.exchange_ranks), 0);
  for (std::size_t e = 0; e < counts.size(); ++e) {
    const std::int64_t rows = (counts[e] + row_padding - 1) / row_padding * row_padding;
    const std::size_t first = e / index(inputs.work.local_experts) * index(copies);
    for (std::size_t r = first; r < first + index(copies); ++r) padded[r] += static_cast<double>(rows);
  }
  return loads_of(std::move(padded), inputs);
}

network::Chances shuffled(network::Chances chances, Rng rng) {
  for (std::size_t e = chances.size(); e > 1; --e) std::swap(chances[e - 1], chances[rng.uniform(e)]);
  return chances;
}

// The chances of one layer's experts without balancing, the most popular first unless they were counted.
network::Chances chances_of(const model::Popularity& popularity, std::size_t layer, std::int64_t experts,
                            double top_k) {
  using enum model::Popularity::Kind;
  if (popularity.kind == zipf) return network::zipf_chances(experts, top_k, popularity.exponent);
  if (popularity.kind == hot) return network::hot_chances(experts, top_k, popularity.times);
  const bool counted = layer < popularity.tokens.size() && !popularity.tokens[layer].empty();
  return network::chances_of(counted ? popularity.tokens[layer] : std::vector<double>(index(experts), 1),
                             top_k);
}

}  // namespace

RoutingDraw draw_rows(Rng& rng, const ChunkInputs& inputs) {
  const auto rows = network::sample_rows(rng, inputs.exchange_ranks, inputs.unpadded_rows,
                                         inputs.routing_spread, {inputs.work.local_experts, row_padding});
  std::vector<double> padded;
  for (const auto& rank : rows) padded.push_back(rank.padded);
  return loads_of(std::move(padded), inputs);
}

std::int32_t most_routed_layers(const ChunkInputs& inputs) {
  std::ptrdiff_t most = 0;
  for (const auto& stage : inputs.stages)
    most = std::max(most, std::count_if(stage.begin(), stage.end(), has_exchange));
  return static_cast<std::int32_t>(most);
}

RoutedExperts list_experts(const StepSpec& spec, const ChunkInputs& inputs,
                           const model::Popularity& popularity) {
  using enum model::Popularity::Kind;
  RoutedExperts experts;
  if (inputs.exchange_ranks == 1 || spec.plan->capacity_factor > 0) return experts;
  experts.drawn = popularity.kind == stated ? inputs.routing_spread > 0 : popularity.kind != balanced;
  if (popularity.kind == stated || popularity.kind == balanced) return experts;
  std::size_t layer = 0;
  const bool alike = popularity.kind != counts;  // all layers but for the order of their experts
  for (const auto& stage : inputs.stages) {
    experts.first_layer.push_back(layer);
    for (const auto unit : stage) {
      if (!has_exchange(unit)) continue;
      if (!alike || layer == 0)
        experts.chances.push_back(
            network::balanced_by_bias(chances_of(popularity, layer, spec.model->moe.experts,
                                                 static_cast<double>(spec.model->moe.top_k)),
                                      popularity.balancing_steps, popularity.balancing_rate));
      else
        experts.chances.push_back(experts.chances.front());
      ++layer;
    }
  }
  for (std::size_t l = 0; alike && l < layer; ++l)
    experts.chances[l] =
        shuffled(std::move(experts.chances[l]), Rng(spec.seed, fmt::format("experts/{}", l)));
  return experts;
}

std::vector<RoutedLoad> draw_loads(const StepSpec& spec, const ChunkInputs& inputs, const UnfoldedStep& step,
                                   const ReplicaWork& work) {
  std::vector<RoutedLoad> loads;
  if (!step.experts.drawn || step.plan.layers == 0) return loads;
  const auto draw = [&](Rng& rng, std::int32_t stage, std::int32_t layer) {
    if (step.experts.chances.empty()) return draw_rows(rng, inputs);
    const std::size_t number = step.experts.first_layer[index(stage)] + index(layer);
    return draw_experts(rng, spec, inputs,
                        step.experts.chances[std::min(number, step.experts.chances.size() - 1)]);
  };
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
          add_loads(draw(rng, stage, layer), work, ranks, rank, group * lanes_per_group, width,
                    next + index(layer) * lanes);
      }
      next += index(step.plan.layers) * lanes;
    }
  return loads;
}

}  // namespace foretrain::cluster
