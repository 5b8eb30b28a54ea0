// Copies, casts with scales, and the activation fused with one.

#include "device/launch.hpp"
#include "floats.hpp"
#include "kernels/memory.hpp"
#include "kernels/vectors.cuh"

namespace foretrain::bench {

namespace {

constexpr int threads = 256, lanes_of_tile = 16;
constexpr int unrolled = 4;  // loads in flight a thread

unsigned blocks_for(std::int64_t work, std::int64_t per_block) {
  return static_cast<unsigned>((work + per_block - 1) / per_block);
}

__global__ void __launch_bounds__(threads) copy_kernel(const uint4* in, uint4* out, std::int64_t count) {
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * threads * unrolled + threadIdx.x;
  uint4 held[unrolled];
#pragma unroll
  for (int i = 0; i < unrolled; ++i) {
    if (begin + i * threads < count) held[i] = in[begin + i * threads];
  }
#pragma unroll
  for (int i = 0; i < unrolled; ++i) {
    if (begin + i * threads < count) out[begin + i * threads] = held[i];
  }
}

__device__ float factor_of(float most) {
  return most > 0 ? e4m3_max / most : 1.0F;
}
__device__ float scale_of(float most) {
  return most > 0 ? most / e4m3_max : 1.0F;
}

// Half a warp a tile; tiles in row order. Lanes past the end repeat the last tile and store nothing, because
// all lanes of a warp must take part in its exchanges.
struct Tile {
  std::int64_t row, column;  // of this lane's first value
  bool inside;
};
__device__ Tile tile_of(std::int64_t m, std::int64_t tiles_a_row) {
  const std::int64_t index = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / lanes_of_tile;
  const std::int64_t last = m * tiles_a_row - 1, tile = index < last ? index : last;
  const int lane = static_cast<int>(threadIdx.x) % lanes_of_tile;
  return {tile / tiles_a_row, (tile % tiles_a_row) * 128 + lane * 8, index <= last};
}

__device__ void store_tile(const Eight& values, const Tile& t, std::uint8_t* out, float* scales,
                           std::int64_t m, std::int64_t n) {
  const float most = largest_of_tile(largest(values));
  if (!t.inside) return;
  *reinterpret_cast<uint2*>(out + t.row * n + t.column) = pack_e4m3(values, factor_of(most));
  if (t.column % 128 == 0) scales[t.column / 128 * m + t.row] = scale_of(most);
}

__global__ void __launch_bounds__(threads)
    quantise_row_kernel(const __nv_bfloat16* in, std::uint8_t* out, float* scales, std::int64_t m,
                        std::int64_t n) {
  const Tile t = tile_of(m, n / 128);
  const Eight values = unpack(*reinterpret_cast<const uint4*>(in + t.row * n + t.column));
  store_tile(values, t, out, scales, m, n);
}

__global__ void __launch_bounds__(threads)
    swiglu_kernel(const __nv_bfloat16* in, std::uint8_t* out, float* scales, std::int64_t m, std::int64_t f) {
  const Tile t = tile_of(m, f / 128);
  const __nv_bfloat16* at = in + t.row * 2 * f + t.column;
  const Eight gate = unpack(*reinterpret_cast<const uint4*>(at));
  const Eight up = unpack(*reinterpret_cast<const uint4*>(at + f));
  Eight y;
#pragma unroll
  for (int i = 0; i < 8; ++i) y.x[i] = gate.x[i] / (1.0F + __expf(-gate.x[i])) * up.x[i];
  store_tile(y, t, out, scales, m, f);
}

constexpr int column_width = 64, quarters = 4;  // a block: 128 rows, 64 columns, 4 threads a column

__global__ void __launch_bounds__(threads)
    quantise_column_kernel(const __nv_bfloat16* in, std::uint8_t* out, float* scales, std::int64_t m,
                           std::int64_t n) {
  __shared__ __align__(16) __nv_bfloat16 tile[128][column_width];
  __shared__ float most_of[quarters][column_width];
  const std::int64_t row0 = static_cast<std::int64_t>(blockIdx.y) * 128;
  const std::int64_t column0 = static_cast<std::int64_t>(blockIdx.x) * column_width;
  const int own = static_cast<int>(threadIdx.x);
#pragma unroll
  for (int i = 0; i < 4; ++i) {  // eight threads a row of the block
    const int row = own / 8 + 32 * i, column = own % 8 * 8;
    *reinterpret_cast<uint4*>(&tile[row][column]) =
        *reinterpret_cast<const uint4*>(in + (row0 + row) * n + column0 + column);
  }
  __syncthreads();
  const int column = own % column_width, quarter = own / column_width;
  float most = 0;
#pragma unroll
  for (int i = 0; i < 32; ++i) most = fmaxf(most, fabsf(__bfloat162float(tile[quarter * 32 + i][column])));
  most_of[quarter][column] = most;
  __syncthreads();
#pragma unroll
  for (int i = 0; i < quarters; ++i) most = fmaxf(most, most_of[i][column]);
  std::uint8_t* at = out + (column0 + column) * m + row0 + quarter * 32;
#pragma unroll
  for (int i = 0; i < 32; i += 8) {
    Eight values;
#pragma unroll
    for (int j = 0; j < 8; ++j) values.x[j] = __bfloat162float(tile[quarter * 32 + i + j][column]);
    *reinterpret_cast<uint2*>(at + i) = pack_e4m3(values, factor_of(most));
  }
  if (quarter == 0) scales[row0 / 128 * n + column0 + column] = scale_of(most);
}

}  // namespace

void copy(const void* in, void* out, std::int64_t bytes, cudaStream_t stream) {
  const std::int64_t count = bytes / 16;
  launch_kernel("copy", &copy_kernel, {blocks_for(count, threads * unrolled)}, threads, 0, stream,
                static_cast<const uint4*>(in), static_cast<uint4*>(out), count);
}

void quantise_row(const void* in, void* out, float* scales, std::int64_t m, std::int64_t n,
                  cudaStream_t stream) {
  launch_kernel("quantise_row", &quantise_row_kernel, {blocks_for(m * n / 8, threads)}, threads, 0, stream,
                static_cast<const __nv_bfloat16*>(in), static_cast<std::uint8_t*>(out), scales, m, n);
}

void swiglu_cast(const void* in, void* out, float* scales, std::int64_t m, std::int64_t f,
                 cudaStream_t stream) {
  launch_kernel("swiglu_cast", &swiglu_kernel, {blocks_for(m * f / 8, threads)}, threads, 0, stream,
                static_cast<const __nv_bfloat16*>(in), static_cast<std::uint8_t*>(out), scales, m, f);
}

void quantise_column(const void* in, void* out, float* scales, std::int64_t m, std::int64_t n,
                     cudaStream_t stream) {
  const Place3 grid{blocks_for(n, column_width), blocks_for(m, 128)};
  launch_kernel("quantise_column", &quantise_column_kernel, grid, threads, 0, stream,
                static_cast<const __nv_bfloat16*>(in), static_cast<std::uint8_t*>(out), scales, m, n);
}

}  // namespace foretrain::bench
