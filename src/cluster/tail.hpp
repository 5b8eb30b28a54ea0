#pragma once
// Gradient reduction beside the last backward, and gathering of parameters beside the first forward, where
// the layout overlaps them (plan::Overlap; PyTorch DDP, arXiv:2006.15704, section 3.2; Megatron-Core's
// overlap_grad_reduce and overlap_param_gather).
//
// A unit of the model is one bucket. On each pipeline rank, in the order in which the last backward of each
// of its stages reaches the units, with r_u the moment a unit's gradients are whole and R_u its reduction:
//
//   c_u = max(c_{u-1}, r_u) + R_u
//
// and what shows is max(0, c - end of the last chunk of the pipeline): a rank that drains early hides its
// reduction in its bubble. Where the optimizer is in host memory each unit's copy H_u follows its reduction
// on the way to the host, d_u = max(d_{u-1}, c_u) + H_u, and d takes the place of c. Gathers run likewise
// before the first forward of each stage, which waits for each unit's; what shows is the longest delay of any
// rank's first chunks.
//
// A collective's thread blocks fill their SMs (NVIDIA/nccl, issue 689), which compute then lacks. Of t
// seconds that a rank's collectives run beside its chunks, with h of S SMs held and a share b of the chunks
// in kernels bound by the SMs, compute loses
//
//   t b h / (S - h)
//
// of the rank where that is longest, added to what shows. Left out: HBM that collectives draw, that the
// losses of one rank delay the next, and a delayed first chunk that a later wait of the pipeline would have
// hidden.

#include <vector>

#include "cluster/chunks.hpp"

namespace foretrain::cluster {

struct Buckets {
  std::vector<Seconds> reduce, gather;  // by model::Unit: one unit's collective
  std::vector<Seconds> to_host;         // its gradients' copy to the host, behind the reduction
};

// What each adds to the step, for one lane of the timeline; `ended`: the last chunk of all lanes.
Seconds exposed_reduction(const ChunkInputs& inputs, const UnitPrices& prices, const plan::Program& program,
                          const Timeline& timeline, const Buckets& buckets, std::size_t lane,
                          sim::SimTime ended);
Seconds exposed_gather(const ChunkInputs& inputs, const UnitPrices& prices, const plan::Program& program,
                       const Timeline& timeline, const Buckets& buckets, std::size_t lane);

}  // namespace foretrain::cluster
