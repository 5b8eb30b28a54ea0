#include "model/kernels.hpp"

#include "base/check.hpp"
#include "model/precision.hpp"

namespace foretrain::model {

namespace {

double real(std::int64_t n) {
  return static_cast<double>(n);
}
double product(std::int64_t a, std::int64_t b) {
  return real(a) * real(b);
}

constexpr double scale_tile = 128;  // elements that share one scale

Kernel matmul(Family family, DType dtype, std::int64_t m, std::int64_t n, std::int64_t k,
              std::int64_t groups) {
  Kernel kernel;
  kernel.family = family;
  kernel.dtype = dtype;
  kernel.m = m;
  kernel.n = n;
  kernel.k = k;
  kernel.groups = groups;
  kernel.work = flops(2.0 * product(m, n) * real(k));
  return kernel;
}

Kernel attention(Family family, const Sizes& s) {
  Kernel kernel;
  kernel.family = family;
  kernel.m = s.tokens;
  kernel.n = s.heads;
  kernel.k = s.keys;
  kernel.d_qk = static_cast<int>(s.d_qk);
  kernel.d_v = static_cast<int>(s.d_v);
  return kernel;
}

Bytes queries_keys_values(const Sizes& s) {
  return bytes(bf16_size(product(s.tokens, s.q_width) + product(s.kv_tokens, s.heads * (s.d_qk + s.d_v))));
}

}  // namespace

double fp8_size(double elements) {
  return elements + 4.0 * elements / scale_tile;
}
double fp8_weight_size(double elements) {
  return elements + 4.0 * elements / (scale_tile * scale_tile);
}

double packed_size(double elements) {
  return 1.5 * elements + 4.0 * elements / scale_tile;
}

Kernel gemm(Precision precision, std::int64_t m, std::int64_t n, std::int64_t k) {
  auto kernel = grouped_gemm(precision, m, n, k, 1);
  kernel.family = gemm_family(precision, false);
  return kernel;
}

Kernel grouped_gemm(Precision precision, std::int64_t m, std::int64_t n, std::int64_t k,
                    std::int64_t groups) {
  auto kernel = matmul(gemm_family(precision, true), dtype_of(precision), m, n, k, groups);
  const double weights = real(groups) * product(n, k);
  kernel.read = bytes(operand_size(precision, product(m, k)) + weight_operand_size(precision, weights));
  kernel.written = bytes(bf16_size(product(m, n)));
  return kernel;
}

Kernel weight_gradient(Precision precision, std::int64_t m, std::int64_t n, std::int64_t k) {
  auto kernel = grouped_weight_gradient(precision, m, n, k, 1);
  kernel.family = weight_gradient_family(precision, false);
  return kernel;
}

Kernel grouped_weight_gradient(Precision precision, std::int64_t m, std::int64_t n, std::int64_t k,
                               std::int64_t groups) {
  auto kernel = matmul(weight_gradient_family(precision, true), dtype_of(precision), m, n, k, groups);
  const double accumulator = fp32_size(real(groups) * product(m, n));
  kernel.read = bytes(operand_size(precision, product(m + n, k)) + accumulator);
  kernel.written = bytes(accumulator);
  kernel.splits_k = true;
  return kernel;
}

Kernel stream(Family family, std::int64_t m, std::int64_t n, double read, double written, int launches) {
  Kernel kernel;
  kernel.family = family;
  kernel.m = m;
  kernel.n = n;
  kernel.work = flops(product(m, n));
  kernel.read = bytes(read);
  kernel.written = bytes(written);
  kernel.launches = launches;
  return kernel;
}

Kernel fp8_cast(std::int64_t m, std::int64_t n) {
  const double size = product(m, n);
  return stream(Family::fp8_cast, m, n, bf16_size(size), fp8_size(size));
}

Kernel fp8_back_cast(std::int64_t m, std::int64_t n) {
  const double size = product(m, n);
  return stream(Family::fp8_cast, m, n, fp8_size(size), bf16_size(size));
}

Kernel column_cast(std::int64_t m, std::int64_t n, bool from_fp8) {
  const double size = product(m, n);
  return stream(Family::fp8_cast_transpose, m, n, from_fp8 ? fp8_size(size) : bf16_size(size),
                fp8_size(size));
}

Kernel weight_transpose(std::int64_t m, std::int64_t n) {
  const double size = product(m, n);
  return stream(Family::weight_transpose, m, n, size, size);
}

Kernel scale_transpose(std::int64_t m, const std::vector<std::int64_t>& columns) {
  std::int64_t scales = 0;
  for (const auto n : columns) scales += (n + 127) / 128;
  const double size = fp32_size(product(m, scales));
  return stream(Family::scale_transpose, m, scales, size, size, static_cast<int>(columns.size()));
}

Kernel layout_copy(std::int64_t m, std::int64_t n, int launches) {
  const double size = bf16_size(product(m, n));
  return stream(Family::layout_copy, m, n, size, size, launches);
}

Kernel combined(Kernel a, const Kernel& b) {
  check(a.family == b.family && a.k == 0 && b.k == 0, "only memory-bound runs of one family combine");
  a.work += b.work;
  a.read += b.read;
  a.written += b.written;
  a.launches += b.launches;
  return a;
}

Kernel norm(std::int64_t m, std::int64_t n) {
  const double size = bf16_size(product(m, n));
  return stream(Family::rmsnorm, m, n, size, size);
}

Kernel norm_gradient(std::int64_t m, std::int64_t n) {
  const double size = bf16_size(product(m, n));
  return stream(Family::rmsnorm_backward, m, n, 2 * size, size);
}

Kernel norm_weight_gradient(std::int64_t weights, int launches) {
  constexpr std::int64_t partial_sums = 128;  // about one for each block of the backward kernel
  return stream(Family::rmsnorm_backward, partial_sums, weights, fp32_size(product(partial_sums, weights)),
                fp32_size(real(weights)), launches);
}

Kernel attention_forward(const Sizes& s) {
  auto kernel = attention(Family::attention_forward, s);
  kernel.work = flops(2.0 * product(s.tokens, s.keys) * real(s.heads * (s.d_qk + s.d_v)));
  kernel.read = queries_keys_values(s);
  kernel.written = bytes(bf16_size(product(s.tokens, s.o_width)) + fp32_size(product(s.tokens, s.heads)));
  return kernel;
}

Kernel attention_backward(const Sizes& s) {
  auto kernel = attention(Family::attention_backward, s);
  kernel.work = flops(2.0 * product(s.tokens, s.keys) * real(s.heads * (3 * s.d_qk + 2 * s.d_v)));
  const double accumulator = fp32_size(product(s.tokens, s.q_width));
  const double row_sums = 2 * fp32_size(product(s.tokens, s.heads));
  kernel.read =
      queries_keys_values(s) + bytes(bf16_size(product(s.tokens, s.o_width)) + row_sums + accumulator);
  kernel.written = bytes(accumulator + bf16_size(product(s.kv_tokens, s.heads * (s.d_qk + s.d_v))));
  return kernel;
}

}  // namespace foretrain::model
