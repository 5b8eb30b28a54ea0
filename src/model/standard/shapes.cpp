#include "model/standard/shapes.hpp"

#include <algorithm>

namespace foretrain::model::standard {

namespace {

std::int64_t share(std::int64_t whole, std::int64_t among) {
  return (whole + among - 1) / among;
}

void set_attention(Shapes& s, bool windowed) {
  const auto& a = s.spec.attention;
  const bool grouped = a.kind == AttentionSpec::Kind::grouped;
  s.heads = share(a.heads, s.tensor);
  s.kv_heads = grouped ? share(a.kv_heads, s.tensor) : s.heads;  // fewer than GPUs: each keeps a copy of one
  s.d_qk = query_key_dim(a);
  s.d_v = value_dim(a);
  s.q_width = s.heads * s.d_qk;
  s.kv_width = s.kv_heads * (s.d_qk + s.d_v);
  s.o_width = s.heads * s.d_v;
  s.sequence = s.work.sequence;
  s.keys = keys_seen(s.sequence, s.work.pieces, windowed ? a.window : 0);
  // Zig-zag shares of a context-parallel group need everyone's keys in the end, or those in the window. They
  // are sent and projected whatever the documents.
  const auto seen = windowed ? s.tokens + std::min(a.window, s.sequence) : s.tokens * s.work.context_parallel;
  s.kv_tokens = std::min(seen, s.tokens * s.work.context_parallel);
}

}  // namespace

Shapes shapes_of(const TransformerSpec& spec, Unit unit, const Work& work) {
  Shapes s{.spec = spec, .work = work};
  s.tensor = work.tensor_parallel;
  s.expert_tensor = work.expert_tensor_parallel;
  s.sequence_cut = work.sequence_parallel && s.tensor > 1;
  s.tokens = work.tokens;
  s.rows = s.sequence_cut ? share(work.tokens, s.tensor) : work.tokens;
  s.hidden = spec.hidden;
  s.vocabulary = share(spec.vocabulary, s.tensor);
  set_attention(s, is_windowed(unit));
  s.up = spec.activation == Activation::swiglu ? 2 : 1;
  s.dense_ffn = share(spec.dense_ffn, s.tensor);
  s.shared_ffn = share(shared_width(spec.moe), s.tensor);
  s.expert_ffn = share(spec.moe.expert_ffn, s.expert_tensor);
  s.routed = work.routed_rows;
  s.copies = s.rows * spec.moe.top_k;
  s.precision = work.precision;
  return s;
}

}  // namespace foretrain::model::standard
