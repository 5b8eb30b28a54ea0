#include "device/launch.hpp"
#include "kernels/attention.hpp"
#include "kernels/tensor_core.cuh"
#include "kernels/vectors.cuh"

namespace foretrain::bench {

namespace {

constexpr int threads = 256, side = 64;  // queries and keys of a tile
constexpr int scores_of_warp = 32;  // 16 queries x 32 keys; 16 rows x half of the columns of each gradient
constexpr int score_half = score_width / 2, value_half = attention_value_width / 2;
constexpr float log2_e = 1.44269504F;

struct Shared {
  Bf16 k[side * score_width], v[side * attention_value_width];
  Bf16 q[2][side * score_width], d_out[2][side * attention_value_width];
  Bf16 shares[side * side], d_scores[side * side];  // [query][key]
};

// Which part of each tile a warp has.
struct Part {
  int row, half;
};

// d[16 x 32] += left[16 x width] right[32 x width]^T.
template <int width>
__device__ void multiply_rows(float (&d)[4][4], const Bf16* left, const Bf16* right, Part part, int lane) {
#pragma unroll 4
  for (int k = 0; k < width; k += 16) {
    const Fragment a = load_fragment<width>(left, part.row, k, left_of(lane));
#pragma unroll
    for (int i = 0; i < 4; i += 2) {
      const Fragment b = load_fragment<width>(right, part.half * scores_of_warp + 8 * i, k, right_of(lane));
      multiply_add(d[i], a, b.r[0], b.r[1]);
      multiply_add(d[i + 1], a, b.r[2], b.r[3]);
    }
  }
}

// d[16 x half the width] += left[16 x 64] right[64 x width]; `turned`: left lies as [64][rows].
template <int width, bool turned>
__device__ void multiply_columns(float (&d)[width / 16][4], const Bf16* left, const Bf16* right, Part part,
                                 int lane) {
#pragma unroll
  for (int k = 0; k < side; k += 16) {
    const Fragment a = turned ? load_turned<side>(left, k, part.row, turned_left_of(lane))
                              : load_fragment<side>(left, part.row, k, left_of(lane));
#pragma unroll
    for (int i = 0; i < width / 16; i += 2) {
      const Fragment b = load_turned<width>(right, k, part.half * (width / 2) + 8 * i, turned_of(lane));
      multiply_add(d[i], a, b.r[0], b.r[1]);
      multiply_add(d[i + 1], a, b.r[2], b.r[3]);
    }
  }
}

// Shares again from the scores and the sums of the forward pass, and the gradients of the scores.
__device__ void differentiate(Shared& s, const Attention& w, const float (&scores)[4][4],
                              const float (&d_shares)[4][4], int query, int key, Part part, int lane,
                              float scale) {
  const std::int64_t head = blockIdx.y;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int row = part.row + sum_row(lane, 2 * r);
    const float sum = w.sums[head * w.tokens + query + row],
                product = w.products[head * w.tokens + query + row];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int column = part.half * scores_of_warp + 8 * i + sum_column(lane, 0);
      float share[2], gradient[2];
#pragma unroll
      for (int j = 0; j < 2; ++j) {
        const bool seen = key + column + j <= query + row;
        share[j] = seen ? exp2f(scores[i][2 * r + j] * scale - sum) : 0.0F;
        gradient[j] = share[j] * (d_shares[i][2 * r + j] - product);
      }
      store_pair<side>(s.shares, row, column, share[0], share[1]);
      store_pair<side>(s.d_scores, row, column, gradient[0], gradient[1]);
    }
  }
}

__device__ void add_pair(float* at, float first, float second) {
#if __CUDA_ARCH__ >= 900
  atomicAdd(reinterpret_cast<float2*>(at), make_float2(first, second));
#else
  atomicAdd(at, first);
  atomicAdd(at + 1, second);
#endif
}

template <int width>
__device__ void write_gradient(Bf16* to, const float (&d)[width / 16][4], std::int64_t pitch, Part part,
                               int lane, float factor) {
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    Bf16* row =
        to + (part.row + sum_row(lane, 2 * r)) * pitch + part.half * (width / 2) + sum_column(lane, 0);
#pragma unroll
    for (int i = 0; i < width / 16; ++i)
      *reinterpret_cast<std::uint32_t*>(row + 8 * i) = packed(d[i][2 * r] * factor, d[i][2 * r + 1] * factor);
  }
}

