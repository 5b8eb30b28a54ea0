#pragma once
// How far apart neighbouring pipeline stages are: the links that a message between them crosses, found on the
// cluster's graph. GPUs are numbered tensor and context parallel first, then data, then stage, so that a
// stage fills neighbouring nodes and a message goes to the GPU with the same place in the next stage.

#include <tl/expected.hpp>

#include "hardware/gpu.hpp"
#include "plan/plan.hpp"
#include "topology/cluster.hpp"

namespace foretrain::cluster {

struct PipelineHop {
  bool leaves_node = true;  // over the rails; false: NVLink only
  bool over_spine = true;   // between leaves; false: both NICs hang on one leaf switch
};

// The longest hop between any two neighbouring stages, or the reason why such a cluster cannot be wired.
// O(GPUs) to build the graph, O(stages) to follow the routes.
tl::expected<PipelineHop, std::string> pipeline_hop(const topology::ClusterSpec& cluster,
                                                    const hardware::GpuSpec& gpu,
                                                    const hardware::NicSpec& nic, const plan::PlanSpec& plan);

}  // namespace foretrain::cluster
