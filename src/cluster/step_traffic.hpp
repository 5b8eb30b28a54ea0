#pragma once
// What a step sends between nodes, as lists of messages: for each class of traffic all that can be under way
// at once in the whole cluster, and which of it waits for one another. Sizes are relative: only their ratios
// within a class count.
//
//   exchange          every expert group at once, at balanced load: each GPU to the GPU of its own rail in
//                     every other node of its group (dispatch; combine is the same the other way round)
//   pipeline          each GPU to the GPU of its place in the next stage, and one back, all stages at once
//   gradients         the rings of every data-parallel group at once, as list_ring() has them: from node to
//                     node on every rail. Under ZeRO 3 those of the shard groups
//   expert gradients  likewise among the replicas of an expert
//
// A node here is what NVLink joins. Where a group does not have the sender's rail in another node, its
// members there take turns. Groups that lie within a node send nothing. Left out: tensor and context groups
// that span nodes, and that a ring's last node may come in on another rail than it leaves by.
//
// Cost: O(messages): GPUs * (nodes of a group - 1) for the exchange, at most two a GPU for the others.

#include <array>

#include "cluster/slowdowns.hpp"
#include "model/transformer.hpp"
#include "network/slowdown.hpp"
#include "plan/plan.hpp"
#include "topology/cluster.hpp"
#include "topology/placement.hpp"

namespace foretrain::cluster {

// By TrafficClass. Precondition: the layout fills the cluster.
std::array<network::SentAtOnce, traffic_classes> list_step_traffic(const model::TransformerSpec& model,
                                                                   const plan::PlanSpec& plan,
                                                                   const topology::ClusterSpec& cluster,
                                                                   const topology::Placement& placement);

}  // namespace foretrain::cluster
