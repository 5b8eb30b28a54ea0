#pragma once
// Stage programs: what each pipeline rank does in which order, as lists. A new schedule is one function (one
// file under schedules/) that returns a Program; no class, no hook, no simulator change.
//
// A stage is a position in the model, a rank is a place in the pipeline. Under DualPipe rank r holds stage r
// of the forward direction and stage P-1-r of the mirror direction; under DualPipeV rank r of P/2 holds
// stages r and P-1-r; under interleaved 1F1B rank r of P holds stages r, r + P, r + 2P, ...

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace foretrain::plan {

enum class Action : std::uint8_t {
  forward,         // F
  backward,        // B = I + W
  input_backward,  // I alone; its W is stored
  weight,          // one stored W
  pair,            // F of one micro-batch overlapped with B of another (atomic: starts when both inputs are
                   // there, releases both outputs at its end)
};

struct Instruction {
  Action action{};
  std::int32_t forward_stage = -1, forward_micro_batch = -1;    // forward and pair
  std::int32_t backward_stage = -1, backward_micro_batch = -1;  // backward, input_backward, weight and pair
};

struct Program {
  std::int32_t stages = 0, ranks = 0, micro_batches = 0;
  std::vector<std::vector<Instruction>> per_rank;
  std::vector<std::vector<std::int32_t>> rank_of;  // [direction][stage] -> rank
  std::vector<std::uint8_t> direction;             // [micro_batch] -> direction (0 or 1)

  std::int32_t rank_at(std::int32_t stage, std::int32_t micro_batch) const {
    return rank_of[direction[static_cast<std::size_t>(micro_batch)]][static_cast<std::size_t>(stage)];
  }
};

// Every schedule by its name, in the order of the enum.
std::vector<std::string> schedule_names();
// By that name or another one in use ("zb-h1" is zb1p); nothing when it is none.
std::optional<Schedule> schedule_named(std::string_view name);

// Whether B comes in two parts, I and W, that a rank runs apart.
bool splits_backward(Schedule schedule);

// Stages that a rank holds, of which there are stages / that many ranks: 2 under DualPipeV, `virtual_stages`
// under interleaved 1F1B, 1 else. DualPipe's second copy of another stage is no stage of its own.
std::int64_t stages_per_rank(Schedule schedule, std::int64_t virtual_stages = 1);

// Below, `stages` counts positions in the model, and `virtual_stages` is for interleaved 1F1B alone: every
// other schedule wants 1.

// Why a schedule cannot run `micro_batches` on `stages`; empty when it can.
std::string why_not(Schedule schedule, std::int64_t stages, std::int64_t micro_batches,
                    std::int64_t virtual_stages = 1);

// The micro-batch count nearest to the one asked for that suits the schedule (0: these stages suit none).
std::int64_t nearest_micro_batches(Schedule schedule, std::int64_t stages, std::int64_t micro_batches,
                                   std::int64_t virtual_stages = 1);

// Precondition: why_not(...) is empty. O(stages * micro_batches) instructions.
Program list_program(Schedule schedule, std::int32_t stages, std::int32_t micro_batches,
                     std::int32_t virtual_stages = 1);

// The most activations of one chunk (one stage's share of the model) that a rank keeps at a time: P for 1F1B
// and ZB1P, P + 1 for DualPipe and DualPipeV (README.md of deepseek-ai/DualPipe@3da1bbe, "activations per
// device"), all micro-batches for GPipe; for interleaved 1F1B on P ranks v P + P - 1, which is the
// (1 + (P - 1) / (P v)) P stages' worth of Korthikanti et al. 2022 (arXiv:2205.05198, section 5), more where
// the micro-batches do not come in groups of P.
std::int64_t activation_limit(Schedule schedule, std::int64_t stages, std::int64_t micro_batches,
                              std::int64_t virtual_stages = 1);

// The same as a program really does it: for each rank, the largest number of chunks whose forward has begun
// and whose B or W has not ended. A pair holds both of its micro-batches. Needs no clock: a rank's order is
// fixed.
std::vector<std::int32_t> peak_activations(const Program& program);

// "F of stage 3, micro-batch 7", for messages.
std::string to_text(const Instruction& instruction);

// Checks a program with no clock: each F, B (or I and W) exactly once per stage and micro-batch, B after F
// and W after I on its rank, no cycle across ranks, activations in flight within `activation_limit` chunks on
// every rank (0 = no limit). Returns the faults found, empty when the program is right.
std::vector<std::string> verify(const Program& program, std::int64_t activation_limit = 0);

}  // namespace foretrain::plan
