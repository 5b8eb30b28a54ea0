#include "cluster/chunks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <string>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "cluster/attention_draws.hpp"
#include "cluster/routed_loads.hpp"
#include "network/normal_quantile.hpp"

namespace foretrain::cluster {
namespace {

using plan::Action;

void find_kinds(const std::vector<std::vector<model::Unit>>& stages, ChunkPools& pools) {
  for (const auto& units : stages) {
    const auto found = std::find(pools.units_of_kind.begin(), pools.units_of_kind.end(), units);
    pools.kind_of_stage.push_back(static_cast<std::int32_t>(found - pools.units_of_kind.begin()));
    if (found == pools.units_of_kind.end()) pools.units_of_kind.push_back(units);
  }
}

Rng stream_of(const ChunkInputs& inputs, const std::string& what, const ChunkKey& key) {
  return Rng(inputs.seed, what + "/" + std::to_string(static_cast<int>(key.action)) + "/" +
                              std::to_string(key.forward_kind) + "/" + std::to_string(key.backward_kind));
}

// One factor a compute block, normal around 1 and never below a half; the largest of those who meet at the
// block's collectives.
std::vector<double> draw_jitter(const ChunkInputs& inputs, const ChunkKey& key, const GroupWork& work) {
  Rng rng = stream_of(inputs, "jitter", key);
  std::vector<double> factors(work.chunk.segments.size() *
                              static_cast<std::size_t>(work.ranks * work.repetitions));
  const std::int32_t meeting = std::max(1, inputs.collective_ranks / inputs.exchange_ranks);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    if (work.chunk.segments[i % work.chunk.segments.size()].is_exchange) continue;
    for (std::int32_t r = 0; r < meeting; ++r)
      factors[i] = std::max({factors[i], 0.5, 1 + inputs.kernel_jitter * rng.normal()});
  }
  return factors;
}

// Enough of them that unlike micro-batches are told apart where few GPUs are simulated.
std::int32_t count_repetitions(const ChunkInputs& inputs, const ChunkKey& key) {
  if (!inputs.drawn()) return 1;  // all samples are alike
  const auto asked = key.action == Action::pair ? inputs.repetitions.pair : inputs.repetitions.lone;
  if (inputs.attention_loads.empty()) return asked;
  return std::max(asked, 64 / held_together(inputs, inputs.simulated_ranks()));
}

// Excess of the slowest of a group's GPUs that all but one group in ten, or only one in a hundred, stays
// below.
double excess_below(const ChunkInputs& inputs, double share) {
  return inputs.gpu_spread * network::normal_quantile(std::pow(share, 1.0 / inputs.group_ranks));
}

// SM-bound kernel time of each GPU of a group, relative to the mean chip's, less one: normal scores in random
// order, the slowest replaced.
std::vector<double> list_chips(const ChunkInputs& inputs, double slowest) {
  const auto ranks = static_cast<std::size_t>(inputs.simulated_ranks());
  std::vector<double> excess(ranks);
  for (std::size_t r = 0; r < ranks; ++r)
    excess[r] = inputs.gpu_spread *
                network::normal_quantile((static_cast<double>(r) + 0.5) / static_cast<double>(ranks));
  excess.back() = slowest;
  Rng rng(inputs.seed, "chips");
  for (std::size_t r = ranks; r > 1; --r) std::swap(excess[r - 1], excess[rng.uniform(r)]);
  return excess;
}

// The slowest chip of one group of the step.
double draw_slowest(const ChunkInputs& inputs, std::size_t rank, std::int32_t group) {
  Rng rng(inputs.seed, "chips/" + std::to_string(rank) + "/" + std::to_string(group));
  double most = inputs.gpu_spread * rng.normal();
  for (std::int32_t r = 1; r < inputs.group_ranks; ++r)
    most = std::max(most, inputs.gpu_spread * rng.normal());
  return most;
}

std::vector<RoutingDraw> draw_routing(const ChunkInputs& inputs, const ChunkKey& key, std::size_t count) {
  Rng rng = stream_of(inputs, "routing", key);
  std::vector<RoutingDraw> draws(count);
  for (auto& draw : draws) draw = draw_rows(rng, inputs);
  return draws;
}

std::vector<UnitTimes> pick(const std::vector<UnitTimes>& prices, const std::vector<model::Unit>& units) {
  std::vector<UnitTimes> times;
  for (const model::Unit unit : units) times.push_back(prices[static_cast<std::size_t>(unit)]);
  return times;
}

}  // namespace

