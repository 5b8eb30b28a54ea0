#pragma once
// The host of one node, where an optimizer in host memory lives (plan.offload_optimizer): its memory, what
// CPU Adam makes of it, and the way from each GPU to it and back.
//
// Of P parameters that one GPU has in host memory, with B bytes a second of memory in the node, G GPUs that
// share it, and e the share of B that CPU Adam reaches:
//
//   copy     P x bytes / min(link, B / G)          every GPU copies at the same time
//   update   P x bytes read and written / (e B / G)
//
// CPU Adam streams states once through the memory, so it is bound by that on any host with enough cores
// (ZeRO-Offload, arXiv:2101.06840, section 5.1); e is one measurement, carried from host to host. Left out:
// hosts with too few cores a GPU, memory of the other socket, other users of the host's memory.

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/sourced.hpp"
#include "base/units.hpp"

namespace foretrain::hardware {

struct HostSpec {
  std::string name;
  Sourced<Bandwidth> memory_bandwidth;  // of a node's sockets together, nominal
  Sourced<Bytes> memory;                // of a node
  Sourced<Bandwidth> to_host, to_gpu;   // of one GPU, one direction, pinned memory, measured
  Sourced<double> adam;                 // share of memory_bandwidth that CPU Adam reaches
};

// What one of `gpus` GPUs of a node gets.
inline Bandwidth link_share(Bandwidth link, const HostSpec& host, std::int64_t gpus) {
  return std::min(link, host.memory_bandwidth.value / static_cast<double>(gpus));
}
inline Bandwidth adam_share(const HostSpec& host, std::int64_t gpus) {
  return host.memory_bandwidth.value * (host.adam.value / static_cast<double>(gpus));
}

}  // namespace foretrain::hardware
