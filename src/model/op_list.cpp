#include "model/op_list.hpp"

#include <utility>

#include "base/check.hpp"

namespace foretrain::model {

Sizes sizes_of(const TransformerSpec& spec, const Work& work) {
  const auto& a = spec.attention;
  Sizes s{};
  s.tokens = work.tokens;
  // The causal half, also of a context-parallel share when it is balanced (zig-zag, document by document).
  s.keys = keys_seen(work.sequence, work.pieces);
  s.kv_tokens = work.tokens * work.context_parallel;
  s.hidden = spec.hidden;
  s.vocabulary = spec.vocabulary;
  s.heads = a.heads;
  s.d_nope = a.qk_nope_dim;
  s.d_rope = a.qk_rope_dim;
  s.d_qk = a.qk_nope_dim + a.qk_rope_dim;
  s.d_v = a.v_head_dim;
  s.q_latent = a.q_lora_rank;
  s.kv_latent = a.kv_lora_rank;
  s.kv_down = a.kv_lora_rank + a.qk_rope_dim;
  s.q_width = a.heads * s.d_qk;
  s.kv_width = a.heads * (a.qk_nope_dim + a.v_head_dim);
  s.o_width = a.heads * a.v_head_dim;
  s.experts = spec.moe.experts;
  s.top_k = spec.moe.top_k;
  s.expert_ffn = spec.moe.expert_ffn;
  s.shared_ffn = shared_width(spec.moe);
  s.local_experts = work.local_experts;
  s.rows = work.routed_rows;
  s.received = work.received_tokens;
  s.precision = work.precision;
  s.recompute = work.recompute;
  return s;
}

void OpList::add(std::string name, const Kernel& kernel, double kept) {
  ops_.push_back({std::move(name), phase_, block_, kernel, std::nullopt, bytes(kept)});
}

void OpList::add_if(bool listed, std::string name, const Kernel& kernel, double kept) {
  if (listed) add(std::move(name), kernel, kept);
}

void OpList::add(std::string name, const Communication& communication) {
  ops_.push_back({std::move(name), phase_, block_, {}, communication, {}});
}

void OpList::keep(double size) {
  check(!ops_.empty(), "an op keeps it");
  ops_.back().kept += bytes(size);
}

UnitOps UnitLists::take(Unit unit) {
  UnitOps ops;
  ops.unit = unit;
  ops.attention_f = attention_f.take();
  ops.mlp_f = mlp_f.take();
  ops.mlp_i = mlp_i.take();
  ops.attention_i = attention_i.take();
  ops.mlp_w = mlp_w.take();
  ops.attention_w = attention_w.take();
  return ops;
}

}  // namespace foretrain::model
