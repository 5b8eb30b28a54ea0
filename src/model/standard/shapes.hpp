#pragma once
// The sizes of one GPU's tensors under the standard stack: what tensor, sequence, context and expert tensor
// parallelism leave of a layer (Megatron-LM, arXiv:1909.08053, section 3; sequence parallelism:
// arXiv:2205.05198, section 4.2.2). Left out: padding of the vocabulary; what does not divide is rounded up.

#include "model/op_list.hpp"

namespace foretrain::model::standard {

struct Shapes {
  const TransformerSpec& spec;
  const Work& work;

  std::int64_t tokens{};  // rows of the matrices that tensor parallelism cuts
  std::int64_t rows{};    // rows outside of them: norms, residuals, dropout, router
  std::int64_t tensor{}, expert_tensor{};
  bool sequence_cut{};  // rows < tokens: gather before a cut matrix, scatter after it

  std::int64_t hidden{}, vocabulary{};
  std::int64_t heads{}, kv_heads{}, d_qk{}, d_v{};
  std::int64_t q_width{}, kv_width{}, o_width{};  // kv_width: keys and values of all kv_heads here
  KeysSeen keys{};
  std::int64_t sequence{};   // keys there are
  std::int64_t kv_tokens{};  // tokens whose keys and values attention reads

  std::int64_t up{};  // matrices up: 2 with a gate
  std::int64_t dense_ffn{}, shared_ffn{}, expert_ffn{};
  std::int64_t routed{};  // rows that this GPU's experts compute
  std::int64_t copies{};  // rows that this GPU's tokens become: top_k each

  Precision precision{};
  bool quantised() const { return precision != Precision::bf16; }
  const Kernels& kernels() const { return work.kernels; }
  const Recompute& recompute() const { return work.recompute; }
};

// The arguments must outlive the result.
Shapes shapes_of(const TransformerSpec& spec, Unit unit, const Work& work);

}  // namespace foretrain::model::standard