// A block has 64 keys and walks over the queries that see them.
__global__ void __launch_bounds__(threads, 1) backward_kernel(const Attention w, const float scale) {
  extern __shared__ __align__(128) unsigned char raw[];
  Shared& s = *reinterpret_cast<Shared*>(raw);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const Part part = {warp % 4 * 16, warp / 4};
  const std::int64_t head = blockIdx.y, q_pitch = w.heads * score_width,
                     v_pitch = w.heads * attention_value_width;
  const std::int64_t of_q = head * score_width, of_v = head * attention_value_width;
  const int first = static_cast<int>(blockIdx.x), key = first * side, blocks = w.tokens / side;
  const auto load_block = [&](int block) {
    const std::int64_t query = static_cast<std::int64_t>(block) * side;
    load_rows<score_width, threads>(s.q[block % 2], static_cast<const Bf16*>(w.q) + query * q_pitch + of_q,
                                    q_pitch, side, side);
    load_rows<attention_value_width, threads>(
        s.d_out[block % 2], static_cast<const Bf16*>(w.d_out) + query * v_pitch + of_v, v_pitch, side, side);
    commit_copies();
  };
  load_rows<score_width, threads>(s.k, static_cast<const Bf16*>(w.k) + key * q_pitch + of_q, q_pitch, side,
                                  side);
  load_rows<attention_value_width, threads>(s.v, static_cast<const Bf16*>(w.v) + key * v_pitch + of_v,
                                            v_pitch, side, side);
  load_block(first);
  float dk[score_half / 8][4] = {}, dv[value_half / 8][4] = {};
  for (int block = first; block < blocks; ++block) {
    wait_copies<0>();
    __syncthreads();  // this block is there, and nobody reads the one before it any more
    if (block + 1 < blocks) load_block(block + 1);
    const Bf16 *q = s.q[block % 2], *d_out = s.d_out[block % 2];
    {
      float scores[4][4] = {}, d_shares[4][4] = {};
      multiply_rows<score_width>(scores, q, s.k, part, lane);
      multiply_rows<attention_value_width>(d_shares, d_out, s.v, part, lane);
      differentiate(s, w, scores, d_shares, block * side, key, part, lane, scale);
    }
    __syncthreads();
    multiply_columns<attention_value_width, true>(dv, s.shares, d_out, part, lane);
    multiply_columns<score_width, true>(dk, s.d_scores, q, part, lane);
    float dq[score_half / 8][4] = {};
    multiply_columns<score_width, false>(dq, s.d_scores, s.k, part, lane);
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const std::int64_t query = static_cast<std::int64_t>(block) * side + part.row + sum_row(lane, 2 * r);
      float* row = w.dq_sums + query * q_pitch + of_q + part.half * score_half + sum_column(lane, 0);
#pragma unroll
      for (int i = 0; i < score_half / 8; ++i) add_pair(row + 8 * i, dq[i][2 * r], dq[i][2 * r + 1]);
    }
  }
  write_gradient<score_width>(static_cast<Bf16*>(w.dk) + key * q_pitch + of_q, dk, q_pitch, part, lane,
                              w.scale);
  write_gradient<attention_value_width>(static_cast<Bf16*>(w.dv) + key * v_pitch + of_v, dv, v_pitch, part,
                                        lane, 1);
}

// Sixteen lanes a row of one head.
__global__ void __launch_bounds__(threads) products_kernel(const Attention w) {
  const std::int64_t row = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / 16;
  const std::int64_t vector = row * 16 + threadIdx.x % 16;
  const Eight out = unpack(static_cast<const uint4*>(w.out)[vector]);
  const Eight d_out = unpack(static_cast<const uint4*>(w.d_out)[vector]);
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 8; ++i) sum += out.x[i] * d_out.x[i];
#pragma unroll
  for (int distance = 8; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffU, sum, distance);
  if (threadIdx.x % 16 == 0) w.products[row % w.heads * w.tokens + row / w.heads] = sum;
}

__global__ void __launch_bounds__(threads) round_kernel(const Attention w) {
  const std::int64_t vector = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const float4 *sums = reinterpret_cast<const float4*>(w.dq_sums) + 2 * vector, low = sums[0], high = sums[1];
  const Eight dq = {{low.x * w.scale, low.y * w.scale, low.z * w.scale, low.w * w.scale, high.x * w.scale,
                     high.y * w.scale, high.z * w.scale, high.w * w.scale}};
  static_cast<uint4*>(w.dq)[vector] = pack(dq);
}

}  // namespace

// Tokens are whole tiles of 128, so every block of these two kernels is full.
void attention_products(const Attention& w, cudaStream_t stream) {
  const std::int64_t vectors = std::int64_t{w.tokens} * w.heads * attention_value_width / unit;
  launch_kernel("attention products", &products_kernel, {static_cast<unsigned>(vectors / threads)}, threads,
                0, stream, w);
}

void attention_round(const Attention& w, cudaStream_t stream) {
  const std::int64_t vectors = std::int64_t{w.tokens} * w.heads * score_width / unit;
  launch_kernel("attention round", &round_kernel, {static_cast<unsigned>(vectors / threads)}, threads, 0,
                stream, w);
}

void attention_backward(const Attention& w, cudaStream_t stream) {
  if (w.tokens % attention_rows != 0) throw Failure("attention needs a multiple of 128 tokens");
  launch_kernel("attention backward", &backward_kernel,
                {static_cast<unsigned>(w.tokens / side), static_cast<unsigned>(w.heads)}, threads,
                sizeof(Shared), stream, w, w.scale * log2_e);
}

}  // namespace foretrain::bench
