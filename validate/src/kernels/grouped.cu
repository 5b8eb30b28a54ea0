#include "kernels/grouped.hpp"

#include <cuda_bf16.h>

#include "device/launch.hpp"
#include "device/tensor_map.hpp"
#include "kernels/hopper.cuh"

namespace foretrain::bench {

struct GroupedPlan::Maps {
  CUtensorMap a, b, scales_a, scales_b;  // scales_b: only where groups cut k
};

namespace {

constexpr int stages = 4, math_warps = 8, threads = (math_warps + 4) * 32;
constexpr int warp_rows = 16, out_columns = 64, out_pitch = out_columns + 8;  // the pad keeps banks apart

struct Shared {
  unsigned char a[stages][tile_m * block_k];
  unsigned char b[stages][tile_n * block_k];
  float scales_a[stages][tile_m];
  float scales_b[stages][tile_n];
  __nv_bfloat16 out[math_warps][warp_rows * out_pitch];
  std::uint64_t full[stages], empty[stages];
};
constexpr std::size_t swizzle_period = 1024;
constexpr std::size_t shared_bytes = sizeof(Shared) + swizzle_period;  // room to begin at a whole period

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)  // compiled for sm_90a alone

// Which stage comes next, and whether its barriers are in an even or an odd round.
struct Stage {
  int index = 0;
  std::uint32_t round = 0;
  __device__ void advance() {
    if (++index < stages) return;
    index = 0;
    round ^= 1U;
  }
};

// One thread copies all tiles of this block, as far ahead as there are empty stages.
template <bool cuts_k>
__device__ void produce(Shared& s, const GroupedWork& work, const CUtensorMap* a, const CUtensorMap* b,
                        const CUtensorMap* scales_a, const CUtensorMap* scales_b) {
  constexpr std::uint32_t bytes =
      tile_m * block_k + tile_n * block_k + 4 * tile_m + (cuts_k ? 4 * tile_n : 0);
  TileWalk walk(work);
  GroupedTile tile;
  Stage stage;
  for (int index = static_cast<int>(blockIdx.x); walk.find(index, tile);
       index += static_cast<int>(gridDim.x)) {
    const int row_of_b = tile.column + (cuts_k ? 0 : tile.group * work.n);
    for (int block = 0; block < tile.blocks; ++block) {
      const int at = stage.index, k = tile.first_k + block * block_k;
      std::uint64_t* full = &s.full[at];
      hopper::wait(&s.empty[at], stage.round ^ 1U);
      hopper::arrive_expecting(full, bytes);
      hopper::load_tile(s.a[at], a, full, k, tile.row);
      hopper::load_tile(s.b[at], b, full, k, row_of_b);
      hopper::load_tile(s.scales_a[at], scales_a, full, tile.row, k / block_k);
      if (cuts_k) hopper::load_tile(s.scales_b[at], scales_b, full, tile.column, k / block_k);
      stage.advance();
    }
  }
}

// 64 rows times one block of k.
__device__ void multiply(float (&sums)[64], const unsigned char* a, const unsigned char* b) {
  const std::uint64_t left = operand_descriptor(hopper::shared_address(a));
  const std::uint64_t right = operand_descriptor(hopper::shared_address(b));
  hopper::open_batch();
#pragma unroll
  for (int i = 0; i < block_k / 32; ++i)
    hopper::multiply_e4m3(sums, left + i * next_k32, right + i * next_k32, i);
  hopper::finish_batch(sums);
}

// Adds the block's sums to the totals. `upper` and `lower` are the scales of this thread's two rows, times
// the block's scale of B where there is one; else each column has its own.
__device__ void promote(float (&total)[64], const float (&sums)[64], float upper, float lower) {
#pragma unroll
  for (int i = 0; i < 64; ++i) total[i] += (i / 2 % 2 == 0 ? upper : lower) * sums[i];
}
__device__ void promote(float (&total)[64], const float (&sums)[64], float upper, float lower,
                        const float* of_columns) {
#pragma unroll
  for (int i = 0; i < 64; i += 4) {
    const float2 own = *reinterpret_cast<const float2*>(of_columns + fragment_column(0, i));
    total[i] += upper * own.x * sums[i];
    total[i + 1] += upper * own.y * sums[i + 1];
    total[i + 2] += lower * own.x * sums[i + 2];
    total[i + 3] += lower * own.y * sums[i + 3];
  }
}

// A warp's 16 rows of one half, through shared memory, so that it writes 128 bytes of a row together.
__device__ void write_rows(const float (&total)[64], __nv_bfloat16* staged, __nv_bfloat16* d, int rows_left,
                           int pitch) {
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32;
#pragma unroll
  for (int first = 0; first < tile_n; first += out_columns) {
#pragma unroll
    for (int i = 0; i < 32; i += 2) {
      const int row = fragment_row(lane, i), column = fragment_column(lane, i);
      const float* pair = total + first / 2 + i;
      *reinterpret_cast<__nv_bfloat162*>(staged + row * out_pitch + column) =
          __floats2bfloat162_rn(pair[0], pair[1]);
    }
    __syncwarp();
#pragma unroll
    for (int i = 0; i < 4; ++i) {  // eight lanes a row
      const int row = i * 4 + lane / 8, column = lane % 8 * 8;
      if (row < rows_left)
        *reinterpret_cast<uint4*>(d + static_cast<std::int64_t>(row) * pitch + first + column) =
            *reinterpret_cast<const uint4*>(staged + row * out_pitch + column);
    }
    __syncwarp();
  }
}

// Four lanes hold 32 bytes of a row together: whole sectors without a detour.
__device__ void add_rows(const float (&total)[64], float* d, int rows_left, int pitch) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int i = 0; i < 64; i += 2) {
    const int row = fragment_row(lane, i);
    if (row >= rows_left) continue;
    auto* at =
        reinterpret_cast<float2*>(d + static_cast<std::int64_t>(row) * pitch + fragment_column(lane, i));
    const float2 before = *at;
    *at = make_float2(before.x + total[i], before.y + total[i + 1]);
  }
}

