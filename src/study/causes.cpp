#include "study/experiments.hpp"
#include "study/stage.hpp"

namespace foretrain::study {
namespace {

struct Experiment {
  const char* name = "";
  const char* how = "";
  bool cluster::Switches::*off = nullptr;
  bool same_chunks = false;
};

// Only asked where the layout has them.
constexpr Experiment tensor{"tensor parallelism", "collectives inside layers take no time",
                            &cluster::Switches::free_tensor};
constexpr Experiment sharding{"sharded parameters", "gathering them and scattering gradients take no time",
                              &cluster::Switches::free_sharding};

constexpr Experiment host{"optimizer on the host", "gradients to the host and the update there take no time",
                          &cluster::Switches::free_host, true};

constexpr Experiment documents{"unlike documents", "attention has as much to do in every micro-batch",
                               &cluster::Switches::even_documents};

constexpr Experiment experiments[] = {
    {"all-to-all", "dispatch and combine take no time", &cluster::Switches::free_exchange},
    {"routing imbalance", "every GPU receives the mean number of tokens",
     &cluster::Switches::balanced_routing},
    {"power-limited clock", "GEMMs run as fast as in short benchmarks", &cluster::Switches::full_clock},
    {"unequal GPUs", "no GPU is slower than another of its kind", &cluster::Switches::equal_gpus},
    {"kernel jitter", "the same kernel always takes the same time", &cluster::Switches::steady_kernels},
    {"pipeline messages", "sends between stages take no time", &cluster::Switches::free_p2p, true},
    {"SMs held by communication", "all SMs compute inside overlapped pairs", &cluster::Switches::whole_gpu},
    {"shared HBM", "communication and compute do not slow one another", &cluster::Switches::private_hbm},
    {"gradients and optimizer", "reduction and update take no time", &cluster::Switches::free_optimizer,
     true},
    {"kernel launches", "no gap between kernels", &cluster::Switches::free_launches},
    {"exchange barriers", "the counts exchange before a dispatch or combine takes no time",
     &cluster::Switches::free_barrier},
};

}  // namespace

std::vector<Cause> find_causes(const SteadyStep& base) {
  std::vector<Cause> causes;
  const auto ask = [&](const Experiment& experiment) {
    cluster::StepSpec changed = base.spec;
    changed.off.*experiment.off = true;
    const Seconds without = repeat_step(base, changed, experiment.same_chunks);
    causes.push_back({experiment.name, experiment.how, base.result.step_time - without});
  };
  if (base.spec.plan->tensor > 1) ask(tensor);
  if (base.spec.plan->zero == 3) ask(sharding);
  if (base.spec.plan->offload_optimizer) ask(host);
  if (!base.spec.attention_loads.empty()) ask(documents);
  for (const auto& experiment : experiments) ask(experiment);
  return causes;
}

}  // namespace foretrain::study
