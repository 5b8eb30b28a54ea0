#pragma once
// Flash attention over the causal half, for both makers of op lists. Forward: two matmuls, over d_qk and d_v.
// Backward: five, three over d_qk and two over d_v (FlashAttention-2, arXiv:2307.08691, algorithm 2). Bytes:
// each tensor crosses once; one FP32 sum a row and head forward, two backward; dQ adds up in FP32. Where
// documents are masked (documents.hpp) the work is that of the keys seen, and bytes are the same.
//
// Left out: keys and values that are read again for each block of queries, which caches are taken to serve.

#include <cstdint>

#include "base/kernel.hpp"
#include "model/documents.hpp"

namespace foretrain::model {

struct AttentionShape {
  std::int64_t tokens{}, kv_tokens{};  // queries; keys there are
  KeysSeen keys{};
  std::int64_t heads{}, d_qk{}, d_v{};
  std::int64_t q_width{}, kv_width{},
      o_width{};  // of all heads; kv_width: keys with values, as they are read
};

// Of the sizes of a list: `kv_width` as that stack reads keys and values.
template <class Sizes>
AttentionShape attention_shape(const Sizes& s, std::int64_t kv_width) {
  return {.tokens = s.tokens,
          .kv_tokens = s.kv_tokens,
          .keys = s.keys,
          .heads = s.heads,
          .d_qk = s.d_qk,
          .d_v = s.d_v,
          .q_width = s.q_width,
          .kv_width = kv_width,
          .o_width = s.o_width};
}

Kernel flash_forward(const AttentionShape& s);
// `outputs`: tensors as large as the output that it reads. 1: its gradient. 2: the output too, where the sums
// over their product are not a kernel of their own.
Kernel flash_backward(const AttentionShape& s, int outputs);

}  // namespace foretrain::model
