#pragma once
// One training step in which every GPU of the cluster runs its own program (replica.hpp), with its own chip,
// its own rows of every routed layer, its own jitter and its own faults. The folded step (step.hpp) runs a
// few samples of each chunk and lets pipelines draw from them; this one runs every chunk of every GPU.
//
// Replicas that nothing tells apart are simulated once, and so are lanes of a replica: without jitter,
// spread and uneven routing one lane stands for the cluster, one slow GPU splits its own replica in two
// lanes, and the answer is that of all GPUs to the nanosecond. Where nothing differs it is also the folded
// step's. The end of the step is the same in both: gradients are reduced when the last chunk has ended.
//
// What a fault reaches: a slow chip prolongs its kernels. A NIC at a share of its rate prolongs the hop
// between nodes for its whole expert group, since every GPU of it receives tokens from every other and has
// all of them last; it prolongs its GPU's messages and the reduction and gathering that it takes part in. A
// worse NVLink prolongs the hop inside its node and its tensor group's collectives. Left out: the detour of
// a failed NIC's traffic over NVLink, which the halved NIC hides.
//
// Rows of a layer are drawn once for each stage, micro-batch and replica and hold in its forward and its
// backward; the folded samples draw each chunk afresh.
//
// Cost: DeepSeek-V3 on 2048 GPUs, 120 micro-batches, nothing alike: 15 M events, 3 CPU-seconds, 40 MB.

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/replica.hpp"
#include "cluster/step.hpp"
#include "model/popularity.hpp"
#include "network/popularity.hpp"
#include "topology/faults.hpp"

namespace foretrain::cluster {

// How the GPUs of a pipeline rank fall into replicas, token groups and lanes, in order of their numbers.
struct ClusterShape {
  std::int64_t ranks = 1, gpus_per_rank = 1;  // pipeline ranks
  std::int64_t per_lane = 1;                  // GPUs behind a lane, which meet at its collectives
  std::int64_t per_group = 1;                 // that exchange tokens
  std::int64_t per_replica = 1;
  std::int64_t per_node = 8;
  std::int64_t replicas() const { return gpus_per_rank / per_replica; }
  std::int64_t lanes() const { return per_replica / per_lane; }
};
ClusterShape shape_of(const StepSpec& spec, const ChunkInputs& inputs, const plan::Program& program);

// Why such a layout cannot be unfolded; empty where it can.
std::string why_not_unfold(const StepSpec& spec, const ChunkInputs& inputs, const plan::Program& program);

// What makes GPUs differ beyond the chance that hardware and software state.
struct Unevenness {
  topology::Faults faults;
  model::Popularity popularity;
};

struct ReplicaShare {
  std::int32_t first = 0;  // its number
  std::int64_t count = 1;  // replicas that are like it
};

struct RoutedExperts {
  bool drawn = false;                     // rows differ from GPU to GPU
  std::vector<network::Chances> chances;  // [routed layer of the model]; empty: drawn by a stated spread
  std::vector<std::size_t> first_layer;   // [stage]
};

// A step ready to run, replica by replica. Owns what the plans point into, hence is not copied.
struct UnfoldedStep {
  UnfoldedStep() = default;
  UnfoldedStep(UnfoldedStep&&) = default;
  UnfoldedStep& operator=(UnfoldedStep&&) = default;
  UnfoldedStep(const UnfoldedStep&) = delete;
  UnfoldedStep& operator=(const UnfoldedStep&) = delete;

  ClusterShape shape;
  std::vector<GroupWork> works;  // by kind of chunk
  StepPlan plan;
  std::vector<GpuTraits> traits;  // [(replica * lanes + lane) * ranks + rank]
  RoutedExperts experts;
  std::vector<ReplicaShare> replicas;  // to simulate
  std::vector<double> slowest_nic;     // [rank] the least share of its rate that a NIC keeps
  bool alike = false;                  // lanes and replicas without faults are alike
};

// Precondition: why_not_unfold is empty; `pools` knows the kinds of the program's chunks.
UnfoldedStep unfold(const StepSpec& spec, const Prepared& prepared, const ChunkPools& pools,
                    const plan::Program& program, const Unevenness& unevenness);

// The work of one of `replicas`; with `fold`, lanes that are alike are one.
ReplicaWork replica_work(const StepSpec& spec, const Prepared& prepared, const UnfoldedStep& step,
                         const ReplicaShare& replica, bool fold = true);

struct UnfoldedResult {
  Seconds step_time{};
  sim::SimTime makespan{};
  Seconds end{};  // after it: gradients and optimizer
  Breakdown mean;
  std::vector<Breakdown> ranks;  // [pipeline rank], mean over its GPUs
  std::size_t slowest = 0;       // of `replicas`: ends last
  std::int64_t gpus = 0, simulated = 0;
  std::uint64_t events = 0, fingerprint = 0;
  std::uint64_t bytes = 0;  // of the GPUs that were simulated
};

struct ReplicaPart {  // one of `replicas`, simulated
  ReplicaWork work;
  ReplicaResult result;
};

// Precondition: one part for each of step.replicas, in order.
UnfoldedResult combine(const StepSpec& spec, const Prepared& prepared, const UnfoldedStep& step,
                       const std::vector<const ReplicaPart*>& parts);

}  // namespace foretrain::cluster
