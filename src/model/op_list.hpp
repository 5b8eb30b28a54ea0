#pragma once
// What the makers of op lists share: the sizes of one GPU's tensors, and a list being written.
//
// Each maker below writes one part of a layer; ops.cpp puts the parts together. Names, order and number of
// kernels are those of the published training trace (tests/published/deepseek_v3_trace_ops.csv), so that a
// list can be laid beside the measurement. What a setting makes unnecessary (casts in BF16, recompute that is
// off) is not listed.

#include <string>
#include <vector>

#include "model/ops.hpp"

namespace foretrain::model {

struct Sizes {
  std::int64_t tokens{}, kv_tokens{};  // of queries; whose K, V they read
  KeysSeen keys{};
  std::int64_t hidden{}, vocabulary{};
  std::int64_t heads{}, d_nope{}, d_rope{}, d_qk{}, d_v{};
  std::int64_t q_latent{}, kv_latent{}, kv_down{};  // kv_down: latent and the shared rotary key
  std::int64_t q_width{}, kv_width{},
      o_width{};  // of all heads: queries, keys (no position) with values, outputs
  std::int64_t experts{}, top_k{}, expert_ffn{}, shared_ffn{}, local_experts{}, rows{}, received{};
  Precision precision{};
  Recompute recompute;

  bool fp8() const { return precision == Precision::fp8; }
};
Sizes sizes_of(const TransformerSpec& spec, const Work& work);

inline double area(std::int64_t m, std::int64_t n) {
  return static_cast<double>(m) * static_cast<double>(n);
}

class OpList {
 public:
  OpList(Phase phase, Block block) : phase_(phase), block_(block) {}
  void add(std::string name, const Kernel& kernel, double kept = 0);
  void add_if(bool listed, std::string name, const Kernel& kernel, double kept = 0);
  void add(std::string name, const Communication& communication);
  void keep(double size);  // more that the last op leaves for the backward
  std::vector<Op> take() { return std::move(ops_); }

 private:
  Phase phase_;
  Block block_;
  std::vector<Op> ops_;
};

// The lists of one unit while they are written.
struct UnitLists {
  OpList attention_f{Phase::forward, Block::attention}, mlp_f{Phase::forward, Block::mlp};
  OpList mlp_i{Phase::input_gradient, Block::mlp}, attention_i{Phase::input_gradient, Block::attention};
  OpList mlp_w{Phase::weight_gradient, Block::mlp}, attention_w{Phase::weight_gradient, Block::attention};

  UnitOps take(Unit unit);
};

void add_keys(OpList& list, const Sizes& s, bool keep);  // rotary embedding and layout of the keys
void add_heads(OpList& list, const Sizes& s, bool keep_keys,
               bool keep_queries);  // the same, and of the queries

void add_attention_forward(OpList& list, const Sizes& s);   // up to and with the norm before the MLP
void add_attention_backward(OpList& list, const Sizes& s);  // from that norm's gradient on
void add_attention_weights(OpList& list, const Sizes& s);

void add_gate_forward(OpList& list, const Sizes& s);
void add_gate_backward(OpList& list, const Sizes& s);
void add_experts_forward(OpList& list, const Sizes& s);
void add_experts_backward(OpList& list, const Sizes& s);
void add_experts_weights(OpList& list, const Sizes& s);

// The gated MLP that every token passes: shared experts ("shared") or a dense layer ("dense"), of width
// `ffn`.
struct GatedMlp {
  std::string prefix;
  std::int64_t ffn;
};
void add_gate_up(OpList& list, const Sizes& s, const GatedMlp& mlp);
void add_down(OpList& list, const Sizes& s, const GatedMlp& mlp);
void add_activation_cache(OpList& list, const Sizes& s, const GatedMlp& mlp);
void add_down_backward(OpList& list, const Sizes& s, const GatedMlp& mlp);
void add_gate_up_backward(OpList& list, const Sizes& s, const GatedMlp& mlp);
void add_mlp_input_again(OpList& list, const Sizes& s);  // recomputes what the weight gradients read

void add_dense_forward(OpList& list, const Sizes& s, std::int64_t ffn);
void add_dense_backward(OpList& list, const Sizes& s, std::int64_t ffn);
void add_dense_weights(OpList& list, const Sizes& s, std::int64_t ffn);

void add_embedding_forward(OpList& list, const Sizes& s);
void add_embedding_weights(OpList& list, const Sizes& s);
void add_head_forward(OpList& list, const Sizes& s);
void add_head_backward(OpList& list, const Sizes& s);
void add_head_weights(OpList& list, const Sizes& s);

void add_mtp_projection_forward(OpList& list, const Sizes& s);
void add_mtp_projection_backward(OpList& list, const Sizes& s);
void add_mtp_projection_weights(OpList& list, const Sizes& s);

}  // namespace foretrain::model
