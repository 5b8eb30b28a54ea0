#include "kernels/decode.hpp"

#include <algorithm>

#include "device/launch.hpp"
#include "kernels/tensor_core.cuh"

namespace foretrain::bench {

namespace {

constexpr int threads = 256, heads_of_block = 64, head_blocks = decode_heads / heads_of_block;
constexpr int keys_of_warp = 32, values_of_warp = 256;  // two warps share 16 heads, half of each for one

struct Stats {
  float largest[2][heads_of_block], sum[2][heads_of_block];  // of the two halves of the keys
};
constexpr int tile_elements = heads_of_block * latent_width;  // of queries, and of a page
constexpr std::size_t shared_bytes(int buffers) {
  return 2 * static_cast<std::size_t>(tile_elements * (1 + buffers) + heads_of_block * page_tokens) +
         sizeof(Stats);
}

// 16 heads x 32 keys of scores.
__device__ void score(float (&s)[4][4], const Bf16* q, const Bf16* page, int row, int key, int lane) {
#pragma unroll 4
  for (int k = 0; k < latent_width; k += 16) {
    const Fragment a = load_fragment<latent_width>(q, row, k, left_of(lane));
#pragma unroll
    for (int i = 0; i < 4; i += 2) {
      const Fragment b = load_fragment<latent_width>(page, key + 8 * i, k, right_of(lane));
      multiply_add(s[i], a, b.r[0], b.r[1]);
      multiply_add(s[i + 1], a, b.r[2], b.r[3]);
    }
  }
}

// 16 heads x 256 numbers of the value, over the page's 64 keys.
__device__ void gather(float (&o)[32][4], const Bf16* p, const Bf16* page, int row, int column, int lane) {
  for (int k = 0; k < page_tokens; k += 16) {
    const Fragment a = load_fragment<page_tokens>(p, row, k, left_of(lane));
#pragma unroll
    for (int i = 0; i < 32; i += 2) {
      const Fragment b = load_turned<latent_width>(page, k, column + 8 * i, turned_of(lane));
      multiply_add(o[i], a, b.r[0], b.r[1]);
      multiply_add(o[i + 1], a, b.r[2], b.r[3]);
    }
  }
}

// Running maximum and sum of a thread's two rows; scores are in units of the logarithm to base 2.
struct Running {
  float largest[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0};
};

// Scores become shares in shared memory; what was added up before shrinks to the new maximum.
__device__ void soften(float (&s)[4][4], float (&o)[32][4], Running& running, Stats& stats, Bf16* p, int row,
                       int half, int lane, float scale, int keys_left) {
  float most[2] = {-INFINITY, -INFINITY};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const bool inside = half * keys_of_warp + 8 * i + sum_column(lane, j) < keys_left;
      s[i][j] = inside ? s[i][j] * scale : -INFINITY;
      most[j / 2] = fmaxf(most[j / 2], s[i][j]);
    }
  }
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    most[r] = largest_of_row(most[r]);
    if (lane % 4 == 0) stats.largest[half][row + lane / 4 + 8 * r] = most[r];
  }
  __syncthreads();
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const float other = stats.largest[1 - half][row + lane / 4 + 8 * r];
    const float largest = fmaxf(running.largest[r], fmaxf(most[r], other));
    const float shrink = exp2f(running.largest[r] - largest);
    running.largest[r] = largest;
    running.sum[r] *= shrink;
#pragma unroll
    for (int i = 0; i < 32; ++i) o[i][2 * r] *= shrink, o[i][2 * r + 1] *= shrink;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float first = exp2f(s[i][2 * r] - largest), second = exp2f(s[i][2 * r + 1] - largest);
      running.sum[r] += first + second;
      store_pair<page_tokens>(p, row + sum_row(lane, 2 * r),
                              half * keys_of_warp + 8 * i + sum_column(lane, 0), first, second);
    }
  }
  __syncthreads();
}

// Divides by the sums of both halves and writes 16 heads x 256 numbers.
__device__ void finish(const float (&o)[32][4], Running& running, Stats& stats, const Decode& w, int head,
                       int row, int half, int lane) {
  const std::int64_t request = blockIdx.z, part = request * w.splits + blockIdx.y;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    running.sum[r] = sum_of_row(running.sum[r]);
    if (lane % 4 == 0) stats.sum[half][row + lane / 4 + 8 * r] = running.sum[r];
  }
  __syncthreads();
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int of_block = row + lane / 4 + 8 * r, own = head + of_block;
    const float sum = stats.sum[0][of_block] + stats.sum[1][of_block], factor = sum > 0 ? 1 / sum : 0;
    const int first = half * values_of_warp + sum_column(lane, 0);
    if (w.splits == 1) {
      auto* out = static_cast<Bf16*>(w.out) + (request * decode_heads + own) * value_width + first;
#pragma unroll
      for (int i = 0; i < 32; ++i)
        *reinterpret_cast<std::uint32_t*>(out + 8 * i) =
            packed(o[i][2 * r] * factor, o[i][2 * r + 1] * factor);
    } else {
      float* out = w.partial + (part * decode_heads + own) * value_width + first;
#pragma unroll
      for (int i = 0; i < 32; ++i)
        *reinterpret_cast<float2*>(out + 8 * i) = make_float2(o[i][2 * r] * factor, o[i][2 * r + 1] * factor);
      if (half == 0 && lane % 4 == 0)
        w.sums[part * decode_heads + own] = sum > 0 ? running.largest[r] + log2f(sum) : -INFINITY;
    }
  }
}