UnitPrices price_units(const ChunkInputs& inputs) {
  UnitPrices prices;
  constexpr auto kinds = model::unit_count;
  prices.alone.resize(kinds);
  prices.paired.resize(kinds);
  for (const auto& stage : inputs.stages)
    for (const model::Unit unit : stage) {
      const auto u = static_cast<std::size_t>(unit);
      if (!prices.alone[u].blocks[0].empty()) continue;
      const bool sharded = inputs.parameters != Parameters::held;
      const bool recomputes = inputs.work.recompute.layers || model::plain(unit) != unit;
      const auto& context = model::is_windowed(unit) ? inputs.context_window : inputs.context;
      ComputeConditions alone{.sms_beside = sharded ? inputs.nccl_sms : 0,
                              .hbm_taken = inputs.hbm_taken_alone,
                              .sources = inputs.sources,
                              .attention_forward_extra = context.forward,
                              .attention_backward_extra = context.backward,
                              .collectives = inputs.collectives,
                              .host_launch = inputs.host_launch,
                              .host_recompute = recomputes ? inputs.host_recompute : seconds(0),
                              .graphs = inputs.graphs};
      ComputeConditions paired = alone;
      paired.sms_taken = inputs.communication_sms;
      paired.hbm_taken = inputs.hbm_taken_beside;
      prices.alone[u] = price_unit(*inputs.model, unit, inputs.work, *inputs.gpu, alone);
      if (inputs.pairs) prices.paired[u] = price_unit(*inputs.model, unit, inputs.work, *inputs.gpu, paired);
    }
  return prices;
}

ChunkKey ChunkPools::key_of(const plan::Instruction& i) const {
  ChunkKey key{.action = i.action};
  if (i.forward_stage >= 0) key.forward_kind = kind_of_stage[static_cast<std::size_t>(i.forward_stage)];
  if (i.backward_stage >= 0) key.backward_kind = kind_of_stage[static_cast<std::size_t>(i.backward_stage)];
  return key;
}

const ChunkSample& ChunkPools::sample_of(const plan::Instruction& instruction, std::uint64_t draw) const {
  const auto found = samples.find(key_of(instruction));
  check(found != samples.end(), "every chunk of the program was simulated");
  return found->second[draw % found->second.size()];
}

const ChunkSample& ChunkPools::sample_of(const plan::Program& program, std::uint64_t seed, std::int32_t group,
                                         std::size_t rank, std::size_t instruction) const {
  const plan::Instruction& i = program.per_rank[rank][instruction];
  if (!by_micro_batch || i.action == Action::pair)
    return sample_of(i, draw_of(seed, group, rank, instruction));
  const auto micro_batch = std::max(i.forward_micro_batch, i.backward_micro_batch);  // one of them is none
  return sample_of(i, draw_of(seed, group, 0, static_cast<std::size_t>(micro_batch)));
}

GroupWork group_work(const ChunkInputs& inputs, const UnitPrices& prices, const ChunkPools& pools,
                     const ChunkKey& key, std::int32_t repetitions) {
  const bool paired = key.action == Action::pair;
  GroupWork work;
  std::vector<model::Unit> forward, backward;
  if (key.forward_kind >= 0) forward = pools.units_of_kind[static_cast<std::size_t>(key.forward_kind)];
  if (key.backward_kind >= 0) backward = pools.units_of_kind[static_cast<std::size_t>(key.backward_kind)];
  const ChunkTraits traits{inputs.parameters, inputs.work.recompute.layers};
  work.chunk = list_segments(key.action, forward, backward, traits);
  work.gather = inputs.gather;
  work.scatter = inputs.scatter;
  work.forward = pick(paired ? prices.paired : prices.alone, forward);
  work.backward = pick(paired ? prices.paired : prices.alone, backward);
  work.exchange = paired ? inputs.exchange_beside : inputs.exchange_alone;
  work.barrier = inputs.barrier;
  work.mean_rows = static_cast<double>(inputs.work.routed_rows);
  work.repetitions = repetitions;
  if (inputs.identical()) return work;
  work.ranks = inputs.simulated_ranks();
  if (inputs.gpu_spread > 0) work.slowness = list_chips(inputs, pools.fast);
  if (inputs.kernel_jitter > 0) work.jitter = draw_jitter(inputs, key, work);
  if (!inputs.attention_loads.empty()) {
    const Rng same(inputs.seed, "documents");  // the n-th sample is of the same micro-batches in every kind
    work.attention = draw_attention(inputs, work, paired ? stream_of(inputs, "forward documents", key) : same,
                                    paired ? stream_of(inputs, "backward documents", key) : same);
  }
  if (inputs.routing_spread > 0)
    work.draws = draw_routing(inputs, key, static_cast<std::size_t>(repetitions) * work.chunk.draws);
  return work;
}

