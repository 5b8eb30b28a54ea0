#pragma once
// What the collectives inside a layer cost on this cluster: who takes part, over which links, and how much of
// their time shows. An op list names only pattern, group and bytes (base/communication.hpp).
//
// Where the software runs a collective beside the GEMM next to it, a stated share is hidden
// (plan::SoftwareSpec::tensor_overlap). Left out: the SMs that NCCL's kernels take from that GEMM meanwhile,
// which such a share already holds when it was measured as time saved.

#include "base/communication.hpp"
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

// The part of the collective's time that its GPU waits for.
Seconds exposed_time(const Communication& communication, const Collectives& among);

}  // namespace foretrain::cluster
