#pragma once
// How long each kind of chunk takes on each kind of stage: every combination that a program uses is simulated
// by its expert-parallel group (group.hpp) a few times with fresh routing draws, and the program's chunks
// draw from these samples. Identical GPUs are folded: when routing is balanced one GPU stands for its group
// and one sample for all.
//
// Where chips differ but neither rows nor kernels vary, the slowest GPU of those that meet inside a chunk is
// late at every meeting, so it alone is simulated and stands for its group. GPUs that meet at collectives of
// tensor and context parallelism are not simulated one by one: a block then takes the longest of their draws.
//
// Where documents make micro-batches unlike (model/attention_loads.hpp), GPUs and samples take loads of equal
// shares of them in random order, so that their mean is kept; GPUs that share sequences take one. A
// micro-batch draws the same sample on every pipeline rank, forward and backward, since it is as long there;
// but for pairs, which hold two (unfolded.hpp keeps both). Left out: that GPUs which share parameters wait
// for one another's.
//
// Left out: correlation between the routing of successive layers (no source states one).

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <vector>

#include "cluster/context.hpp"
#include "cluster/group.hpp"
#include "cluster/pipeline.hpp"
#include "hardware/gpu.hpp"
#include "model/ops.hpp"
#include "plan/plan.hpp"
#include "plan/schedule.hpp"

namespace foretrain::cluster {

inline constexpr std::int64_t row_padding =
    128;  // rows of an expert are padded to it (DeepGEMM's contiguous layout)

// Samples a kind of chunk: pairs fill the step, so their mean must be steady; lone chunks are few.
struct Repetitions {
  std::int32_t pair = 4, lone = 2;
};

// What the chunks of one training stage have in common.
struct ChunkInputs {
  const model::TransformerSpec* model = nullptr;
  const hardware::GpuSpec* gpu = nullptr;
  model::Work work;          // at balanced load
  double unpadded_rows = 0;  // of it, without the padding of grouped GEMMs
  // Exposed exchange of context parallelism, per attention block; of layers with a sliding window.
  ContextExposed context, context_window;
  std::vector<std::vector<model::Unit>> stages;
  std::array<ExchangeTime, exchange_kinds> exchange_alone{},
      exchange_beside{};  // beside: in an overlapped pair
  Seconds barrier{};
  std::int64_t communication_sms = 0;  // held inside an overlapped pair
  std::int64_t nccl_sms = 0;           // held by a collective of gradients or parameters beside compute
  double hbm_taken_alone = 0, hbm_taken_beside = 0;
  // GPUs that wait for one another inside a chunk: of them, those that exchange tokens, and those that share
  // a layer's matrices or sequences.
  std::int32_t group_ranks = 1, exchange_ranks = 1, collective_ranks = 1;
  std::int32_t ranks_per_node = 8;
  Collectives collectives;   // of tensor parallelism
  Seconds host_launch{};     // what the host needs to launch one kernel
  Seconds host_recompute{};  // and to set up the recomputation of a whole layer
  plan::Graphs graphs;       // kernels that it does not launch
  bool pairs = true;         // a schedule may overlap a forward with a backward
  Parameters parameters = Parameters::held;
  std::vector<Seconds> gather, scatter;  // by model::Unit, where parameters are sharded
  double routing_spread = 0;             // relative standard deviation of rows; 0 = balanced
  double kernel_jitter = 0;              // relative standard deviation of a compute block's time
  double gpu_spread = 0;                // relative standard deviation of SM-bound kernel time from GPU to GPU
  std::vector<double> attention_loads;  // of micro-batches, ascending, of mean 1; empty: all alike
  bool drawn() const {                  // rows or kernels differ from draw to draw
    return routing_spread > 0 || kernel_jitter > 0 || !attention_loads.empty();
  }
  bool identical() const { return !drawn() && gpu_spread <= 0; }  // then one GPU stands for all
  std::int32_t simulated_ranks() const { return drawn() ? exchange_ranks : 1; }
  hardware::Sources sources = hardware::Sources::any;  // whose curves price the kernels
  Repetitions repetitions;
  std::uint64_t seed = 1;
};

struct ChunkKey {
  plan::Action action{};
  std::int32_t forward_kind = -1, backward_kind = -1;  // kinds of stages: equal stages share a kind
  friend auto operator<=>(const ChunkKey&, const ChunkKey&) = default;
};

// Every kind of unit of the model priced once: with the whole GPU, and inside an overlapped pair.
struct UnitPrices {
  std::vector<UnitTimes> alone, paired;  // by model::Unit; empty blocks where the model has no such unit
};
UnitPrices price_units(const ChunkInputs& inputs);

struct ChunkPools {
  std::vector<std::int32_t> kind_of_stage;              // [stage]
  std::vector<std::vector<model::Unit>> units_of_kind;  // [kind]
  std::map<ChunkKey, std::vector<ChunkSample>> samples;
  bool by_micro_batch = false;  // a micro-batch draws alike wherever it is not in a pair
  double fast = 0, slow = 0;    // excess of the slowest GPU of the two groups that were simulated
  std::uint64_t events = 0, fingerprint = 0;

  ChunkKey key_of(const plan::Instruction& instruction) const;
  const ChunkSample& sample_of(const plan::Instruction& instruction, std::uint64_t draw) const;
  // That of a program's instruction, for one group.
  const ChunkSample& sample_of(const plan::Program& program, std::uint64_t seed, std::int32_t group,
                               std::size_t rank, std::size_t instruction) const;
};

// Simulates every chunk kind that one of the programs uses.
ChunkPools simulate_chunks(const ChunkInputs& inputs, const UnitPrices& prices,
                           const std::vector<const plan::Program*>& programs);

// The work of one group for one key, as simulate_chunks runs it (for validation and op-level traces).
GroupWork group_work(const ChunkInputs& inputs, const UnitPrices& prices, const ChunkPools& pools,
                     const ChunkKey& key, std::int32_t repetitions);

// Which sample each chunk of a program takes: seeded, independent of the order of evaluation. A group waits
// for its slowest GPU, but hides some of it under exchanges and uneven rows; so every kind of chunk is
// simulated for a group whose slowest GPU is good and for one whose slowest is poor, and any other group lies
// on the line through the two.
ChunkTimes list_durations(const ChunkInputs& inputs, const ChunkPools& pools, const plan::Program& program,
                          const std::vector<std::int32_t>& groups);
std::uint64_t draw_of(std::uint64_t seed, std::int32_t group, std::size_t rank, std::size_t instruction);

// The groups worth running through the pipeline: all of them where they are few, else the `most` whose step
// looks longest. With T_r the work of rank r and n micro-batches,
//
//   looks = max_r T_r + (sum_r T_r - max_r T_r) / n
//
// the slowest rank's work and one micro-batch through every other: exact for 1F1B of stages with one
// bottleneck and free messages, and only a ranking here. The step ends with the slowest group, so groups that
// are left out can only make the step too short, by what the ranking gets wrong.
std::vector<std::int32_t> slowest_groups(const ChunkInputs& inputs, const ChunkPools& pools,
                                         const plan::Program& program, std::int32_t groups, std::size_t most);

}  // namespace foretrain::cluster
