#include "model/kernels.hpp"

#include "base/check.hpp"
#include "model/flash_attention.hpp"
#include "model/precision.hpp"

namespace foretrain::model {

namespace {

double real(std::int64_t n) {
  return static_cast<double>(n);
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
  kernel.work = flops(2.0 * area(m, n) * real(k));
  return kernel;
}

// Keys are read with their rotary part, whole for each head.
AttentionShape shape_of_attention(const Sizes& s) {
  return attention_shape(s, s.heads * (s.d_qk + s.d_v));
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
  const double weights = real(groups) * area(n, k);
  kernel.read = bytes(operand_size(precision, area(m, k)) + weight_operand_size(precision, weights));
  kernel.written = bytes(bf16_size(area(m, n)));
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
  const double accumulator = fp32_size(real(groups) * area(m, n));
  kernel.read = bytes(operand_size(precision, area(m + n, k)) + accumulator);
  kernel.written = bytes(accumulator);
  kernel.splits_k = true;
  return kernel;
}

Kernel stream(Family family, std::int64_t m, std::int64_t n, double read, double written, int launches) {
  Kernel kernel;
  kernel.family = family;
  kernel.m = m;
  kernel.n = n;
  kernel.work = flops(area(m, n));
  kernel.read = bytes(read);
  kernel.written = bytes(written);
  kernel.launches = launches;
  return kernel;
}

Kernel fp8_cast(std::int64_t m, std::int64_t n) {
  const double size = area(m, n);
  return stream(Family::fp8_cast, m, n, bf16_size(size), fp8_size(size));
}

Kernel fp8_back_cast(std::int64_t m, std::int64_t n) {
  const double size = area(m, n);
  return stream(Family::fp8_cast, m, n, fp8_size(size), bf16_size(size));
}

Kernel column_cast(std::int64_t m, std::int64_t n, bool from_fp8) {
  const double size = area(m, n);
  return stream(Family::fp8_cast_transpose, m, n, from_fp8 ? fp8_size(size) : bf16_size(size),
                fp8_size(size));
}

Kernel weight_transpose(std::int64_t m, std::int64_t n) {
  const double size = area(m, n);
  return stream(Family::weight_transpose, m, n, size, size);
}

Kernel scale_transpose(std::int64_t m, const std::vector<std::int64_t>& columns) {
  std::int64_t scales = 0;
  for (const auto n : columns) scales += (n + 127) / 128;
  const double size = fp32_size(area(m, scales));
  return stream(Family::scale_transpose, m, scales, size, size, static_cast<int>(columns.size()));
}

Kernel layout_copy(std::int64_t m, std::int64_t n, int launches) {
  const double size = bf16_size(area(m, n));
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
  const double size = bf16_size(area(m, n));
  return stream(Family::rmsnorm, m, n, size, size);
}

Kernel norm_gradient(std::int64_t m, std::int64_t n) {
  const double size = bf16_size(area(m, n));
  return stream(Family::rmsnorm_backward, m, n, 2 * size, size);
}

Kernel norm_weight_gradient(std::int64_t weights, int launches) {
  constexpr std::int64_t partial_sums = 128;  // about one for each block of the backward kernel
  return stream(Family::rmsnorm_backward, partial_sums, weights, fp32_size(area(partial_sums, weights)),
                fp32_size(real(weights)), launches);
}

Kernel attention_forward(const Sizes& s) {
  return flash_forward(shape_of_attention(s));
}

Kernel attention_backward(const Sizes& s) {
  return flash_backward(shape_of_attention(s), 1);
}

}  // namespace foretrain::model
