#pragma once
// Runs a workload on the engine. A node starts when all it needs has ended; on each rank one node computes at
// a time on the GPU and one on the host, first come, first served; messages leaving a rank share its port
// fairly (fair_port.hpp); a receive ends when its message has arrived; a collective starts when all members
// are there and the one before it in the group has ended.
//
// Times are those of the nodes, or, with a NIC's rate B, of n ranks and a node of S bytes:
//
//   message          S / B
//   all-reduce       2 (n - 1) / n  S / B      reduce-scatter, all-to-all   (n - 1) / n  S / B
//   all-gather       (n - 1)  S / B            any other collective         S / B
//
// (the bus-bandwidth factors of NVIDIA/nccl-tests, doc/PERFORMANCE.md; S as a rank puts it in). Left out:
// links other than the sender's port, memory nodes.
//
// Cost: an event a compute node and collective, two a message.

#include <optional>
#include <string>

#include "interchange/workload.hpp"

namespace foretrain::interchange {

struct ReplayRates {
  std::optional<Bandwidth> nic;  // else the times in the nodes
  Seconds latency{};             // of a message or collective, with `nic`
};

struct Replay {
  std::string stopped;  // why it did not come to its end; empty when it did
  sim::SimTime makespan{};
  std::vector<sim::Ticks> computing;  // [rank] by the GPU
  std::uint64_t events = 0;
};

// Precondition: faults_of(workload) is empty.
Replay replay(const Workload& workload, const ReplayRates& rates = {});

}  // namespace foretrain::interchange
