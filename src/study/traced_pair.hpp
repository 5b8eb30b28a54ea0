#pragma once
// The traced pair, simulated: one GPU's overlapped forward and backward of several layers with the rows that
// routing gave it in the trace, in the code that simulates every pair of a step (cluster/group.hpp). No
// kernel jitter and no difference between chips: these are of other GPUs. What its peers received is not
// known; they are either left out (barriers cost their fixed time alone) or drawn.

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cluster/step.hpp"
#include "spec/scenario.hpp"
#include "spec/trace_tables.hpp"

namespace foretrain::study {

struct NamedBlock {
  const char* name;
  cluster::BlockKind kind;
};
// As the trace calls them.
inline constexpr std::array<NamedBlock, cluster::block_kinds> compute_blocks{
    {{"attn(F)", cluster::BlockKind::attention_f},
     {"mlp(F)", cluster::BlockKind::mlp_f},
     {"mlp(B)", cluster::BlockKind::mlp_i},
     {"attn(B)", cluster::BlockKind::attention_i},
     {"mlp(W)", cluster::BlockKind::mlp_w},
     {"attn(W)", cluster::BlockKind::attention_w}}};

// What of the trace the prediction may use.
struct TraceUse {
  hardware::Sources curves = hardware::Sources::any;
  bool exchanges = true;  // the all-to-all's fitted rates beside compute; else those of the same kernels alone
};

struct SimulatedPair {
  cluster::ChunkInputs inputs;
  cluster::GroupWork work;
  Seconds wall{}, compute{};  // compute: with the gaps between launches
  std::vector<std::array<Seconds, cluster::exchange_kinds>> exchanges;  // [round] time of each
};

// The result points into `scenario`.
SimulatedPair simulate_pair(const spec::Scenario& scenario, const spec::TracedPair& traced, TraceUse use);

// Wall time of the traced GPU in a group whose other GPUs have rows drawn with the software's routing spread,
// so that what all receive adds up. Nodes hold consecutive GPUs.
Seconds wall_with_peers(const SimulatedPair& pair, const spec::TracedPair& traced, std::uint64_t seed);

bool is_backward(cluster::BlockKind kind);  // uses the rows of the backward's micro-batch

// Kernel time of every op of the list in each round, launch gaps apart, mixed of its prices alone, beside a
// barrier and beside an exchange by the shares of its time in the trace, so that it is judged under the
// conditions that it ran in. Ops of one block and name add.
struct PricedOp {
  std::vector<Seconds> busy;  // [round]
  std::string fitted_on;      // what its curve or its sustained rate was fitted on
  bool bound = false;         // its curve is no measurement of such kernels
};
using PricedOps = std::map<std::pair<cluster::BlockKind, std::string>, PricedOp>;
PricedOps price_ops(const SimulatedPair& pair, const spec::TracedPair& traced);

}  // namespace foretrain::study
