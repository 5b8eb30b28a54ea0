#pragma once
// How much each class of a step's traffic is slowed where its flows meet in the fabric: the lists of
// step_traffic.hpp, carried by routing and placement over the cluster's graph (network/slowdown.hpp).
//
// Rates. A host's links give what the class was measured to reach: a NIC's `achieved` for DeepEP's exchanges
// and pipeline messages, `rings` for NCCL's collectives. A cable between switches carries the larger of the
// two, the most payload that was seen on a cable of that line rate. So a slow-down is relative to the NIC as
// it is priced, and the fabric counts only where it gives a flow less than that: at 44.2 of 48.3 GB/s two
// messages on one cable take 1.83 times as long, not twice.
//
// Classes are carried one by one, each with all its groups at once. Groups of one class do meet (barriers of
// expert groups that run the same layers, reductions after the last chunk), but nothing makes them start
// together: the figure is what they lose when all do. Left out: classes that meet each other, which on NICs
// the step knows (port.hpp) and on cables not, and flows cut into several queue pairs.
//
// Cost: one graph and four slowdown_of(): about a second for DeepSeek-V3 on 2048 GPUs where nothing is alike.

#include <string>
#include <tl/expected.hpp>

#include "cluster/slowdowns.hpp"
#include "cluster/step.hpp"
#include "topology/paths.hpp"
#include "topology/placement.hpp"

namespace foretrain::cluster {

struct FabricUse {
  topology::Routing routing = topology::Routing::static_rule;
  std::uint64_t seed = 1;         // of the hashes of ECMP
  topology::Placement placement;  // empty: in order
};

// Or the reason why such a cluster cannot be wired.
tl::expected<Slowdowns, std::string> share_fabric(const StepSpec& spec, const FabricUse& use);

}  // namespace foretrain::cluster
