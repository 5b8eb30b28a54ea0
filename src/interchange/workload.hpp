#pragma once
// A training step as other simulators take it: for each rank a list of nodes (kernels, messages, collectives)
// with what each of them waits for. Makers: list_nodes (export.hpp) from a simulated step, read_chakra
// (chakra_files.hpp) from files. Readers: the writers of both formats, `faults_of` (verify.hpp), `replay`.
//
// Left out: memory nodes, tensors, streams; what a stream orders is written as dependencies.
//
// Cost: about 150 bytes a node and its name.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "sim/clock.hpp"

namespace foretrain::interchange {

enum class NodeKind : std::uint8_t { compute, send, receive, collective };

// Named and ordered as in Chakra (mlcommons/chakra@21585d8, schema/protobuf/et_def.proto).
enum class Collective : std::uint8_t {
  all_reduce,
  reduce,
  all_gather,
  gather,
  scatter,
  broadcast,
  all_to_all,
  reduce_scatter,
  reduce_scatter_block,
  barrier,
};
inline constexpr std::size_t collective_kinds = 10;
std::string_view name_of(Collective collective);  // "all-reduce"

struct Node {
  std::uint64_t id = 0;  // within its rank
  std::string name;
  NodeKind kind{};
  bool on_host = false;              // computes on the CPU
  std::vector<std::uint32_t> needs;  // places in the rank's list of nodes that must have ended
  // Of compute: all of it. Of a collective: from when all have joined until its end. Of a send: from its
  // start until it has arrived, alone on its port; `wire` of it, the port is busy.
  sim::Ticks duration{}, wire{};
  Flops work{};
  Bytes moved{};  // by the kernels, to and from this GPU's memory
  Bytes size{};   // of a message; of a collective, what a rank puts in
  std::uint32_t peer = 0, tag = 0;
  Collective collective{};
  std::uint32_t group = 0;  // of a collective: key of Workload::groups; world: all ranks
  // A compute node that stands for a collective (`collective` and `size` are its own): the ranks that would
  // meet in it are folded into one. It is marked as if the host ran it, so that it runs beside kernels.
  bool folded = false;
};

inline constexpr std::uint32_t world = 0;
using Groups = std::map<std::uint32_t, std::vector<std::uint32_t>>;  // members in ascending order

struct Workload {
  std::vector<std::vector<Node>> ranks;
  Groups groups;
};

// Members of a group; of the world, all ranks.
std::vector<std::uint32_t> members_of(const Workload& workload, std::uint32_t group);

}  // namespace foretrain::interchange
