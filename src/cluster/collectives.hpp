#pragma once
// What the collectives inside a layer cost on this cluster: who takes part, over which links, and how much of
// their time shows. An op list names only pattern, group and bytes (base/communication.hpp).
//
// Where the software runs a collective beside the GEMM next to it, a stated share is hidden
// (plan::SoftwareSpec::tensor_overlap), as far as that GEMM is long enough. Left out: the SMs that NCCL's
// kernels take from that GEMM meanwhile, which such a share already holds when it was measured as time saved.

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
  double hidden = 0;  // share of a collective that overlaps
  bool free = false;  // they take no time
};

// Ranks are numbered tensor first, so both groups are neighbours.
Collectives collectives_of(const plan::PlanSpec& plan, const plan::SoftwareSpec& software,
                           const network::LinkSpeeds& speeds, std::int64_t gpus_per_node);

// The part of a collective's time that its GPU waits for, when no more than `beside` of it can be hidden:
// whole - min(share hidden * whole, beside).
Seconds exposed_time(const Communication& communication, const Collectives& among, Seconds beside);

// The same of a communication in its list, beside the time of its GEMM: what is gathered, beside the next
// (ring exchange, or in bulk beside the input gradient); what is reduced, beside the one before (in pieces;
// the sum of an input gradient runs beside the weight gradient, which has as many FLOPs). Userbuffers put one
// collective beside each GEMM so (NVIDIA-NeMo/Megatron-Bridge@067f987, src/megatron/bridge/training/
// comm_overlap.py: qkv_fprop, proj_fprop, qkv_dgrad and so on). Precondition: `op` lies in `list` and
// communicates.
Seconds exposed_time(const model::Op& op, std::span<const model::Op> list, const Collectives& among,
                     const hardware::GpuSpec& gpu, const hardware::Conditions& conditions);

}  // namespace foretrain::cluster
