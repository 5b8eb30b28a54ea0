#pragma once
// Everything a run found out, as values: what report turns into text, JSON and pictures.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "cluster/critical_path.hpp"
#include "cluster/unfolded.hpp"
#include "plan/memory.hpp"
#include "spec/scenario.hpp"

namespace foretrain::study {

// A cause of step time: how much shorter the step is when it alone is switched off.
struct Cause {
  std::string name, how;
  Seconds share{};
};

// How an uncertain input moves the answer: one standard deviation up.
struct Contribution {
  std::string input;        // "GEMM rate", "all-to-all bandwidth"
  double spread = 0;        // relative one-sigma of the input
  double effect = 0;        // relative change of the step time at +1 sigma
  std::string source;       // where the spread comes from
  std::string measurement;  // what would shrink it
};
struct Interval {  // of the step time
  Seconds low{}, high{};
  double level = 0.9;
  std::vector<Contribution> contributions;  // largest effect first
};

struct RampPoint {  // of a batch ramp: steps taken with this many micro-batches
  std::int64_t batch = 0, micro_batches = 0;
  double steps = 0;
  Seconds step_time{};
  plan::Schedule schedule{};
};

struct RolloutOutcome {  // reinforcement learning, per step of the policy update
  Seconds prefill, decode, reward, reference, weight_sync, update;
  double decode_tokens_per_s_node = 0, prefill_tokens_per_s_node = 0;
  Bytes kv_cache_per_gpu{};
  std::vector<std::string> warnings;  // what the reader must know before using the figures
  std::vector<std::string> notes;     // how they were reckoned
};

struct StageOutcome {
  std::string name;
  spec::StageSpec::Kind kind{};
  double tokens = 0, steps = 0;
  std::int64_t sequence = 0, batch = 0;  // batch: of the steady step
  model::Pieces pieces;                  // documents that attention does not cross; empty: it spans it
  cluster::StepResult step;              // the steady step (largest batch)
  std::vector<RampPoint> ramp;           // empty when the batch is constant
  Seconds duration{};                    // of the whole stage
  double gpu_hours = 0;
  Dollars cost{};
  double tflops_causal = 0, tflops_noncausal = 0;  // per GPU, model FLOPs
  double mfu_causal = 0, mfu_noncausal = 0;        // of the BF16 peak
  double tokens_per_day = 0;
  std::vector<plan::MemoryReport> memory;  // [pipeline rank]
  std::optional<RolloutOutcome> rollout;
  std::vector<std::string> notes;  // fallbacks, assumptions, warnings: each one sentence
};

// A steady step with every GPU by itself (unfold.hpp).
struct UnfoldOutcome {
  std::string stage;
  std::string why_not;  // it cannot be unfolded; then the rest is empty
  Seconds folded{};     // the step as the rest of the report has it
  cluster::UnfoldedResult result;
  cluster::CriticalPath path;  // of the slowest replica
  std::int64_t last_gpu = 0;   // whose chunk ended last
};

struct Comparison {  // a published figure beside the prediction
  spec::PublishedFigure figure;
  std::optional<double> predicted;  // absent: foretrain does not predict this metric
  double error = 0;                 // predicted / published - 1
};

struct Total {  // of all stages
  Seconds duration{};
  double gpu_hours = 0;
  Dollars cost{};
};

struct Outcome {
  std::string scenario, file;
  std::uint64_t seed = 0, hash = 0;
  std::int64_t gpus = 0;
  std::vector<StageOutcome> stages;
  std::optional<Total> total;                // absent: the plan cannot run
  std::optional<Interval> interval;          // of the first stage's steady step; absent: not asked for
  std::optional<std::vector<Cause>> causes;  // of the first stage's steady step; absent: not asked for
  std::vector<UnfoldOutcome> unfolded;       // steady steps with every GPU by itself; empty: not asked for
  std::vector<Comparison> comparisons;
  std::uint64_t events = 0;  // simulated in all
  std::vector<std::string>
      infeasible;  // why the plan cannot run; when not empty the stages may be incomplete
};

}  // namespace foretrain::study
