// Causal attention of DeepSeek-V3's training, 192 for scores and 128 for values: all heads at its own
// sequence lengths, and an eighth of them (as when eight GPUs share the heads) up to 128K. k is the average
// number of keys that a query sees. Our own kernels say nothing of a framework's, so they belong to no curve.
// cuDNN's gradient belongs to none either: it holds the products before it and the rounding after it, which
// the model's lists count as kernels of their own.

#include "points.hpp"

namespace foretrain::bench {

namespace {

constexpr double d_qk = 192, d_v = 128;

Row attention_row(const std::string& kernel, std::int64_t tokens, std::int64_t heads) {
  Row r;
  r.suite = "attention";
  r.kernel = kernel;
  r.m = tokens, r.n = heads, r.k = tokens / 2;
  r.d_qk = static_cast<int>(d_qk), r.d_v = static_cast<int>(d_v);
  return r;
}

}  // namespace

// Matrix products and bytes as src/model/flash_attention.cpp counts them.
Row attention_forward_row(std::int64_t tokens, std::int64_t heads) {
  Row r = attention_row("attention_forward_own", tokens, heads);
  const double rows = static_cast<double>(tokens * heads);
  r.flops = 2 * rows * static_cast<double>(r.k) * (d_qk + d_v);
  r.read_bytes = 2 * rows * (2 * d_qk + d_v);
  r.written_bytes = 2 * rows * d_v + 4 * rows;
  return r;
}

Row attention_backward_row(std::int64_t tokens, std::int64_t heads) {
  Row r = attention_row("attention_backward_own", tokens, heads);
  const double rows = static_cast<double>(tokens * heads), dq_sums = 4 * rows * d_qk;
  r.flops = 2 * rows * static_cast<double>(r.k) * (3 * d_qk + 2 * d_v);
  r.read_bytes = 2 * rows * (2 * d_qk + d_v) + 2 * rows * d_v + 2 * 4 * rows + dq_sums;
  r.written_bytes = dq_sums + 2 * rows * (d_qk + d_v);
  return r;
}

// Outputs times their gradients, before the gradient; dq from its sums, after it.
Row attention_products_row(std::int64_t tokens, std::int64_t heads) {
  Row r = attention_row("attention_products_own", tokens, heads);
  const double rows = static_cast<double>(tokens * heads);
  r.flops = 2 * rows * d_v;
  r.read_bytes = 2 * 2 * rows * d_v;
  r.written_bytes = 4 * rows;
  return r;
}

Row attention_round_row(std::int64_t tokens, std::int64_t heads) {
  Row r = attention_row("attention_round_own", tokens, heads);
  const double elements = static_cast<double>(tokens * heads) * d_qk;
  r.flops = elements;
  r.read_bytes = 4 * elements;
  r.written_bytes = 2 * elements;
  return r;
}

std::vector<Row> list_attention(bool has_cudnn) {
  std::vector<Row> rows;
  const auto add = [&](std::int64_t tokens, std::int64_t heads) {
    const Row forward = attention_forward_row(tokens, heads),
              backward = attention_backward_row(tokens, heads);
    rows.push_back(forward);
    rows.push_back(backward);
    if (!has_cudnn) return;
    rows.push_back(forward);
    rows.back().kernel = rows.back().family = "attention_forward";
    rows.push_back(backward);
    rows.back().kernel = "attention_gradient";
    const double elements = static_cast<double>(tokens * heads);
    rows.back().read_bytes += 2 * elements * d_v + 4 * elements * d_qk;  // out; sums of dq, to be rounded
    rows.back().written_bytes += 2 * elements * d_qk + 4 * elements;     // dq; products
    rows.back().launches = 3;
  };
  for (const std::int64_t tokens : {4096, 8192}) add(tokens, 128);
  for (std::int64_t tokens = 4096; tokens <= 131072; tokens *= 2) add(tokens, 16);
  return rows;
}

}  // namespace foretrain::bench
