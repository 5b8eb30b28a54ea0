#pragma once
// What the collectives inside a layer cost on this cluster: who takes part, over which links, and how much of
// their time shows. An op list names only pattern, group, bytes, and what a collective may run beside
// (base/communication.hpp); the software says whether it does (plan::TensorOverlap).
//
// Among p GPUs, a collective of time c beside a GEMM of time g(tokens, outputs); what follows is added to g:
//   in a ring, p pieces      e + (p - 1) max(e, c / (p - 1)) - g, and where it reduces, the kernel that
//                            sums the p parts; e = (g + loss (p g(m / p, n) - g)) / p
//   reduced in q pieces      e + (q - 1) max(e, r) + r - g; e = g(m, n / q) on the SMs that are left, r a
//                            reduce-scatter of a q-th
//   beside the whole GEMM    max(0, c - g) + min(1, c / g) (g on the SMs that are left - g)
//
// The forms are those of Transformer Engine's userbuffers (NVIDIA/TransformerEngine@015939a,
// transformer_engine/common/comm_gemm_overlap/comm_gemm_overlap.cpp: split_overlap_ag and split_overlap_rs of
// the two classes, bulk_overlap). g of a piece comes from the GEMM's own efficiency curve; ring pieces run on
// several streams as they arrive, so that one may fill the last wave of another (`loss`). Left out: memory
// bandwidth that copies take; that sends of a ring may be slower or faster than a (p - 1)th of NCCL's
// collective.

#include <span>

#include "base/communication.hpp"
#include "hardware/kernel_cost.hpp"
#include "model/ops.hpp"
#include "network/priced.hpp"
#include "plan/plan.hpp"

namespace foretrain::cluster {

struct Collectives {
  network::GroupShape tensor, expert_tensor;
  network::LinkSpeeds speeds;
  plan::TensorOverlap overlap;  // scheme none where the layout overlaps nothing
  bool free = false;            // they take no time
};

// Ranks are numbered tensor first, so both groups are neighbours.
Collectives collectives_of(const plan::PlanSpec& plan, const plan::SoftwareSpec& software,
                           const network::LinkSpeeds& speeds, std::int64_t gpus_per_node);

// A collective's own time, nothing beside it.
Seconds whole_time(const Communication& communication, const Collectives& among);

// What a communication adds to its list: all of its time, or, beside a GEMM, what it waits for and what the
// GEMM loses. What is gathered runs beside the next GEMM, what is reduced beside the one before (the sum of
// an input gradient beside the weight gradient, which has as many FLOPs). Never negative. Precondition: `op`
// lies in `list` and communicates.
Seconds exposed_time(const model::Op& op, std::span<const model::Op> list, const Collectives& among,
                     const hardware::GpuSpec& gpu, const hardware::Conditions& conditions);

}  // namespace foretrain::cluster
