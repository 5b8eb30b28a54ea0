// The gate of a mixture of experts, and moving rows to their experts and back.

#include "device/launch.hpp"
#include "kernels/memory.hpp"
#include "kernels/vectors.cuh"

namespace foretrain::bench {

namespace {

constexpr int threads = 256, row_threads = 128;
constexpr unsigned whole_warp = 0xffffffffU;
constexpr int groups = 8, top_groups = 4, top_k = 8, experts_total = 256;

__global__ void __launch_bounds__(row_threads)
    permute_kernel(const uint4* in, const int* source, uint4* out, std::int64_t vectors) {
  const std::int64_t row = blockIdx.x, from = source[row];
  for (std::int64_t i = threadIdx.x; i < vectors; i += row_threads)
    out[row * vectors + i] = in[from * vectors + i];
}

__global__ void __launch_bounds__(row_threads)
    unpermute_kernel(const uint4* in, const int* places, const float* weights, uint4* out,
                     std::int64_t vectors) {
  const std::int64_t token = blockIdx.x;
  const std::int64_t first = places[2 * token], second = places[2 * token + 1];
  const float w0 = weights[2 * token], w1 = weights[2 * token + 1];
  for (std::int64_t i = threadIdx.x; i < vectors; i += row_threads) {
    const Eight a = unpack(in[first * vectors + i]), b = unpack(in[second * vectors + i]);
    Eight sum;
#pragma unroll
    for (int j = 0; j < 8; ++j) sum.x[j] = w0 * a.x[j] + w1 * b.x[j];
    out[token * vectors + i] = pack(sum);
  }
}

// The largest value of the warp and who holds it; of equal ones the lowest `id`.
struct Best {
  float value;
  int id;
};
__device__ Best best_of_warp(Best mine) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    const float value = __shfl_xor_sync(whole_warp, mine.value, distance);
    const int id = __shfl_xor_sync(whole_warp, mine.id, distance);
    if (value > mine.value || (value == mine.value && id < mine.id)) mine = {value, id};
  }
  return mine;
}

// Which groups stay: those with fewer than four better ones. A bit for each.
__device__ unsigned choose_groups(const float (&score)[groups]) {
  unsigned chosen = 0;
#pragma unroll
  for (int g = 0; g < groups; ++g) {
    int better = 0;
#pragma unroll
    for (int other = 0; other < groups; ++other)
      better += score[other] > score[g] || (score[other] == score[g] && other < g) ? 1 : 0;
    if (better < top_groups) chosen |= 1U << g;
  }
  return chosen;
}

// A warp a token; lane l holds expert l of each group.
__global__ void __launch_bounds__(threads)
    gate_kernel(const float* logits, const float* bias, int* experts, float* weights, std::int64_t tokens) {
  const std::int64_t token = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / 32;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  if (token >= tokens) return;  // whole warps
  float score[groups], biased[groups], of_group[groups];
#pragma unroll
  for (int g = 0; g < groups; ++g) {
    score[g] = 1.0F / (1.0F + expf(-logits[token * experts_total + g * 32 + lane]));
    biased[g] = score[g] + bias[g * 32 + lane];
    const Best first = best_of_warp({biased[g], lane});
    const Best second = best_of_warp({lane == first.id ? -INFINITY : biased[g], lane});
    of_group[g] = first.value + second.value;
  }
  const unsigned chosen = choose_groups(of_group);
  float sum = 0, my_score = 0;
  int my_expert = 0;
  for (int rank = 0; rank < top_k; ++rank) {
    Best mine = {-INFINITY, experts_total};
#pragma unroll
    for (int g = 0; g < groups; ++g) {
      if ((chosen >> g & 1U) != 0 && biased[g] > mine.value) mine = {biased[g], g * 32 + lane};
    }
    const Best best = best_of_warp(mine);
    float won = 0;  // the plain score of the winner, known to its lane
#pragma unroll
    for (int g = 0; g < groups; ++g) {
      if (best.id != g * 32 + lane) continue;
      won = score[g];
      biased[g] = -INFINITY;
    }
    won = __shfl_sync(whole_warp, won, best.id % 32);
    sum += won;
    if (lane == rank) my_expert = best.id, my_score = won;
  }
  if (lane >= top_k) return;
  experts[token * top_k + lane] = my_expert;
  weights[token * top_k + lane] = 2.5F * my_score / sum;
}

}  // namespace

void permute(const void* in, const int* source, void* out, std::int64_t rows, std::int64_t n,
             cudaStream_t stream) {
  launch_kernel("permute", &permute_kernel, {static_cast<unsigned>(rows)}, row_threads, 0, stream,
                static_cast<const uint4*>(in), source, static_cast<uint4*>(out), n / 8);
}

void unpermute(const void* in, const int* places, const float* weights, void* out, std::int64_t tokens,
               std::int64_t n, cudaStream_t stream) {
  launch_kernel("unpermute", &unpermute_kernel, {static_cast<unsigned>(tokens)}, row_threads, 0, stream,
                static_cast<const uint4*>(in), places, weights, static_cast<uint4*>(out), n / 8);
}

void gate_topk(const float* logits, const float* bias, int* experts, float* weights, std::int64_t tokens,
               cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>((tokens * 32 + threads - 1) / threads);
  launch_kernel("gate_topk", &gate_kernel, {blocks}, threads, 0, stream, logits, bias, experts, weights,
                tokens);
}

}  // namespace foretrain::bench
