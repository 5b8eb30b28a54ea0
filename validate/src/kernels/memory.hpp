#pragma once
// The kernels of the suite memory: plain ones that move each byte once, sixteen at a time. Matrices are
// row-major BF16 and 16-byte aligned; widths are multiples of 128 where tiles are scaled, of 8 elsewhere.
// Scales of a cast lie as cuBLASLt's VEC128_32F wants them: one row of scales for each tile along the width.

#include <cuda_runtime.h>

#include <cstdint>

#include "references.hpp"

namespace foretrain::bench {

void copy(const void* in, void* out, std::int64_t bytes, cudaStream_t stream);

// in[m][n] -> out[m][n] in E4M3, scales[n / 128][m].
void quantise_row(const void* in, void* out, float* scales, std::int64_t m, std::int64_t n,
                  cudaStream_t stream);
// in[m][n] -> out[n][m] in E4M3 by tiles of 128 rows, scales[m / 128][n]. m a multiple of 128, n of 64.
void quantise_column(const void* in, void* out, float* scales, std::int64_t m, std::int64_t n,
                     cudaStream_t stream);
// in[m][2 f], gate then up -> out[m][f] in E4M3, scales[f / 128][m].
void swiglu_cast(const void* in, void* out, float* scales, std::int64_t m, std::int64_t f,
                 cudaStream_t stream);

// n at most 8192.
void rmsnorm(const void* x, const void* weight, void* y, std::int64_t m, std::int64_t n, cudaStream_t stream);
// Also leaves sums of the weight's gradient, one row a block: partial[rmsnorm_blocks][n] in FP32.
void rmsnorm_backward(const void* x, const void* dy, const void* weight, void* dx, float* partial,
                      std::int64_t m, std::int64_t n, int sms, cudaStream_t stream);
int rmsnorm_blocks(std::int64_t m, std::int64_t n, int sms);

// x[m][heads * 64], turns[m][64] in FP32: cosine and sine of each pair.
void rope(const void* x, const float* turns, void* y, std::int64_t m, std::int64_t width,
          cudaStream_t stream);
void residual_add(const void* a, const void* b, void* sum, std::int64_t count, cudaStream_t stream);

// out[r] = in[source[r]] for `rows` rows of n elements.
void permute(const void* in, const int* source, void* out, std::int64_t rows, std::int64_t n,
             cudaStream_t stream);
// out[t] = weights[t][0] in[places[t][0]] + weights[t][1] in[places[t][1]].
void unpermute(const void* in, const int* places, const float* weights, void* out, std::int64_t tokens,
               std::int64_t n, cudaStream_t stream);

// logits[tokens][256], bias[256] in FP32 -> experts and weights, [tokens][8] each. See reference_gate.
void gate_topk(const float* logits, const float* bias, int* experts, float* weights, std::int64_t tokens,
               cudaStream_t stream);

// master and gradient in FP32, moments and weight in BF16; all but the gradient are written.
void adamw(float* master, const float* gradient, void* first, void* second, void* weight, std::int64_t count,
           const AdamwConstants& constants, cudaStream_t stream);

}  // namespace foretrain::bench