// A warp's last use of a stage.
__device__ void release(std::uint64_t* empty, int lane) {
  __syncwarp();
  if (lane == 0) hopper::arrive(empty);
}

constexpr int rows_of_group = tile_m / 2;  // of one of two warpgroups

// One of two warpgroups: 128 rows of each tile, as two halves of 64 that take turns with the tensor cores'
// registers. Halves beyond the group's rows are skipped, and so are their stores.
template <bool cuts_k>
__device__ void consume(Shared& s, const GroupedWork& work, const float* scales_b, void* d) {
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int first_row = warp / 4 * rows_of_group, warp_row = warp % 4 * warp_rows;
  const int scale_row = first_row + fragment_row(thread % 128, 0);
  TileWalk walk(work);
  GroupedTile tile;
  Stage stage;
  for (int index = static_cast<int>(blockIdx.x); walk.find(index, tile);
       index += static_cast<int>(gridDim.x)) {
    float total[2][64] = {};
    const int rows_left = tile.rows_end - tile.row - first_row;
    const float* of_block =
        cuts_k ? nullptr : scales_b + block_scale_at(tile.group, tile.column, 0, work.n, work.k);
    for (int block = 0; block < tile.blocks; ++block) {
      const int at = stage.index;
      const float scale_b = cuts_k ? 1.0F : __ldg(of_block + block);
      hopper::wait(&s.full[at], stage.round);
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const bool last = half == 1;
        if (rows_left > half * half_m) {  // the same in all 128 threads
          float sums[64];
          const float* of_rows = s.scales_a[at] + scale_row + half * half_m;
          const float above = of_rows[0], below = of_rows[8];
          multiply(sums, s.a[at] + (first_row + half * half_m) * block_k, s.b[at]);
          const float upper = above * scale_b, lower = below * scale_b;  // loaded meanwhile
          if (cuts_k) promote(total[half], sums, upper, lower, s.scales_b[at] + lane % 4 * 2);
          if (last) release(s.empty + at, lane);
          if (!cuts_k) promote(total[half], sums, upper, lower);
        } else if (last) {
          release(s.empty + at, lane);
        }
      }
      stage.advance();
    }
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = first_row + half * half_m + warp_row;
      const std::int64_t at = static_cast<std::int64_t>(tile.row + row) * work.n + tile.column;
      const int left = tile.rows_end - tile.row - row;
      if (cuts_k)
        add_rows(total[half],
                 static_cast<float*>(d) + static_cast<std::int64_t>(tile.group) * work.m * work.n + at, left,
                 work.n);
      else
        write_rows(total[half], s.out[warp], static_cast<__nv_bfloat16*>(d) + at, left, work.n);
    }
  }
}

