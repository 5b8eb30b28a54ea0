#pragma once
// What a NIC keeps of its rate when its leaf has fewer uplinks than downlinks (FabricSpec::oversubscription),
// by how much of a pattern's traffic leaves the leaf. At equal ports nothing is lost.
//
//   uplinks a NIC      u = (ports - down) / down
//   all-to-all of n consecutive GPUs, m of them joined by NVLink and L under a leaf: of what a NIC sends, the
//   share (n - L) / (n - m) crosses a spine, so it keeps min(1, u (n - m) / (n - L))
//   every GPU to the one d further on: of L NICs min(d, L) send across, so each keeps min(1, u L / min(d, L))
//
// Both count ports and bytes, no measurement; an uplink is as fast as a NIC is priced. Messages stay on their
// rail, as DeepEP's do and NCCL's with PXN (the hop to the right rail is over NVLink). Left out: flows that a
// static route puts on one uplink while another idles, and collectives: of a ring's neighbours few sit under
// another leaf. cluster/share_fabric.hpp has both; where uplinks go evenly round the spines it agrees with
// this count.

#include "topology/cluster.hpp"

namespace foretrain::topology {

double share_of_all_to_all(const ClusterSpec& cluster, std::int64_t span);
double share_of_shift(const ClusterSpec& cluster, std::int64_t distance);

}  // namespace foretrain::topology