ChunkPools simulate_chunks(const ChunkInputs& inputs, const UnitPrices& prices,
                           const std::vector<const plan::Program*>& programs) {
  ChunkPools pools;
  find_kinds(inputs.stages, pools);
  pools.by_micro_batch = !inputs.attention_loads.empty();
  pools.fast = excess_below(inputs, 0.1);
  pools.slow = excess_below(inputs, 0.99);
  std::set<ChunkKey> keys;
  for (const auto* program : programs)
    for (const auto& rank : program->per_rank)
      for (const auto& instruction : rank) keys.insert(pools.key_of(instruction));
  for (const ChunkKey& key : keys) {
    GroupWork work = group_work(inputs, prices, pools, key, count_repetitions(inputs, key));
    const GroupResult fast = simulate_group(work);
    auto& samples = pools.samples[key] = fast.samples;
    pools.events += fast.events;
    pools.fingerprint = hash_number(fast.fingerprint, pools.fingerprint);
    if (work.slowness.empty()) continue;
    work.slowness = list_chips(inputs, pools.slow);
    const GroupResult slow = simulate_group(work);
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i].longer = slow.samples[i].duration - samples[i].duration;
    pools.events += slow.events;
    pools.fingerprint = hash_number(slow.fingerprint, pools.fingerprint);
  }
  return pools;
}

std::uint64_t draw_of(std::uint64_t seed, std::int32_t group, std::size_t rank, std::size_t instruction) {
  std::uint64_t h = hash_number(static_cast<std::uint64_t>(group), hash_number(seed));
  h = hash_number(rank, h);
  return hash_number(instruction, h) >> 16;  // the low bits of FNV-1a mix least
}

namespace {

// Where the slowest chip of a group puts it on the line through the two groups that were simulated.
double way_of(const ChunkInputs& inputs, const ChunkPools& pools, std::size_t rank, std::int32_t group) {
  if (inputs.gpu_spread <= 0) return 0;
  return (draw_slowest(inputs, rank, group) - pools.fast) / (pools.slow - pools.fast);
}

// Work of each rank in ns: for a fast group, and what a slow one adds.
struct RankWork {
  double fast = 0, longer = 0;
};
// Of one group's draws, or of the first samples.
std::vector<RankWork> works_of(const ChunkInputs& inputs, const ChunkPools& pools,
                               const plan::Program& program, std::optional<std::int32_t> group) {
  std::vector<RankWork> works;
  for (std::size_t r = 0; r < program.per_rank.size(); ++r) {
    auto& work = works.emplace_back();
    const auto& list = program.per_rank[r];
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto& sample =
          group ? pools.sample_of(program, inputs.seed, *group, r, i) : pools.sample_of(list[i], 0);
      work.fast += static_cast<double>(sample.duration.count());
      work.longer += static_cast<double>(sample.longer.count());
    }
  }
  return works;
}

}  // namespace

ChunkTimes list_durations(const ChunkInputs& inputs, const ChunkPools& pools, const plan::Program& program,
                          const std::vector<std::int32_t>& groups) {
  ChunkTimes times(groups.size());
  for (std::size_t lane = 0; lane < groups.size(); ++lane) {
    auto& ranks = times[lane];
    ranks.resize(program.per_rank.size());
    for (std::size_t r = 0; r < program.per_rank.size(); ++r) {
      const auto& list = program.per_rank[r];
      const double way = way_of(inputs, pools, r, groups[lane]);
      ranks[r].reserve(list.size());
      for (std::size_t i = 0; i < list.size(); ++i) {
        const ChunkSample& sample = pools.sample_of(program, inputs.seed, groups[lane], r, i);
        const auto more = std::llround(way * static_cast<double>(sample.longer.count()));
        ranks[r].push_back(std::max(sim::Ticks{}, sample.duration + sim::Ticks{more}));
      }
    }
  }
  return times;
}

std::vector<std::int32_t> slowest_groups(const ChunkInputs& inputs, const ChunkPools& pools,
                                         const plan::Program& program, std::int32_t groups,
                                         std::size_t most) {
  std::vector<std::int32_t> all(static_cast<std::size_t>(groups));
  std::iota(all.begin(), all.end(), 0);
  if (all.size() <= most) return all;
  const bool unlike = !inputs.attention_loads.empty();  // then each group's draws tell, else one for all
  const std::vector<RankWork> same = works_of(inputs, pools, program, std::nullopt);
  std::vector<double> looks(all.size());
  for (const std::int32_t g : all) {
    const auto works = unlike ? works_of(inputs, pools, program, g) : same;
    double sum = 0, largest = 0;
    for (std::size_t r = 0; r < works.size(); ++r) {
      const double work = works[r].fast + way_of(inputs, pools, r, g) * works[r].longer;
      sum += work;
      largest = std::max(largest, work);
    }
    looks[static_cast<std::size_t>(g)] = largest + (sum - largest) / program.micro_batches;
  }
  std::stable_sort(all.begin(), all.end(), [&](std::int32_t a, std::int32_t b) {
    return looks[static_cast<std::size_t>(a)] > looks[static_cast<std::size_t>(b)];
  });
  all.resize(most);
  return all;
}

}  // namespace foretrain::cluster
