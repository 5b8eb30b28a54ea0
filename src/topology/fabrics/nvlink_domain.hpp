#pragma once
// GPUs that NVLink joins and nothing else: eight of a server, 72 of a rack. The switch chips of the domain
// are one crossbar that never limits, as in topology/build.hpp; the 18 of an NVL72 carry equal shares of
// every message.

#include <tl/expected.hpp>

#include "topology/fabrics/cables.hpp"

namespace foretrain::topology::fabrics {

tl::expected<Fabric, std::string> nvlink_domain(std::int64_t gpus, const Cable& nvlink);

}  // namespace foretrain::topology::fabrics
