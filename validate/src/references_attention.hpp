#pragma once
// What attention should compute for one query, or one key, in double precision on the host (FlashAttention-2,
// arXiv:2307.08691, section 2.2 for the gradients). Costs a pass over all keys (or queries).

#include <cstddef>
#include <vector>

#include "references.hpp"

namespace foretrain::bench {

// `count` rows of `width` numbers, `pitch` numbers apart.
struct Rows {
  const double* data = nullptr;
  std::size_t count = 0, width = 0, pitch = 0;

  const double* row(std::size_t i) const { return data + i * pitch; }
};
inline Rows rows_of(const Values& values, std::size_t width) {
  return {values.data(), values.size() / width, width, width};
}

struct Attended {
  Values out;
  double log_sum = 0;  // natural logarithm of the sum of e to the scaled scores
};
Attended reference_attention(const Values& q, const Rows& keys, const Rows& values, double scale);

// Gradient of one query, from that of its output.
Values reference_query_gradient(const Values& q, const Rows& keys, const Rows& values, const Values& d_out,
                                double scale);

// Gradients of one key and its value, from all queries that see it: their log sums, and the products of their
// outputs with the outputs' gradients.
struct KeyGradient {
  Values dk, dv;
};
KeyGradient reference_key_gradient(const Values& k, const Values& v, const Rows& queries, const Rows& d_outs,
                                   const Values& log_sums, const Values& products, double scale);

}  // namespace foretrain::bench
