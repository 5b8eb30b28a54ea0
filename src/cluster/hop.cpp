#include "cluster/hop.hpp"

#include "topology/build.hpp"
#include "topology/route.hpp"

namespace foretrain::cluster {

tl::expected<PipelineHop, std::string> pipeline_hop(const topology::ClusterSpec& cluster,
                                                    const hardware::GpuSpec& gpu,
                                                    const hardware::NicSpec& nic,
                                                    const plan::PlanSpec& plan) {
  const auto graph = topology::build(cluster, {.nvlink = gpu.nvlink.value,
                                               .pcie = nic.line_rate.value,
                                               .nic = nic.line_rate.value,
                                               .leaf_spine = nic.line_rate.value});
  if (!graph) return tl::unexpected(graph.error());
  PipelineHop longest{false, false};
  const std::int64_t stage = plan.data * plan.context * plan.tensor;  // GPUs of one
  for (std::int64_t first = 0; first + stage < cluster.gpus; first += stage)
    for (const topology::Step& step : topology::route(*graph, first, first + stage)) {
      const auto kind = graph->link(step.link).kind;
      longest.leaves_node |= kind == topology::LinkKind::nic;
      longest.over_spine |= kind == topology::LinkKind::leaf_spine;
    }
  return longest;
}

}  // namespace foretrain::cluster
