#include <cuda_bf16.h>
#include <cuda_fp8.h>

#include "device/buffer.hpp"
#include "kernels/gemm_check.hpp"
#include "pick.hpp"

namespace foretrain::bench {

namespace {

constexpr int threads = 128;

__device__ double element(const void* data, std::int64_t at, Format format) {
  switch (format) {
    case Format::bf16:
      return static_cast<double>(__bfloat162float(static_cast<const __nv_bfloat16*>(data)[at]));
    case Format::fp8:
      return static_cast<double>(static_cast<float>(static_cast<const __nv_fp8_e4m3*>(data)[at]));
    case Format::fp32:
      break;
  }
  return static_cast<double>(static_cast<const float*>(data)[at]);
}

__device__ double scale(const Operand& o, std::int64_t row, std::int64_t kk, std::int64_t k) {
  switch (o.scaling) {
    case Scaling::none:
      return 1;
    case Scaling::tensor:
      return o.scales[0];
    case Scaling::vector128:
      return o.scales[row + o.rows * (kk / 128)];
    case Scaling::block128:
      break;
  }
  const std::int64_t stride = ((k + 127) / 128 + 3) / 4 * 4;
  return o.scales[(row / 128) * stride + kk / 128];
}

// One block an element: threads take every 128th of k, then add up through shared memory.
__global__ void products(ProductCheck p, const std::int64_t* rows, const std::int64_t* columns,
                         double* result, double* reference) {
  __shared__ double sums[threads];
  const std::int64_t i = rows[blockIdx.x], j = columns[blockIdx.x];
  double sum = 0;
  for (std::int64_t kk = threadIdx.x; kk < p.k; kk += threads) {
    const double a = element(p.a.data, i * p.a.row_step + kk * p.a.k_step, p.in) * scale(p.a, i, kk, p.k);
    const double b = element(p.b.data, j * p.b.row_step + kk * p.b.k_step, p.in) * scale(p.b, j, kk, p.k);
    sum += a * b;
  }
  sums[threadIdx.x] = sum;
  __syncthreads();
  for (int half = threads / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x != 0) return;
  const std::int64_t at = i * p.n + j;
  reference[blockIdx.x] = sums[0] + (p.c == nullptr ? 0.0 : static_cast<double>(p.c[at]));
  result[blockIdx.x] = element(p.d, at, p.out);
}

}  // namespace

std::int64_t scale_count(Scaling scaling, std::int64_t rows, std::int64_t k) {
  const std::int64_t length = (k + 127) / 128;
  switch (scaling) {
    case Scaling::none:
    case Scaling::tensor:
      return 1;
    case Scaling::vector128:
      return rows * length;
    case Scaling::block128:
      break;
  }
  return (length + 3) / 4 * 4 * ((rows + 127) / 128);
}

double check_product(const ProductCheck& check_of, int samples, std::uint64_t seed, cudaStream_t stream) {
  const Buffer rows = to_gpu(pick(check_of.m, samples, seed));
  const Buffer columns = to_gpu(pick_others(check_of.n, samples, seed + 1));
  const auto count = static_cast<std::size_t>(samples);
  const Buffer result(count * sizeof(double)), reference(count * sizeof(double));
  products<<<static_cast<unsigned>(samples), threads, 0, stream>>>(
      check_of, rows.as<std::int64_t>(), columns.as<std::int64_t>(), result.as<double>(),
      reference.as<double>());
  check_launch("check of a product");
  return relative_error(to_host<double>(result.get(), count), to_host<double>(reference.get(), count));
}

}  // namespace foretrain::bench
