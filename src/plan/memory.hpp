#pragma once
// The memory of one GPU of a pipeline rank, term by term. An infeasible plan is an answer: the term that
// breaks it.
//
//   weights     BF16 parameters of every stage the rank holds (two under DualPipe, several with virtual
//               stages), cut by tensor and expert parallelism (plan/parameters.hpp)
//   gradients   FP32 (or as the profile reduces them), one for each of these parameters
//   optimizer   master weight and moments, bytes a parameter from the software profile; in host memory with
//               the gradients they were updated by, where the plan puts them there
//   activations what the op lists keep, for the micro-batches in flight at the rank's worst moment
//   the rest    buffers of the exchange and the pipeline, keys and values that context parallelism gathers,
//               temporaries of one block, a reserve passed in
//
// ZeRO 1 shares the optimizer's states among the GPUs that hold the same parameters, ZeRO 2 the gradients
// too, ZeRO 3 the weights too, within its shard group: two units' weights are then gathered at a time, the
// one that computes and the next, and one unit's gradients are whole (arXiv:1910.02054, section 5;
// arXiv:2304.11277, section 3). Kept activations are those of arXiv:2205.05198 where the lists are the
// standard ones.
//
// Left out: fragmentation beyond the reserve, and the difference between a stored W chunk and a whole one (a
// zero-bubble schedule's pending weight gradients are counted with all their activations).

#include <cstdint>
#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "plan/schedule.hpp"

namespace foretrain::plan {

struct MemoryTerm {
  std::string name;
  Bytes bytes{};
  std::string how;  // the arithmetic in words
};

struct MemoryReport {
  std::vector<MemoryTerm> terms;
  Bytes total{}, limit{};
  Bytes host{};  // of this GPU in host memory; nothing where the optimizer is not there
};

struct StageLoad {
  std::int32_t stage = 0;
  double chunks = 0;  // micro-batches of this stage whose activations are kept
};

struct UnitMemory {     // of one micro-batch, by the op lists
  Bytes kept{};         // from its forward until its backward
  Bytes temporaries{};  // all that the largest block of its backward writes
};
// By model::Unit, those that the plan's stages hold: listed once for all ranks.
std::vector<UnitMemory> list_unit_memory(const model::TransformerSpec& model, const PlanSpec& plan,
                                         const model::Work& work);

struct MemoryInputs {
  const model::TransformerSpec* model = nullptr;
  const PlanSpec* plan = nullptr;  // with its stages
  model::Work work;                // of one micro-batch at mean load
  std::vector<UnitMemory> units;   // list_unit_memory's; empty: listed anew
  std::vector<StageLoad> held;     // every stage on this rank, at the worst moment
  // FP32 master weight and two BF16 moments (arXiv:2412.19437, section 3.3.2)
  double optimizer_bytes_per_parameter = 4 + 2 + 2;
  double gradient_bytes_per_parameter = 4;
  bool eight_bit_weights = false;  // linear layers keep no BF16 weight: what is gathered has 8 bits
  TokenExchange exchange = TokenExchange::deepep;
  Bytes reserve{};  // CUDA context, NCCL channels, allocator slack
  std::string reserve_source;
  Bytes limit{};
};

// What the micro-batches in flight keep, and a rank's total with it instead of the worst moment's.
struct KeptBytes {
  Bytes layers{}, heads{};
};
KeptBytes kept_in_flight(const PlanSpec& plan, const std::vector<UnitMemory>& units,
                         const std::vector<StageLoad>& held);
Bytes total_with(const MemoryReport& report, const KeptBytes& kept);

MemoryReport memory_of_rank(const MemoryInputs& inputs);

// The term at which the sum, in the report's order, first exceeds the limit; empty when all fit.
std::string breaking_term(const MemoryReport& report);

// Activation bytes of one micro-batch for each stage, by the op lists.
std::vector<Bytes> kept_by_stage(const model::TransformerSpec& model, const PlanSpec& plan,
                                 const model::Work& work);
std::vector<Bytes> kept_by_stage(const PlanSpec& plan, const std::vector<UnitMemory>& units);

// Every stage of a rank with nothing in flight, and what an instruction's begin and end change: F counts from
// its start to the end of B or W.
std::vector<StageLoad> no_load(const Program& program, std::size_t rank);
void begin(const Instruction& instruction, std::vector<StageLoad>& loads);
void end(const Instruction& instruction, std::vector<StageLoad>& loads);
Bytes sum_of(const std::vector<StageLoad>& loads, const std::vector<Bytes>& kept);

// What a rank holds at the moment when its program keeps the most bytes: stages with micro-batches in flight,
// counted from the start of F to the end of B or W, as plan::peak_activations does. Stages without any are
// listed with 0.
std::vector<StageLoad> load_at_peak(const Program& program, std::size_t rank, const std::vector<Bytes>& kept);

}  // namespace foretrain::plan
