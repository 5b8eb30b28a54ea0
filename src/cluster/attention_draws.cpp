#include "cluster/attention_draws.hpp"

#include <algorithm>

#include "hardware/kernel_cost.hpp"
#include "model/attention_loads.hpp"

namespace foretrain::cluster {

std::vector<double> attention_loads(const StepSpec& spec, const model::Documents& documents) {
  auto work = work_of(spec, {});
  model::TokenCosts costs;
  for (const double length : model::list_lengths(spec.sequence)) {
    work.pieces = {{length, 1}};
    const auto ops = model::list_ops(*spec.model, model::Unit::dense_layer, work);
    double cost = 0;
    for (const auto* list : {&ops.attention_f, &ops.attention_i})
      for (const auto& op : *list)
        if (op.kernel.family == Family::attention_forward || op.kernel.family == Family::attention_backward)
          cost += op.communication ? 0 : hardware::price(op.kernel, *spec.gpu, {}).busy.base();
    costs.push_back(cost);
  }
  return model::attention_loads(documents, spec.sequence, spec.plan->micro_batch, costs, spec.seed);
}

std::int32_t held_together(const ChunkInputs& inputs, std::int32_t ranks) {
  return std::max(1, ranks / std::max(1, inputs.collective_ranks));
}

namespace {

// The mean loads of as many equal shares of all micro-batches, shuffled.
std::vector<double> draw_shares(const std::vector<double>& loads, std::size_t count, Rng rng) {
  std::vector<double> drawn(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = i * loads.size() / count;
    const std::size_t end = std::max(first + 1, (i + 1) * loads.size() / count);
    for (std::size_t k = first; k < end; ++k) drawn[i] += loads[k] / static_cast<double>(end - first);
  }
  for (std::size_t i = count; i > 1; --i) std::swap(drawn[i - 1], drawn[rng.uniform(i)]);
  return drawn;
}

}  // namespace

std::vector<double> draw_attention(const ChunkInputs& inputs, const GroupWork& work, const Rng& forward,
                                   const Rng& backward) {
  const auto ranks = static_cast<std::size_t>(work.ranks);
  const auto held = static_cast<std::size_t>(held_together(inputs, work.ranks));
  const auto repetitions = static_cast<std::size_t>(work.repetitions);
  std::vector<double> factors(2 * ranks * repetitions);
  for (std::size_t side = 0; side < 2; ++side) {
    const auto drawn =
        draw_shares(inputs.attention_loads, held * repetitions, side == 0 ? forward : backward);
    for (std::size_t row = 0; row < ranks * repetitions; ++row)
      factors[2 * row + side] = drawn[row / ranks * held + row % ranks * held / ranks];
  }
  return factors;
}

}  // namespace foretrain::cluster