// With two buffers a page is on its way while the one before is worked on.
template <int buffers>
__global__ void __launch_bounds__(threads, 1) decode_kernel(const Decode w, const float scale) {
  extern __shared__ __align__(128) unsigned char raw[];
  Bf16* q = reinterpret_cast<Bf16*>(raw);
  Bf16* pages = q + tile_elements;
  Bf16* p = pages + buffers * tile_elements;
  Stats& stats = *reinterpret_cast<Stats*>(p + heads_of_block * page_tokens);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int row = warp % 4 * 16, half = warp / 4, head = static_cast<int>(blockIdx.x) * heads_of_block;
  const std::int64_t request = blockIdx.z;
  const int length = w.lengths[request];
  const Share own =
      share_of(static_cast<int>(blockIdx.y), w.splits, (length + page_tokens - 1) / page_tokens);
  const auto load_page = [&](int block) {
    const std::int64_t page = w.table[request * w.table_pitch + block];
    load_rows<latent_width, threads>(pages + (block - own.begin) % buffers * tile_elements,
                                     static_cast<const Bf16*>(w.pages) + page * page_tokens * latent_width,
                                     latent_width, page_tokens, page_tokens);
    commit_copies();
  };
  load_rows<latent_width, threads>(
      q, static_cast<const Bf16*>(w.q) + (request * decode_heads + head) * latent_width, latent_width,
      heads_of_block, heads_of_block);
  commit_copies();
  if (buffers == 2 && own.begin < own.end) load_page(own.begin);
  float o[32][4] = {};
  Running running;
  for (int block = own.begin; block < own.end; ++block) {
    if (buffers == 1) load_page(block);
    wait_copies<0>();
    __syncthreads();
    if (buffers == 2 && block + 1 < own.end) load_page(block + 1);
    const Bf16* page = pages + (block - own.begin) % buffers * tile_elements;
    float s[4][4] = {};
    score(s, q, page, row, half * keys_of_warp, lane);
    soften(s, o, running, stats, p, row, half, lane, scale, length - block * page_tokens);
    gather(o, p, page, row, half * values_of_warp, lane);
    __syncthreads();
  }
  wait_copies<0>();
  finish(o, running, stats, w, head, row, half, lane);
}

// One block a request and head, four numbers of the value a thread.
__global__ void __launch_bounds__(value_width / 4) combine_kernel(const Decode w) {
  const std::int64_t request = blockIdx.y, head = blockIdx.x;
  const auto part_of = [&](int split) { return (request * w.splits + split) * decode_heads + head; };
  float largest = -INFINITY;
  for (int i = 0; i < w.splits; ++i) largest = fmaxf(largest, w.sums[part_of(i)]);
  float sum = 0;
  float4 total = make_float4(0, 0, 0, 0);
  for (int i = 0; i < w.splits; ++i) {
    const float weight = exp2f(w.sums[part_of(i)] - largest);
    const float4 part = reinterpret_cast<const float4*>(w.partial + part_of(i) * value_width)[threadIdx.x];
    sum += weight;
    total.x += weight * part.x, total.y += weight * part.y, total.z += weight * part.z,
        total.w += weight * part.w;
  }
  auto* out =
      reinterpret_cast<uint2*>(static_cast<Bf16*>(w.out) + (request * decode_heads + head) * value_width);
  out[threadIdx.x] = make_uint2(packed(total.x / sum, total.y / sum), packed(total.z / sum, total.w / sum));
}

template <int buffers>
void launch(const Decode& w, cudaStream_t stream) {
  constexpr float log2_e = 1.44269504F;
  launch_kernel("decode", &decode_kernel<buffers>,
                {head_blocks, static_cast<unsigned>(w.splits), static_cast<unsigned>(w.batch)}, threads,
                shared_bytes(buffers), stream, w, w.scale * log2_e);
}

}  // namespace

int decode_splits(int batch, int sms) {
  return std::max(1, sms / (head_blocks * batch));
}

void decode(const Decode& w, cudaStream_t stream) {
  int device = 0, most = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "shared memory");
  if (static_cast<std::size_t>(most) >= shared_bytes(2))
    launch<2>(w, stream);
  else
    launch<1>(w, stream);
  if (w.splits == 1) return;
  launch_kernel("combination of decode", &combine_kernel, {decode_heads, static_cast<unsigned>(w.batch)},
                value_width / 4, 0, stream, w);
}

}  // namespace foretrain::bench
