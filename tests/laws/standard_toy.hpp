#pragma once
// The toy cluster with a dense model of grouped attention, as frameworks other than DeepSeek's run it.

#include <algorithm>

#include "laws/toy.hpp"
#include "plan/stages.hpp"

namespace toy {

// `tensor` x `data` GPUs a stage, in nodes
// of 8.
inline Toy standard(std::int64_t layers, std::int64_t tensor, std::int64_t data, std::int64_t pipeline = 1) {
  Toy t;
  t.model = dense_model(layers);
  t.model.attention = {
      .kind = model::AttentionSpec::Kind::grouped, .heads = 8, .kv_heads = 8, .head_dim = 128};
  t.software.kernels.stack = model::Kernels::Stack::standard;
  t.software.p2p_waits.value = false;
  t.plan.precision = model::Precision::bf16;
  t.plan.tensor = tensor;
  t.plan.data = data;
  t.plan.pipeline = pipeline;
  t.plan.stages = plan::default_stages(t.model, pipeline);
  t.cluster.gpus = tensor * data * pipeline;
  t.cluster.gpus_per_node = t.cluster.nics_per_node = t.cluster.fabric.planes =
      std::min<std::int64_t>(8, t.cluster.gpus);
  return t;
}

inline double time_of(const Toy& t, std::int32_t micro_batches, const cluster::Switches& off = {}) {
  return step(t.spec(off), micro_batches).result.step_time.base();
}

}  // namespace toy
