#include "topology/fabrics/nvlink_domain.hpp"

namespace foretrain::topology::fabrics {

tl::expected<Fabric, std::string> nvlink_domain(std::int64_t gpus, const Cable& nvlink) {
  if (gpus < 1) return tl::unexpected(std::string("an NVLink domain needs GPUs"));
  Wiring wiring("nvlink-domain");
  wiring.add(gpus, NodeKind::gpu);
  const std::int64_t crossbar = wiring.add(1, NodeKind::nvswitch);
  for (std::int64_t gpu = 0; gpu < gpus; ++gpu) {
    wiring.sends(gpu);
    wiring.join(gpu, crossbar, LinkKind::nvlink, nvlink);
  }
  return wiring.take();
}

}  // namespace foretrain::topology::fabrics
