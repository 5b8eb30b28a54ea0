#include "cluster/share_fabric.hpp"

#include <algorithm>

#include "cluster/optimizer.hpp"
#include "cluster/step_traffic.hpp"
#include "topology/build.hpp"

namespace foretrain::cluster {
namespace {

// What a NIC gives the class alone, as the step prices it (network/priced.hpp, step_inputs.hpp).
Bandwidth nic_rate(const StepSpec& spec, const network::LinkSpeeds& speeds, TrafficClass which) {
  const bool exchange = which == TrafficClass::exchange;
  const bool nccl =
      exchange ? spec.software->exchange == plan::TokenExchange::all_to_all : which != TrafficClass::pipeline;
  return nccl && speeds.nccl.known() && speeds.ring_ib > Bandwidth{} ? speeds.ring_ib : speeds.ib;
}

}  // namespace

tl::expected<Slowdowns, std::string> share_fabric(const StepSpec& spec, const FabricUse& use) {
  const auto speeds = link_speeds(*spec.gpu, *spec.nic);
  const auto placement = use.placement.empty() ? topology::place_in_order(*spec.cluster) : use.placement;
  const auto traffic = list_step_traffic(*spec.model, *spec.plan, *spec.cluster, placement);
  const Bandwidth cable = std::max(speeds.ib, speeds.ring_ib);
  Slowdowns slowed;
  for (std::size_t c = 0; c < traffic_classes; ++c) {
    const Bandwidth nic = nic_rate(spec, speeds, static_cast<TrafficClass>(c));
    const auto built = topology::build(
        *spec.cluster,
        {.nvlink = speeds.nvlink, .pcie = nic, .nic = nic, .leaf_spine = cable, .latency = {}});
    if (!built) return tl::unexpected(built.error());
    slowed.of[c] = network::slowdown_of(traffic[c], built->fabric(), use.routing, use.seed);
  }
  return slowed;
}

}  // namespace foretrain::cluster
