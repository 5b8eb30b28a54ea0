#pragma once
// Absorbed decoding of multi-head latent attention: one query a request, 128 heads that share each token's
// latent of 576 numbers, whose first 512 are the value too (arXiv:2405.04434, section 2.1). Latents lie in
// pages of 64 tokens. The sequence is cut among thread blocks, whose parts a second kernel combines
// (flash decoding). BF16 in, FP32 sums, mma.sync: runs from sm_80 on. Own work.
//
// Left out: several queries a request, FP8 caches, balancing of unequal lengths.

#include <cuda_runtime.h>

#include <cstdint>

namespace foretrain::bench {

inline constexpr int decode_heads = 128, latent_width = 576, value_width = 512, page_tokens = 64;

struct Decode {
  const void* q = nullptr;              // [batch][128][576]
  const void* pages = nullptr;          // [pages][64][576]
  const std::int32_t* table = nullptr;  // [batch][table_pitch]: the pages of a request in order
  const std::int32_t* lengths = nullptr;
  float* partial = nullptr;  // [batch][splits][128][512], where splits > 1
  float* sums = nullptr;     // [batch][splits][128]: logarithm to base 2 of each part's sum
  void* out = nullptr;       // [batch][128][512]
  int batch = 0, table_pitch = 0, splits = 1;
  float scale = 1;  // of the scores
};

// Cuts of each sequence that fill the GPU about once: two thread blocks a request and cut.
int decode_splits(int batch, int sms);
// Launches one kernel, or two where the sequence is cut.
void decode(const Decode& work, cudaStream_t stream);

}  // namespace foretrain::bench
