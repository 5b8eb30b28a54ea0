#pragma once
// The makers behind plan::list_program: one function a schedule, each returning a whole Program. They assume
// that why_not(...) was empty. Not here: any notion of time; that is cluster/pipeline.hpp.

#include "plan/schedule.hpp"

namespace foretrain::plan::schedules {

Program one_f_one_b(std::int32_t stages, std::int32_t micro_batches);
Program zb1p(std::int32_t stages, std::int32_t micro_batches);
Program dualpipe(std::int32_t stages, std::int32_t micro_batches);
Program dualpipe_v(std::int32_t stages, std::int32_t micro_batches);
Program gpipe(std::int32_t stages, std::int32_t micro_batches);
Program interleaved(std::int32_t stages, std::int32_t micro_batches, std::int32_t virtual_stages);

// Micro-batches that a chunk of the interleaved schedule takes in a row before the rank turns to its next
// chunk: `ranks`, or the smallest larger group that leaves a remainder Megatron-Core accepts.
std::int64_t interleaved_group(std::int64_t ranks, std::int64_t micro_batches);

// A program whose rank r holds stage r alone and whose lists are still empty.
Program straight_pipeline(std::int32_t stages, std::int32_t micro_batches);

Instruction forward(std::int32_t stage, std::int32_t micro_batch);
Instruction backward(std::int32_t stage, std::int32_t micro_batch, Action action = Action::backward);

// One of the two streams of micro-batches that cross a DualPipe rank: they are first, first + 1, ... and meet
// the rank at `stage`.
struct Stream {
  std::int32_t stage = 0, first_micro_batch = 0;
};

// The eight steps of one rank under DualPipe and DualPipeV, which differ only in what their two streams are.
// `near` is the distance h of the rank from the entrance of stream 0, of `half` such places; each stream
// carries `count` micro-batches.
std::vector<Instruction> eight_steps(std::int32_t near, std::int32_t half, std::int32_t count, Stream zero,
                                     Stream one);

}  // namespace foretrain::plan::schedules
