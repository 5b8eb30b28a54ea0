#pragma once
// From op lists to priced blocks: a block is what one unit does between two communications (attention or mlp,
// in F, I and W). Its time is known alone on the GPU, while communication waits at a barrier, and beside an
// all-to-all that draws HBM bandwidth, at
// several numbers of routed rows; between the knots it is linear, which is right because experts compute row
// by row in hundreds of waves. Everything is priced once a step and reused by value. Collectives of tensor
// parallelism stand in the lists and take their exposed time on the compute stream.
//
// Small kernels can be launched slower than they run. The host runs ahead of the GPU through one side of a
// unit (all of its forward, all of its backward), so that side takes the longer of what its kernels take and
// of launching them; the difference is spread over its blocks by their launches. Kernels in CUDA graphs are
// launched at no cost. Recomputing a whole layer costs the host a fixed time more, before its backward. Left
// out: a lead carried from one unit to the next, and where the host waits for the
// GPU inside a unit.
//
// Cost: about 150 ops x 4 conditions x 3 knots a unit kind; well under a millisecond a kind.

#include <array>
#include <vector>

#include "base/units.hpp"
#include "cluster/collectives.hpp"
#include "hardware/gpu.hpp"
#include "model/ops.hpp"
#include "plan/plan.hpp"

namespace foretrain::cluster {

enum class BlockKind : std::uint8_t { attention_f, mlp_f, mlp_i, attention_i, mlp_w, attention_w };
inline constexpr std::size_t block_kinds = 6;
const std::vector<model::Op>& ops_of(const model::UnitOps& ops, BlockKind kind);

struct BlockTime {
  Seconds alone, beside;  // beside: while an all-to-all runs on the same GPU
  Seconds clocked{};      // of `alone`, in kernels bound by the SMs: what a slower chip prolongs
  Seconds barrier{};      // more than `alone`, while a barrier waits on the SMs that communication holds
  Seconds collective{};   // of `alone` and of `beside`, waiting for collectives
  Seconds attended{};     // of `alone`, in attention's own kernels where arithmetic bounds them
};

class BlockCurve {
 public:
  void add_knot(double rows, BlockTime time);  // in ascending order of rows
  BlockTime at(double rows) const;             // linear, extended beyond the first and last knot
  bool empty() const { return knots_.empty(); }

 private:
  struct Knot {
    double rows = 0;
    BlockTime time;
  };
  std::vector<Knot> knots_;
};

struct UnitTimes {
  model::Unit unit{};
  bool has_exchange = false;  // as model::UnitOps
  std::array<BlockCurve, block_kinds> blocks;
};

// Under which conditions a chunk's kernels run.
struct ComputeConditions {
  std::int64_t sms_taken = 0;   // held by communication throughout (inside an overlapped pair)
  std::int64_t sms_beside = 0;  // held while an exchange runs on the same GPU, if more
  double hbm_taken = 0;         // share of HBM that an all-to-all draws while it runs
  hardware::Sources sources = hardware::Sources::any;             // whose curves price the kernels
  Seconds attention_forward_extra{}, attention_backward_extra{};  // exposed context-parallel exchange
  Collectives collectives{};
  Seconds host_launch{};     // what the host needs to launch one kernel
  Seconds host_recompute{};  // and to set up the recomputation of a whole layer
  plan::Graphs graphs{};     // kernels that it does not launch
};

UnitTimes price_unit(const model::TransformerSpec& spec, model::Unit unit, const model::Work& work,
                     const hardware::GpuSpec& gpu, const ComputeConditions& conditions);

}  // namespace foretrain::cluster
