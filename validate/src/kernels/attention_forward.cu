#include "device/launch.hpp"
#include "kernels/attention.hpp"
#include "kernels/tensor_core.cuh"

namespace foretrain::bench {

namespace {

constexpr int threads = 256, keys = 64;                    // a warp has 16 of 128 queries and all 64 keys
constexpr int steps = score_width / 16, tiles = keys / 8;  // of k, and of keys
constexpr int value_tiles = attention_value_width / 8;
constexpr float log2_e = 1.44269504F;

struct Shared {
  Bf16 q[attention_rows * score_width];
  Bf16 k[2][keys * score_width];
  Bf16 v[2][keys * attention_value_width];
};

// Running maximum and sum of a thread's two queries.
struct Running {
  float largest[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0};
};

__device__ void score(float (&s)[tiles][4], const Fragment (&q)[steps], const Bf16* k, int lane) {
#pragma unroll
  for (int step = 0; step < steps; ++step) {
#pragma unroll
    for (int i = 0; i < tiles; i += 2) {
      const Fragment b = load_fragment<score_width>(k, 8 * i, 16 * step, right_of(lane));
      multiply_add(s[i], q[step], b.r[0], b.r[1]);
      multiply_add(s[i + 1], q[step], b.r[2], b.r[3]);
    }
  }
}

// Scores become shares of the new maximum; what was added up before shrinks to it. `key` and `query` are the
// first of the tile.
__device__ void soften(float (&s)[tiles][4], float (&o)[value_tiles][4], Running& running, float scale,
                       int key, int query, int lane) {
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    float most = -INFINITY;
#pragma unroll
    for (int i = 0; i < tiles; ++i) {
#pragma unroll
      for (int j = 2 * r; j < 2 * r + 2; ++j) {
        const bool seen = key + 8 * i + sum_column(lane, j) <= query + sum_row(lane, j);
        s[i][j] = seen ? s[i][j] * scale : -INFINITY;
        most = fmaxf(most, s[i][j]);
      }
    }
    const float largest = fmaxf(running.largest[r], largest_of_row(most));
    const float shrink = exp2f(running.largest[r] - largest);
    running.largest[r] = largest;
    running.sum[r] *= shrink;
#pragma unroll
    for (int i = 0; i < value_tiles; ++i) o[i][2 * r] *= shrink, o[i][2 * r + 1] *= shrink;
#pragma unroll
    for (int i = 0; i < tiles; ++i) {
#pragma unroll
      for (int j = 2 * r; j < 2 * r + 2; ++j) {
        s[i][j] = exp2f(s[i][j] - largest);
        running.sum[r] += s[i][j];
      }
    }
  }
}

// The sums' places are those of a left operand: shares need no way through shared memory.
__device__ void gather(float (&o)[value_tiles][4], const float (&s)[tiles][4], const Bf16* v, int lane) {
#pragma unroll
  for (int k = 0; k < keys; k += 16) {
    const float(&low)[4] = s[k / 8], (&high)[4] = s[k / 8 + 1];
    const Fragment a = {
        {packed(low[0], low[1]), packed(low[2], low[3]), packed(high[0], high[1]), packed(high[2], high[3])}};
#pragma unroll
    for (int i = 0; i < value_tiles; i += 2) {
      const Fragment b = load_turned<attention_value_width>(v, k, 8 * i, turned_of(lane));
      multiply_add(o[i], a, b.r[0], b.r[1]);
      multiply_add(o[i + 1], a, b.r[2], b.r[3]);
    }
  }
}

__global__ void __launch_bounds__(threads, 1) forward_kernel(const Attention w, const float scale) {
  extern __shared__ __align__(128) unsigned char raw[];
  Shared& s = *reinterpret_cast<Shared*>(raw);
  const int lane = static_cast<int>(threadIdx.x) % 32, row = static_cast<int>(threadIdx.x) / 32 * 16;
  const std::int64_t head = blockIdx.y, q_pitch = w.heads * score_width,
                     v_pitch = w.heads * attention_value_width;
  const int query = static_cast<int>(gridDim.x - 1 - blockIdx.x) * attention_rows;  // the longest ones first
  const auto* k = static_cast<const Bf16*>(w.k) + head * score_width;
  const auto* v = static_cast<const Bf16*>(w.v) + head * attention_value_width;
  const auto load_block = [&](int block) {
    const std::int64_t key = static_cast<std::int64_t>(block) * keys;
    load_rows<score_width, threads>(s.k[block % 2], k + key * q_pitch, q_pitch, keys, keys);
    load_rows<attention_value_width, threads>(s.v[block % 2], v + key * v_pitch, v_pitch, keys, keys);
    commit_copies();
  };
  load_rows<score_width, threads>(s.q, static_cast<const Bf16*>(w.q) + query * q_pitch + head * score_width,
                                  q_pitch, attention_rows, attention_rows);
  load_block(0);
  wait_copies<0>();
  __syncthreads();
  Fragment q[steps];
#pragma unroll
  for (int i = 0; i < steps; ++i) q[i] = load_fragment<score_width>(s.q, row, 16 * i, left_of(lane));
  float o[value_tiles][4] = {};
  Running running;
  const int blocks = (query + attention_rows) / keys;
  for (int block = 0; block < blocks; ++block) {
    wait_copies<0>();
    __syncthreads();  // this block is there, and nobody reads the one before it any more
    if (block + 1 < blocks) load_block(block + 1);
    if (block * keys > query + row + 15) continue;  // nothing that this warp's queries see
    float scores[tiles][4] = {};
    score(scores, q, s.k[block % 2], lane);
    soften(scores, o, running, scale, block * keys, query + row, lane);
    gather(o, scores, s.v[block % 2], lane);
  }
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const float sum = sum_of_row(running.sum[r]), factor = 1 / sum;
    const std::int64_t own = query + row + sum_row(lane, 2 * r);
    auto* out =
        static_cast<Bf16*>(w.out) + own * v_pitch + head * attention_value_width + sum_column(lane, 0);
#pragma unroll
    for (int i = 0; i < value_tiles; ++i)
      *reinterpret_cast<std::uint32_t*>(out + 8 * i) = packed(o[i][2 * r] * factor, o[i][2 * r + 1] * factor);
    if (lane % 4 == 0) w.sums[head * w.tokens + own] = running.largest[r] + log2f(sum);
  }
}

}  // namespace

void attention_forward(const Attention& w, cudaStream_t stream) {
  if (w.tokens % attention_rows != 0) throw Failure("attention needs a multiple of 128 tokens");
  launch_kernel("attention forward", &forward_kernel,
                {static_cast<unsigned>(w.tokens / attention_rows), static_cast<unsigned>(w.heads)}, threads,
                sizeof(Shared), stream, w, w.scale * log2_e);
}

}  // namespace foretrain::bench
