#pragma once
// One training step of the whole cluster: chunks priced and simulated by their expert-parallel groups,
// programs run on the pipeline with point-to-point messages, then gradient reduction and the optimizer.
//
// `prepare` does once what does not depend on the batch; `simulate_step` runs a batch. Every cause of time
// can be switched off alone (Switches), which is how the report attributes seconds. Left out: failures,
// stragglers, and unless StepSpec::slowdowns has it the contention of different pipelines on shared spine
// ports.
//
// Replicas are folded: one pipeline stands for all where nothing tells them apart; where chips differ, the
// few whose step looks longest are run (chunks.hpp, slowest_groups), all of them where they are few.
//
// Cost: an event or two for each segment of each kind of chunk, and one for each instruction of the program
// and lane; `events` counts them. DeepSeek-V3 on 2048 GPUs takes a few milliseconds.

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/breakdown.hpp"
#include "cluster/chunks.hpp"
#include "cluster/hop.hpp"
#include "cluster/optimizer.hpp"
#include "cluster/pipeline.hpp"
#include "cluster/slowdowns.hpp"
#include "cluster/tail.hpp"
#include "network/routing.hpp"
#include "plan/plan.hpp"
#include "topology/cluster.hpp"

namespace foretrain::cluster {

// Experiments: each removes one cause of time and nothing else.
struct Switches {
  bool free_p2p = false;          // pipeline messages take no time
  bool balanced_routing = false;  // every GPU receives the mean number of rows
  bool full_clock = false;        // GEMMs run as fast as in short benchmarks
  bool equal_gpus = false;        // no GPU is slower than another
  bool steady_kernels = false;    // the same kernel always takes the same time
  bool even_documents = false;    // every micro-batch asks attention for as much
  bool free_exchange = false;     // dispatch and combine take no time
  bool free_barrier = false;      // the notify before an exchange takes no time
  bool free_launches = false;     // no gap between kernels
  bool whole_gpu = false;         // no SMs reserved for communication inside pairs
  bool private_hbm = false;       // communication draws no HBM bandwidth, and loses none beside compute
  bool free_optimizer = false;    // gradient reduction and optimizer take no time
  bool free_host = false;         // an optimizer in host memory: copies and update there take no time
  bool free_tensor = false;       // collectives of tensor parallelism take no time
  bool free_sharding = false;     // ZeRO 3: gathering parameters and scattering gradients take no time
  hardware::Sources sources = hardware::Sources::any;  // whose curves price the kernels
};

struct StepSpec {
  const model::TransformerSpec* model = nullptr;
  const hardware::GpuSpec* gpu = nullptr;
  const hardware::NicSpec* nic = nullptr;
  const hardware::HostSpec* host = nullptr;  // only where the optimizer is in host memory
  const topology::ClusterSpec* cluster = nullptr;
  const plan::PlanSpec* plan = nullptr;
  const plan::SoftwareSpec* software = nullptr;
  std::int64_t sequence = 0;
  model::Pieces pieces;  // documents that attention does not cross; empty: it spans the sequence
  std::vector<double> attention_loads;  // of micro-batches of such (model/attention_loads.hpp)
  std::uint64_t seed = 1;
  Switches off;
  Repetitions repetitions;
  // What depends on model, cluster and layout alone, when already known; else prepare finds it.
  const network::TokenSpread* spread = nullptr;
  const PipelineHop* hop = nullptr;
  // What flows lose that meet in the fabric (share_fabric.hpp). Absent: nothing under full leaves, and under
  // oversubscribed ones what their uplinks do not carry (topology/uplinks.hpp).
  const Slowdowns* slowdowns = nullptr;
};

struct Prepared {
  ChunkInputs inputs;
  UnitPrices prices;
  network::TokenSpread spread;  // where a token's copies go
  PipelineHop hop;
  P2p p2p;
  Bytes p2p_bytes{};
  std::vector<OptimizerTime> optimizer;  // [pipeline rank]
  Buckets buckets;                       // of the overlapped part of it
};

struct StepResult {
  plan::Schedule schedule{};       // the one that ran
  std::string fallback_reason;     // why the planned one did not; empty when it did
  std::int64_t micro_batches = 0;  // per data-parallel rank
  Seconds step_time{};
  std::vector<Breakdown> ranks;  // [pipeline rank] of the first group that was run
  Breakdown mean;
  std::vector<std::int64_t> peak_in_flight;  // [pipeline rank] chunks
  plan::Program program;
  ChunkTimes durations;
  Timeline timeline;
  std::uint64_t events = 0, fingerprint = 0;  // chunk simulation included
};

// Where a token's copies go under this model and layout (all zero without experts); a few milliseconds of
// sampling, so that steps which share it may hand it on in StepSpec::spread.
network::TokenSpread token_spread(const StepSpec& spec);

// What one GPU is given of a micro-batch, at balanced load.
model::Work work_of(const StepSpec& spec, const network::TokenSpread& spread);

// Why the step of such a layout is not known, whatever the batch; empty where it is.
std::string why_not_step(const StepSpec& spec);

// Preconditions: the cluster can be wired (pipeline_hop has no reason against it), and why_not_step is empty.
Prepared prepare(const StepSpec& spec);

// The schedule that a number of micro-batches gets: the plan's, else its fallback, else why neither can run.
struct ScheduleChoice {
  plan::Schedule schedule{};
  std::string reason;  // why not the planned one
  bool possible = true;
};
ScheduleChoice choose_schedule(const plan::PlanSpec& plan, std::int64_t micro_batches);

// What the step takes beyond the last chunk: the slowest rank's reduction, update and gather, or of what is
// overlapped the exposed part, which the timeline's lanes tell. `ended`: the last chunk of the cluster.
struct StepEnd {
  Seconds slowest, reduction, gather;
  Seconds total() const { return slowest + reduction + gather; }
};
StepEnd end_of_step(const StepSpec& spec, const Prepared& prepared, const plan::Program& program,
                    const Timeline& timeline, sim::SimTime ended);

// Precondition: choose_schedule(...).possible. `pools` must hold the chunks of this schedule's program.
StepResult simulate_step(const StepSpec& spec, const Prepared& prepared, const ChunkPools& pools,
                         const plan::Program& program, const ScheduleChoice& choice);

}  // namespace foretrain::cluster
