#pragma once
// Kernels bound by memory that only a layer's gradients need. Matrices are row-major and 16-byte aligned.

#include <cuda_runtime.h>

#include <cstdint>

namespace foretrain::bench {

// E4M3 codes[m][n] with scales[n / 128][m] -> BF16 out[m][n].
void dequantise_row(const void* codes, const float* scales, void* out, std::int64_t m, std::int64_t n,
                    cudaStream_t stream);
// One byte an element: in[m][n] -> out[n][m]. m and n multiples of 64.
void transpose_fp8(const void* in, void* out, std::int64_t m, std::int64_t n, cudaStream_t stream);
// in[m][2 f], gate then up, and the gradient dy[m][f] of silu(gate) * up -> out[m][2 f]. f a multiple of 8.
void swiglu_backward(const void* in, const void* dy, void* out, std::int64_t m, std::int64_t f,
                     cudaStream_t stream);

}  // namespace foretrain::bench
