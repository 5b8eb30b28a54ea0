#pragma once
// A cluster and a model small enough to check by hand, built without a file: round speeds, a few layers.

#include "cluster/step.hpp"

namespace toy {

using namespace foretrain;
using namespace foretrain::literals;

inline hardware::Curve curve_of(Family family) {
  using Kind = hardware::Curve::Kind;
  hardware::Curve curve;
  if (family <= Family::grouped_gemm_bf16) {
    curve.kind = Kind::tile;
    curve.efficiency = 0.8;
    curve.tile_overhead = 1_us;
  } else if (family <= Family::attention_decode) {
    curve.kind = Kind::table;
    curve.at = {1024, 8192};
    curve.efficiencies = {0.4, 0.6};
  } else {
    curve.bandwidth_fraction = 0.75;
  }
  return curve;
}

inline hardware::GpuSpec gpu() {
  hardware::GpuSpec gpu;
  gpu.name = "toy";
  gpu.sms.value = 100;
  gpu.peak_fp8.value = 1000_TFLOPS;
  gpu.peak_bf16.value = 500_TFLOPS;
  gpu.peak_fp32.value = 50_TFLOPS;
  gpu.hbm_bandwidth.value = 2000_GBps;
  gpu.memory.value = 80_GiB;
  gpu.launch_gap.value = 1.5_us;
  gpu.nvlink.value = gpu.nvlink_achieved.value = 100_GBps;
  gpu.nvlink_latency.value = 3_us;
  for (std::size_t f = 0; f < family_count; ++f) gpu.curves[f] = curve_of(static_cast<Family>(f));
  return gpu;
}

inline hardware::NicSpec nic() {
  hardware::NicSpec nic;
  nic.name = "toy";
  nic.line_rate.value = 400_Gbps;
  nic.achieved.value = 40_GBps;
  nic.latency_same_leaf.value = 4_us;
  nic.latency_cross_leaf.value = 6_us;
  return nic;
}

inline plan::SoftwareSpec software() {
  plan::SoftwareSpec s;
  s.name = "toy";
  s.communication_sms.value = 16;
  s.p2p_waits.value = true;
  s.overlapped_dispatch.value = s.overlapped_dispatch_gradient.value = 0.6;
  s.overlapped_combine.value = s.overlapped_combine_gradient.value = 0.8;
  s.exchange_hbm.value = 0.15;
  s.barrier.value = 50_us;
  return s;
}

inline model::TransformerSpec dense_model(std::int64_t layers) {
  model::TransformerSpec m;
  m.name = "toy dense";
  m.vocabulary = 4096;
  m.hidden = 1024;
  m.layers = m.dense_layers = layers;
  m.dense_ffn = 2816;
  m.attention = {.heads = 8,
                 .q_lora_rank = 384,
                 .kv_lora_rank = 256,
                 .qk_nope_dim = 128,
                 .qk_rope_dim = 64,
                 .v_head_dim = 128};
  return m;
}

inline model::TransformerSpec moe_model(std::int64_t layers) {
  model::TransformerSpec m = dense_model(layers);
  m.name = "toy moe";
  m.dense_layers = 0;
  m.moe = {.experts = 32, .shared_experts = 1, .top_k = 4, .expert_ffn = 512, .groups = 4, .top_groups = 2};
  return m;
}

// Owns what a StepSpec points to.
struct Toy {
  model::TransformerSpec model;
  hardware::GpuSpec gpu = toy::gpu();
  hardware::NicSpec nic = toy::nic();
  plan::SoftwareSpec software = toy::software();
  topology::ClusterSpec cluster;
  plan::PlanSpec plan;

  cluster::StepSpec spec(const foretrain::cluster::Switches& off = {}) const {
    foretrain::cluster::StepSpec s;
    s.model = &model;
    s.gpu = &gpu;
    s.nic = &nic;
    s.cluster = &cluster;
    s.plan = &plan;
    s.software = &software;
    s.sequence = 2048;
    s.off = off;
    return s;
  }
};

inline Toy dense(std::int64_t layers) {
  Toy t;
  t.model = dense_model(layers);
  t.cluster.gpus = t.cluster.gpus_per_node = t.cluster.nics_per_node = t.cluster.fabric.planes = 1;
  t.plan.stages = {model::list_units(t.model)};
  return t;
}

// One MoE layer a stage, the embedding before the first and the head after the last; `data` GPUs a stage, in
// expert-parallel groups of `expert`.
inline Toy moe(plan::Schedule schedule, std::int64_t stages, std::int64_t data, std::int64_t expert) {
  Toy t;
  t.model = moe_model(stages);
  t.plan.schedule = schedule;
  t.plan.pipeline = schedule == plan::Schedule::dualpipe_v ? stages / 2 : stages;
  t.plan.data = data;
  t.plan.expert = expert;
  t.plan.recompute = {true, true, true};
  t.cluster.gpus = t.plan.pipeline * data;
  t.plan.stages.assign(static_cast<std::size_t>(stages), {model::Unit::moe_layer});
  t.plan.stages.front().insert(t.plan.stages.front().begin(), model::Unit::embedding);
  t.plan.stages.back().push_back(model::Unit::head);
  return t;
}

struct Stepped {
  foretrain::cluster::Prepared prepared;
  foretrain::cluster::ChunkPools pools;
  foretrain::cluster::StepResult result;
};

inline Stepped step(const foretrain::cluster::StepSpec& spec, std::int32_t micro_batches) {
  namespace fc = foretrain::cluster;
  Stepped s{fc::prepare(spec), {}, {}};
  const auto choice = fc::choose_schedule(*spec.plan, micro_batches);
  const auto program =
      plan::list_program(choice.schedule, static_cast<std::int32_t>(spec.plan->stages.size()), micro_batches,
                         static_cast<std::int32_t>(spec.plan->virtual_stages));
  s.pools = fc::simulate_chunks(s.prepared.inputs, s.prepared.prices, {&program});
  s.result = fc::simulate_step(spec, s.prepared, s.pools, program, choice);
  return s;
}

// Pipelines that laws are tried on.
struct Shape {
  plan::Schedule schedule;
  std::int32_t stages, micro_batches;
};
inline const std::vector<Shape> shapes{
    {plan::Schedule::one_f_one_b, 1, 3}, {plan::Schedule::one_f_one_b, 4, 8},
    {plan::Schedule::zb1p, 4, 8},        {plan::Schedule::dualpipe, 2, 4},
    {plan::Schedule::dualpipe, 4, 10},   {plan::Schedule::dualpipe_v, 4, 6}};

}  // namespace toy
