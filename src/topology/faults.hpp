#pragma once
// Faults of a cluster that someone states: GPUs that are slow, NICs and NVLinks that lost some or all of
// their rate. GPUs are numbered tensor and context parallel first, then data, then pipeline rank. Values
// only; cluster/traits.hpp turns them into what each GPU feels. Left out: faults of switches and cables that
// more than one GPU depends on.

#include <cstdint>
#include <vector>

namespace foretrain::topology {

struct SlowGpu {
  std::int64_t gpu = 0;
  double slower = 0;  // relative excess of the kernel time that SMs bind: its clock is that much lower
};

// A NIC that keeps a share of its rate. A failed one keeps none: its GPU's traffic goes over NVLink to the
// next GPU of the node whose NIC works, and all that share a NIC get equal parts of it.
struct WorseNic {
  std::int64_t gpu = 0;
  double rate = 1;
  bool failed = false;
};

struct WorseNvlink {
  std::int64_t gpu = 0;
  double rate = 1;
};

struct Faults {
  std::vector<SlowGpu> slow_gpus;
  std::vector<WorseNic> nics;
  std::vector<WorseNvlink> nvlinks;
  bool none() const { return slow_gpus.empty() && nics.empty() && nvlinks.empty(); }
};

}  // namespace foretrain::topology
