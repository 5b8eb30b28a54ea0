#include "cluster/collectives.hpp"

namespace foretrain::cluster {

Collectives collectives_of(const plan::PlanSpec& plan, const plan::SoftwareSpec& software,
                           const network::LinkSpeeds& speeds, std::int64_t gpus_per_node) {
  return {.tensor = network::shape_of(plan.tensor, 1, gpus_per_node),
          .expert_tensor = network::shape_of(plan.expert_tensor, 1, gpus_per_node),
          .speeds = speeds,
          .hidden = plan.overlap.tensor ? software.tensor_overlap.value : 0};
}

Seconds exposed_time(const Communication& communication, const Collectives& among) {
  if (among.free) return {};
  const auto& group = communication.group == Group::tensor ? among.tensor : among.expert_tensor;
  const Seconds whole = network::time_of(communication.pattern, communication.buffer, group, among.speeds);
  return communication.overlaps ? whole * (1 - among.hidden) : whole;
}

}  // namespace foretrain::cluster
