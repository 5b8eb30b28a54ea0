#pragma once
// The one entry for collectives that a training step asks for: how long a pattern takes among a group. Where
// the GPU's part knows NCCL's measured rates, as NCCL runs it (nccl.hpp); else in the closed forms of
// collective.hpp over the achieved rates of the links.

#include "base/communication.hpp"
#include "network/collective.hpp"

namespace foretrain::network {

// `buffer` is the whole vector: before a reduce-scatter, after an all-gather. No time for a group of one.
Seconds time_of(Pattern pattern, Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds);

// Every rank sends buffer / size to each rank of the group, its own share (which does not travel) included.
Seconds time_of_all_to_all(Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds);

// The buffer of an expert all-to-all without DeepEP (Megatron-Core's dispatcher "alltoall"): every copy of a
// token travels by itself, so each of the group's ranks gets tokens * top_k / size rows under even routing.
Bytes expert_exchange(double tokens, double top_k, Bytes row);

}  // namespace foretrain::network
