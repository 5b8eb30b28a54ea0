#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>

#include "hardware/kernel_cost.hpp"
#include "model/ops.hpp"
#include "study/experiments.hpp"
#include "study/stage.hpp"

namespace foretrain::study {
namespace {

// The inputs of one step, copied so that one of them can be moved.
struct Inputs {
  hardware::GpuSpec gpu;
  hardware::NicSpec nic;
  plan::SoftwareSpec software;
  hardware::HostSpec host;
};

struct Uncertain {
  const char* name;
  const char* measurement;  // what would shrink its spread
  Provenance from;          // of the widest member
  std::function<void(Inputs&, double factor)> move;
};

void slow_down(hardware::Curve& curve, double factor) {
  curve.efficiency /= factor;
  curve.tile_overhead *= factor;
  if (curve.sustained_peak) curve.sustained_peak->value = curve.sustained_peak->value / factor;
  for (double& e : curve.efficiencies) e /= factor;
  curve.bandwidth_fraction /= factor;
  curve.per_launch *= factor;
}

void slow_down(CollectiveRates& rates, double factor) {
  for (auto* protocol : {&rates.ll, &rates.ll128, &rates.simple, &rates.exchange_small, &rates.exchange}) {
    protocol->base *= factor;
    protocol->step *= factor;
    protocol->rate = protocol->rate / factor;
  }
  rates.nvls_step *= factor;
  rates.nvls_rate = rates.nvls_rate / factor;
}

// Time of one family's kernels in one MoE layer (a dense one where the model has none), all phases.
Seconds time_of_family(const SteadyStep& base, Family family) {
  const auto& inputs = base.prepared.inputs;
  const auto unit = inputs.model->moe.experts > 0 ? model::Unit::moe_layer : model::Unit::dense_layer;
  const auto ops = model::list_ops(*inputs.model, unit, inputs.work);
  Seconds total{};
  for (const auto* block :
       {&ops.attention_f, &ops.mlp_f, &ops.mlp_i, &ops.attention_i, &ops.mlp_w, &ops.attention_w})
    for (const auto& op : *block)
      if (!op.communication && op.kernel.family == family)
        total += hardware::price(op.kernel, *inputs.gpu, {.sms_taken = inputs.communication_sms}).time;
  return total;
}

// Kernel families moved together, each by its own spread. The spread shown is that of their time in a layer,
// the source that of the family which adds most to it.
Uncertain curves(const char* name, const char* measurement, const SteadyStep& base,
                 std::initializer_list<Family> families) {
  Uncertain u{name, measurement, {}, {}};
  const std::vector<Family> list(families);
  Seconds whole{}, moved{}, most{};
  for (const Family family : list) {
    const auto& curve = base.spec.gpu->curves[static_cast<std::size_t>(family)];
    if (!curve) continue;
    const Seconds time = time_of_family(base, family), more = time * curve->from.spread;
    if (more > most) u.from = curve->from;
    most = std::max(most, more);
    whole += time;
    moved += more;
  }
  u.from.spread = whole > seconds(0) ? moved / whole : 0;
  u.move = [list](Inputs& inputs, double) {
    for (const Family family : list)
      if (auto& curve = inputs.gpu.curves[static_cast<std::size_t>(family)])
        slow_down(*curve, 1 + curve->from.spread);
  };
  return u;
}

std::vector<Uncertain> list_uncertain(const SteadyStep& base) {
  using F = Family;
  const cluster::StepSpec& spec = base.spec;
  const auto& gpu = *spec.gpu;
  const bool paired = spec.software->kernels.stack == model::Kernels::Stack::deepseek;
  std::vector<Uncertain> all{
      curves(paired ? "FP8 and BF16 GEMM time" : "GEMM time",
             paired ? "the model's GEMM shapes, hot, for minutes, at 112 SMs beside an all-to-all"
                    : "the model's GEMM shapes, hot, for minutes",
             base,
             {F::gemm_fp8, F::grouped_gemm_fp8, F::gemm_bf16, F::grouped_gemm_bf16, F::gemm_fp8_tensor,
              F::gemm_mxfp8, F::gemm_nvfp4, F::grouped_gemm_fp8_tensor, F::grouped_gemm_mxfp8,
              F::grouped_gemm_nvfp4, F::batched_gemm}),
      curves("weight-gradient GEMM time", "FP8 weight-gradient kernels at the model's shapes", base,
             {F::wgrad_fp8, F::grouped_wgrad_fp8}),
      curves("attention time", "flash attention forward and backward at the model's head sizes", base,
             {F::attention_forward, F::attention_backward}),
      curves("memory-bound kernel time",
             paired ? "casts, norms, permutes at the model's shapes beside an all-to-all"
                    : "casts, norms, permutes at the model's shapes",
             base,
             {F::fp8_cast, F::e5m6_cast, F::fp8_cast_transpose, F::permute, F::rmsnorm, F::rmsnorm_backward,
              F::swiglu, F::layout_copy, F::rope, F::gating, F::weight_transpose, F::elementwise,
              F::scale_transpose, F::memset_copy, F::softmax, F::dropout, F::layernorm, F::gelu}),
      {"collectives in a node", "NCCL's collectives among the GPUs of one node, at the model's sizes",
       gpu.collectives.from, [](Inputs& in, double factor) { slow_down(in.gpu.collectives, factor); }},
      {"overlap of tensor parallelism", "a layer's collectives beside its GEMMs, in a trace of the framework",
       spec.plan->overlap.tensor ? spec.software->tensor_overlap.piece_loss.from : Provenance{},
       [](Inputs& in, double factor) { in.software.tensor_overlap.piece_loss.value *= factor; }},
      {"host time of a launch", "the host of one step, in a trace of the framework",
       spec.software->host_launch.from,
       [](Inputs& in, double factor) { in.software.host_launch.value *= factor; }},
      {"host time of a recomputed layer", "the host of one step, in a trace of the framework",
       spec.software->host_recompute.from,
       [](Inputs& in, double factor) { in.software.host_recompute.value *= factor; }},
      {"network bandwidth", "all-to-all and send/receive between nodes of the cluster itself",
       spec.nic->achieved.from,
       [](Inputs& in, double factor) { in.nic.achieved.value = in.nic.achieved.value / factor; }},
      {"routing imbalance", "expert loads of a production run, over all ranks",
       spec.software->routing_spread.from,
       [](Inputs& in, double factor) { in.software.routing_spread.value *= factor; }},
      {"speed of single GPUs", "one GEMM for minutes on every GPU of the cluster", gpu.gpu_spread.from,
       [](Inputs& in, double factor) { in.gpu.gpu_spread.value *= factor; }},
      {"kernel jitter", "the same kernels over many steps and GPUs", spec.software->kernel_jitter.from,
       [](Inputs& in, double factor) { in.software.kernel_jitter.value *= factor; }},
      {"all-to-all slowed by compute", "dispatch and combine beside GEMMs, at the same SM count",
       spec.software->overlapped_dispatch.from,
       [](Inputs& in, double factor) {
         for (auto* rate : {&in.software.overlapped_dispatch, &in.software.overlapped_dispatch_gradient,
                            &in.software.overlapped_combine, &in.software.overlapped_combine_gradient})
           rate->value /= factor;
       }},
      {"launch gap", "gaps between dependent kernels in a trace of the framework", gpu.launch_gap.from,
       [](Inputs& in, double factor) { in.gpu.launch_gap.value *= factor; }},
  };
  if (spec.plan->offload_optimizer) {
    all.push_back({"CPU Adam", "one update of a known number of parameters, on all GPUs of a node at once",
                   spec.host->adam.from, [](Inputs& in, double factor) { in.host.adam.value /= factor; }});
    all.push_back({"copies to the host and back", "pinned copies of all GPUs of a node at once",
                   spec.host->to_host.from, [](Inputs& in, double factor) {
                     in.host.to_host.value = in.host.to_host.value / factor;
                     in.host.to_gpu.value = in.host.to_gpu.value / factor;
                   }});
  }
  std::erase_if(all, [](const Uncertain& u) { return u.from.spread <= 0; });
  return all;
}

constexpr double z_90 = 1.6448536269514722;  // two-sided 90 % of a normal distribution

}  // namespace

Interval find_interval(const SteadyStep& full) {
  // Responses need fewer samples than the step itself: both sides of each ratio take the same ones.
  cluster::StepSpec spec = full.spec;
  spec.repetitions = {.pair = 2, .lone = 1};
  const SteadyStep base = steady_step(spec, full.program);
  const Seconds step_time = full.result.step_time;
  Interval interval;
  double variance = 0;
  for (const auto& uncertain : list_uncertain(base)) {
    Inputs inputs{*spec.gpu, *spec.nic, *spec.software,
                  spec.host != nullptr ? *spec.host : hardware::HostSpec{}};
    uncertain.move(inputs, 1 + uncertain.from.spread);
    cluster::StepSpec moved = spec;
    moved.gpu = &inputs.gpu;
    moved.nic = &inputs.nic;
    moved.software = &inputs.software;
    if (spec.host != nullptr) moved.host = &inputs.host;
    const double effect = repeat_step(base, moved) / base.result.step_time - 1;
    variance += effect * effect;
    interval.contributions.push_back(
        {uncertain.name, uncertain.from.spread, effect, uncertain.from.source, uncertain.measurement});
  }
  std::stable_sort(
      interval.contributions.begin(), interval.contributions.end(),
      [](const Contribution& a, const Contribution& b) { return std::abs(a.effect) > std::abs(b.effect); });
  const double half = z_90 * std::sqrt(variance);
  interval.low = step_time * (1 - half);
  interval.high = step_time * (1 + half);
  return interval;
}

}  // namespace foretrain::study
