#pragma once
// What a transformer is, as its report states it: dimensions only, no layout, no hardware.
// Left out: encoder-decoder models, state-space layers, vision towers.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "model/documents.hpp"

namespace foretrain::model {

struct AttentionSpec {
  enum class Kind : std::uint8_t {
    mla,      // multi-head latent attention (DeepSeek-V2 report, arXiv:2405.04434, section 2.1)
    grouped,  // kv_heads shared by groups of query heads (arXiv:2305.13245); kv_heads == heads: multi-head
  };
  Kind kind = Kind::mla;
  std::int64_t heads = 0;
  std::int64_t q_lora_rank = 0, kv_lora_rank = 0, qk_nope_dim = 0, qk_rope_dim = 0, v_head_dim = 0;  // mla
  std::int64_t kv_heads = 0, head_dim = 0;  // grouped
  std::int64_t window = 0;        // sliding window of the windowed layers, in tokens; 0: none are windowed
  std::int64_t window_every = 1;  // one layer in so many is windowed, beginning with the first
  bool qk_norm = false;           // queries and keys are normalised per head
};
struct MoeSpec {
  std::int64_t experts = 0, shared_experts = 0, top_k = 0, expert_ffn = 0;
  std::int64_t groups = 1, top_groups = 1;  // node-limited routing: the best `top_groups` of `groups`
  std::int64_t every = 1;  // after the dense layers, one layer in so many has experts (the last of each run)
  std::int64_t shared_ffn = 0;  // inner width of the shared part; 0: shared_experts * expert_ffn
};
enum class Activation : std::uint8_t { swiglu, gelu, squared_relu };  // swiglu has a gate: two matrices up
enum class Norm : std::uint8_t { rmsnorm, layernorm };
enum class Position : std::uint8_t { rotary, learned, alibi };
struct TransformerSpec {
  std::string name, source;
  std::int64_t vocabulary = 0, hidden = 0, layers = 0, dense_layers = 0, dense_ffn = 0;
  AttentionSpec attention;
  Activation activation = Activation::swiglu;
  Norm norm = Norm::rmsnorm;
  Position position = Position::rotary;
  bool biases = false;                 // on every linear layer of attention and feed-forward parts
  bool attention_biases = false;       // on queries, keys and values alone (Qwen2)
  bool tied_embedding = false;         // the head uses the embedding's table
  std::int64_t learned_positions = 0;  // rows of a learned position table
  MoeSpec moe;                         // moe.experts == 0: every layer is dense
  std::int64_t mtp_depth =
      0;  // multi-token-prediction modules, each one more MoE layer + projection [2h -> h]
};

// What a pipeline stage is made of, in forward order. The mtp unit is projection + one layer; each head is
// final norm + output projection + cross entropy (the MTP module runs the shared head once more).
// A window layer is the same layer with attention over a sliding window.
enum class Unit : std::uint8_t {
  embedding,
  dense_layer,
  moe_layer,
  mtp_layer,
  head,
  mtp_head,
  dense_window_layer,
  moe_window_layer,
  // The same layers where a plan recomputes some whole and others not (Recompute::full_layers).
  dense_layer_again,
  moe_layer_again,
  dense_window_layer_again,
  moe_window_layer_again
};
inline constexpr std::size_t unit_count = 12;
std::string_view name_of(Unit unit);
constexpr Unit plain(Unit u) {  // what the model calls it, recomputed or not
  switch (u) {
    case Unit::dense_layer_again:
      return Unit::dense_layer;
    case Unit::moe_layer_again:
      return Unit::moe_layer;
    case Unit::dense_window_layer_again:
      return Unit::dense_window_layer;
    case Unit::moe_window_layer_again:
      return Unit::moe_window_layer;
    default:
      return u;
  }
}
constexpr Unit again(Unit u) {  // the reverse; what is never recomputed by layers stays as it is
  switch (u) {
    case Unit::dense_layer:
      return Unit::dense_layer_again;
    case Unit::moe_layer:
      return Unit::moe_layer_again;
    case Unit::dense_window_layer:
      return Unit::dense_window_layer_again;
    case Unit::moe_window_layer:
      return Unit::moe_window_layer_again;
    default:
      return u;
  }
}
constexpr bool is_windowed(Unit u) {
  return plain(u) == Unit::dense_window_layer || plain(u) == Unit::moe_window_layer;
}
constexpr bool is_layer(Unit u) {
  return plain(u) == Unit::dense_layer || plain(u) == Unit::moe_layer || u == Unit::mtp_layer ||
         is_windowed(u);
}
// Routed experts are in it (an MTP module's layer is of the main model's last kind).
constexpr bool has_experts(const TransformerSpec& spec, Unit u) {
  return spec.moe.experts > 0 &&
         (plain(u) == Unit::moe_layer || plain(u) == Unit::moe_window_layer || u == Unit::mtp_layer);
}

// All units of the model in forward order: embedding, layers, head, then per MTP depth mtp_layer and
// mtp_head.
std::vector<Unit> list_units(const TransformerSpec& spec);

struct ParameterCounts {
  double total = 0;  // main model: matmuls, biases, embedding, head, norms, the gate's; MTP modules apart
  double per_token =
      0;  // matmul weights that one token meets: attention, gate, shared and top-k experts, head
  double per_token_with_embedding = 0;  // the same and the whole embedding table, as reports count
  double mtp = 0;  // unique to the MTP modules: layer, projection, norms; embedding and head are shared
};
ParameterCounts count_parameters(const TransformerSpec& spec);
double count_parameters(const TransformerSpec& spec, Unit unit);         // expert weights included
double count_expert_parameters(const TransformerSpec& spec, Unit unit);  // routed experts only
double count_matmul_parameters(const TransformerSpec& spec, Unit unit);  // those that one token meets
double count_attention_parameters(const TransformerSpec& spec);  // matmul weights of one attention block
double count_feed_forward_parameters(const TransformerSpec& spec, std::int64_t ffn);  // and of one such MLP

// Dimensions that both kinds of attention have, of all heads.
std::int64_t query_key_dim(const AttentionSpec& attention);
std::int64_t value_dim(const AttentionSpec& attention);
std::int64_t shared_width(const MoeSpec& moe);  // inner width of the shared experts together

// Keys that a query sees on average over a sequence: s/2 when causal; with a window w < s the first w queries
// see w/2 on average and the others w: w - w^2 / (2s). Rounded down to a whole key.
std::int64_t causal_keys(std::int64_t sequence, std::int64_t window = 0);
double causal_keys_of(double sequence, double window);  // not rounded

// Model FLOPs a token for training: the numerator of MFU.
//   3 * (2 * per_token + 2 * heads * (d_qk + d_v) * sum over layers of keys), keys = s, or s/2 when `causal`,
//   of windowed layers no more than the window (causal_keys, or w)
// Where documents are masked, s is the length of each piece of one in turn, weighted by its tokens: only
// pairs inside documents count, in the full matrix too. Backward is twice forward (Megatron-LM,
// arXiv:2104.04473, appendix); no recompute, no padding, and MTP left out, as the published TFLOPS of
// DeepSeek-V3 imply (ISCA 2025, table 4).
Flops model_flops_per_token(const TransformerSpec& spec, std::int64_t sequence, bool causal,
                            const Pieces& pieces = {});

}  // namespace foretrain::model
