#pragma once
// A scenario after loading: typed, checked, complete. Values only; nothing here knows YAML.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/sourced.hpp"
#include "base/units.hpp"
#include "cost/price.hpp"
#include "hardware/gpu.hpp"
#include "hardware/host.hpp"
#include "model/documents.hpp"
#include "model/popularity.hpp"
#include "model/transformer.hpp"
#include "plan/plan.hpp"
#include "topology/cluster.hpp"
#include "topology/faults.hpp"

namespace foretrain::spec {

struct BatchSpec {  // sequences a step; constant when from == to
  std::int64_t from = 0, to = 0;
  double over_tokens = 0;  // the ramp is linear in tokens over this many
};

// What a sequence holds (model/documents.hpp).
struct DocumentsSpec {
  model::Documents held;
  double median = 0, sigma = 0;  // where `held` stands for a lognormal distribution
  bool masked = true;            // attention stays inside each
};

struct RolloutSpec {  // reinforcement learning: what is generated and scored before each update
  std::int64_t prompts_per_step = 0, samples_per_prompt = 0, prompt_tokens = 0, response_tokens = 0;
  double mtp_acceptance = 0;      // speculative decoding: probability that the extra token is kept
  std::int64_t decode_batch = 0;  // requests decoded together on a GPU
  std::int64_t decode_expert = 0, prefill_expert = 0;  // expert parallelism of the two phases
  double reward_model_share = 0;  // share of samples scored by a reward model of the same size
};

struct StageSpec {
  enum class Kind : std::uint8_t { pretraining, extension, supervised, reinforcement };
  std::string name;
  Kind kind = Kind::pretraining;
  double tokens = 0;       // exactly one of tokens, steps and samples is given by the user; the
  std::int64_t steps = 0;  // others are 0 until study derives them
  double samples = 0;      // supervised: samples * epochs * mean_sample_tokens, packed into sequences
  double epochs = 1, mean_sample_tokens = 0;
  std::int64_t sequence = 0;
  std::optional<DocumentsSpec> documents;
  BatchSpec batch;
  plan::PlanSpec plan;  // the scenario's plan with this stage's own changes
  std::optional<RolloutSpec> rollout;
  std::map<std::string, std::string> assumptions;  // stated in the report: key -> text

  model::Pieces pieces() const {  // that attention does not cross; empty: it spans the sequence
    return documents && documents->masked ? model::pack(documents->held, sequence) : model::Pieces{};
  }
};

struct PublishedFigure {  // shown beside the prediction; never an input
  std::string stage;      // "" = the whole run; "a+b" = two stages together
  std::string metric;     // "step_time_s", "gpu_hours", "breakdown.forward_s", ...
  double value = 0;
  Provenance from;
};

struct Setting {                   // one resolved input, for `explain`
  std::string key, value, origin;  // origin: "file:line", "default" or "--set"
  std::string source;              // what the file says about where the number comes from, or ""
};

struct Scenario {
  std::string name, file;
  model::TransformerSpec model;
  topology::ClusterSpec cluster;
  hardware::GpuSpec gpu;
  hardware::NicSpec nic;
  std::optional<hardware::HostSpec> host;  // of a node, where the cluster says it
  plan::PlanSpec plan;
  plan::SoftwareSpec software;
  cost::PriceSpec prices;
  std::vector<StageSpec> stages;
  topology::Faults faults;       // stated; only the unfolded step knows them
  model::Popularity popularity;  // of experts, likewise
  std::vector<PublishedFigure> published;
  std::uint64_t seed = 1;
  std::uint64_t hash = 0;         // of every byte read and every override
  std::vector<Setting> settings;  // everything that was read or defaulted, in file order
};

}  // namespace foretrain::spec
