// Multi-head latent attention (arXiv:2405.04434, section 2.1) as Megatron-Core runs it
// (megatron/core/transformer/multi_latent_attention.py): the down-projections are whole on every GPU, on its
// own rows with sequence parallelism; the up-projections are cut by heads and gather the latents.

#include "model/kernels.hpp"
#include "model/standard/linear.hpp"
#include "model/standard/parts.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

struct Latent {
  const Shapes& s;
  const AttentionSpec& a;
  Input hidden, latents;  // what becomes of the norms' results

  explicit Latent(const Shapes& shapes)
      : s(shapes),
        a(shapes.spec.attention),
        hidden(shapes.recompute().norms ? Input::recomputed : Input::kept),
        latents(hidden) {}

  bool has_query_latent() const { return a.q_lora_rank > 0; }
  std::int64_t kv_down_width() const { return a.kv_lora_rank + a.qk_rope_dim; }

  Linear q_down() const {
    return {.name = "q_down", .cut = Cut::none, .n = a.q_lora_rank, .k = s.hidden, .input = hidden};
  }
  Linear q_up() const {
    return {.name = has_query_latent() ? "q_up" : "q",
            .cut = Cut::column,
            .n = s.q_width,
            .k = has_query_latent() ? a.q_lora_rank : s.hidden,
            .input = has_query_latent() ? latents : hidden};
  }
  Linear kv_down() const {  // reads what the queries' matrix reads
    const auto input = hidden == Input::kept ? Input::shared : hidden;
    return {.name = "kv_down", .cut = Cut::none, .n = kv_down_width(), .k = s.hidden, .input = input};
  }
  Linear kv_up() const {
    return {.name = "kv_up",
            .cut = Cut::column,
            .n = s.heads * (a.qk_nope_dim + s.d_v),
            .k = a.kv_lora_rank,
            .input = latents};
  }
};

// The rotary parts turned, and keys put together from each head's own part and the shared rotary one.
void add_positions(OpList& list, const Shapes& s, const std::string& suffix, bool keep) {
  const auto& a = s.spec.attention;
  const auto t = s.tokens, rotary = s.heads * a.qk_rope_dim;
  const double own = bf16_size(area(t, s.heads * a.qk_nope_dim)), shared = bf16_size(area(t, a.qk_rope_dim));
  const double keys = bf16_size(area(t, s.q_width)), values = bf16_size(area(t, s.o_width));
  add_rotary(list, s, "rope_q" + suffix, t, rotary, keep ? bf16_size(area(t, s.q_width)) : 0);
  if (!s.kernels().fused_rotary) {
    add_rotary(list, s, "rope_k" + suffix, t, a.qk_rope_dim);
    list.add("q_concat" + suffix, layout_copy(t, s.q_width));
  }
  const auto family = s.kernels().fused_rotary ? Family::rope : Family::layout_copy;
  list.add("k_concat" + suffix, stream(family, t, s.q_width, own + shared, keys), keep ? keys + values : 0);
}

}  // namespace

void add_latent_forward(OpList& list, const Shapes& s) {
  const Latent l(s);
  if (l.has_query_latent()) {
    add_linear_forward(list, s, l.q_down());
    add_norm(list, s, "q_latent_norm", s.rows, l.a.q_lora_rank);
  }
  add_linear_forward(list, s, l.q_up());
  add_linear_forward(list, s, l.kv_down());
  if (s.sequence_cut)  // the rotary key that all heads share
    list.add("k_rope_gather", collective(Pattern::all_gather, s, l.a.qk_rope_dim, 2));
  add_norm(list, s, "kv_latent_norm", s.rows, l.a.kv_lora_rank);
  add_linear_forward(list, s, l.kv_up());
  add_positions(list, s, "", !s.recompute().mla_up);
}

void add_latent_again(OpList& list, const Shapes& s) {
  const Latent l(s);
  const auto again = [&](Linear layer, const std::string& norm, std::int64_t width) {
    if (s.recompute().norms) add_norm_again(list, s, norm, s.rows, width);
    layer.name += "_recompute";
    layer.input = Input::recomputed;  // nothing more is kept
    add_linear_forward(list, s, layer);
  };
  if (l.has_query_latent())
    again(l.q_up(), "q_latent_norm", l.a.q_lora_rank);
  else
    again(l.q_up(), "attn_norm", s.hidden);
  again(l.kv_up(), "kv_latent_norm", l.a.kv_lora_rank);
  add_positions(list, s, "_recompute", false);
}

void add_latent_backward(OpList& list, const Shapes& s) {
  const Latent l(s);
  const bool again = s.recompute().norms;
  const bool norms_again = again && !s.recompute().mla_up;  // else they were made with the projections
  const auto ready = [&](Linear layer) {
    if (s.recompute().mla_up) layer.input = Input::kept;
    return layer;
  };
  add_positions(list, s, "_bwd", false);
  if (norms_again) add_norm_again(list, s, "kv_latent_norm", s.rows, l.a.kv_lora_rank);
  add_linear_backward(list, s, ready(l.kv_up()));
  add_norm_backward(list, s, "kv_latent_norm", s.rows, l.a.kv_lora_rank);
  if (s.sequence_cut) list.add("k_rope_scatter", collective(Pattern::reduce_scatter, s, l.a.qk_rope_dim, 2));
  if (again && (l.has_query_latent() || norms_again)) add_norm_again(list, s, "attn_norm", s.rows, s.hidden);
  add_linear_backward(list, s, l.kv_down());
  if (norms_again && l.has_query_latent()) add_norm_again(list, s, "q_latent_norm", s.rows, l.a.q_lora_rank);
  add_linear_backward(list, s, ready(l.q_up()));
  if (l.has_query_latent()) {
    add_norm_backward(list, s, "q_latent_norm", s.rows, l.a.q_lora_rank);
    add_linear_backward(list, s, l.q_down());
  }
  add_sum(list, "latent_grad_add", s.rows, s.hidden);
}

void add_latent_weights(OpList& list, const Shapes& s) {
  const Latent l(s);
  add_linear_weights(list, s, l.kv_up());
  add_linear_weights(list, s, l.kv_down());
  add_linear_weights(list, s, l.q_up());
  if (l.has_query_latent()) add_linear_weights(list, s, l.q_down());
}

}  // namespace foretrain::model::standard