#endif

template <bool cuts_k>
__global__ void __launch_bounds__(threads, 1)
    grouped_kernel(const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b,
                   const __grid_constant__ CUtensorMap scales_a, const __grid_constant__ CUtensorMap scales_b,
                   const GroupedWork work, const float* block_scales, void* d) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  extern __shared__ unsigned char raw[];
  const std::uint32_t misplaced = hopper::shared_address(raw) % swizzle_period;
  Shared& s = *reinterpret_cast<Shared*>(raw + (misplaced == 0 ? 0 : swizzle_period - misplaced));
  const int warp = static_cast<int>(threadIdx.x) / 32;
  if (threadIdx.x == 0) {
    for (int i = 0; i < stages; ++i) {
      hopper::init_barrier(&s.full[i], 1);
      hopper::init_barrier(&s.empty[i], math_warps);
    }
    hopper::publish_barriers();
  }
  __syncthreads();
  // 232 x 256 + 40 x 128 registers fit the SM's 65,536.
  if (warp >= math_warps) {
    hopper::give_registers<40>();
    if (threadIdx.x == math_warps * 32) {
      hopper::prefetch_map(&a);
      hopper::prefetch_map(&b);
      produce<cuts_k>(s, work, &a, &b, &scales_a, &scales_b);
    }
  } else {
    hopper::take_registers<232>();
    consume<cuts_k>(s, work, block_scales, d);
  }
#endif
}

}  // namespace

GroupedPlan::GroupedPlan(const GroupedWork& work, const GroupedTensors& t)
    : work_(work), tensors_(t), maps_(std::make_unique<Maps>()) {
  int device = 0, major = 0, minor = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "compute capability");
  check(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device), "compute capability");
  if (major != 9 || minor != 0) throw Failure("the grouped kernel needs compute capability 9.0");
  if (work.n % tile_n != 0 || work.k % block_k != 0 || work.m % 4 != 0)
    throw Failure("the grouped kernel needs n and k in multiples of 128 and m in multiples of 4");
  const std::int64_t rows_of_b = work.cuts_k ? work.n : std::int64_t{work.n} * work.groups;
  maps_->a = make_tensor_map({t.a, true, work.k, work.m, block_k, tile_m, true});
  maps_->b = make_tensor_map({t.b, true, work.k, rows_of_b, block_k, tile_n, true});
  maps_->scales_a = make_tensor_map({t.scales_a, false, work.m, work.k / block_k, tile_m, 1, false});
  maps_->scales_b = maps_->scales_a;  // not looked at where groups cut rows
  if (work.cuts_k)
    maps_->scales_b = make_tensor_map({t.scales_b, false, work.n, work.k / block_k, tile_n, 1, false});
}

GroupedPlan::~GroupedPlan() = default;
GroupedPlan::GroupedPlan(GroupedPlan&&) noexcept = default;

void GroupedPlan::run(int sms, cudaStream_t stream) const {
  launch_kernel("grouped kernel", work_.cuts_k ? &grouped_kernel<true> : &grouped_kernel<false>,
                {static_cast<unsigned>(sms)}, threads, shared_bytes, stream, maps_->a, maps_->b,
                maps_->scales_a, maps_->scales_b, work_, tensors_.scales_b, tensors_.d);
}

}  // namespace foretrain::bench
