#pragma once
// How the grouped FP8 kernel (kernels/grouped.cu) cuts its work, where it finds operands and scales, and
// which element each register holds. Plain arithmetic, so that it is tested on the host, element for element,
// without a GPU. Costs: finding a tile walks over the groups once in all for one thread block.
//
// Two forms. Groups cut the rows: D[m x n] = A[m x k] B_g[n x k]^T for the rows of group g; any number of
// rows each, none too. Groups cut k: D_g[m x n] += A[m x k_g] B[n x k_g]^T, k_g whole blocks of 128.
// Operands are E4M3 with k contiguous; n and k are multiples of 128.

#include <cstdint>
#include <vector>

namespace foretrain::bench {

inline constexpr int tile_m = 256, tile_n = 128, block_k = 128;  // of one thread block
inline constexpr int half_m = 64;                                // rows of one tensor core instruction
inline constexpr int slab_tiles = 16;                            // tiles of n that are walked side by side

struct GroupedWork {
  const std::int32_t* offsets = nullptr;  // groups + 1 ends, of rows or of k
  std::int32_t groups = 1, m = 0, n = 0, k = 0;
  bool cuts_k = false;
};

struct GroupedTile {
  std::int32_t group = 0;
  std::int32_t row = 0, rows_end = 0, column = 0;  // rows of A and D; rows_end is where the group's end
  std::int32_t first_k = 0, blocks = 0;            // of k, in elements; and how many blocks of 128
};

constexpr std::int32_t divided_up(std::int32_t a, std::int32_t b) {
  return (a + b - 1) / b;
}

// Tile number `index` of m_tiles x n_tiles. Slabs of n one after the other; within a slab, rows of tiles:
// what 132 SMs work on at one time is then about 8 x 16 tiles (2048 x 2048 elements), near the square that
// reads least.
struct Place {
  std::int32_t m = 0, n = 0;
};
constexpr Place place_of(std::int32_t index, std::int32_t m_tiles, std::int32_t n_tiles) {
  const std::int32_t slab = index / (m_tiles * slab_tiles), first = slab * slab_tiles;
  const std::int32_t width = n_tiles - first < slab_tiles ? n_tiles - first : slab_tiles;
  const std::int32_t rest = index - slab * m_tiles * slab_tiles;
  return {rest / width, first + rest % width};
}

// Walks a block's tiles: indices only rise, so groups that were passed are never looked at again.
class TileWalk {
 public:
  constexpr explicit TileWalk(const GroupedWork& work) : work_(work), n_tiles_(work.n / tile_n) {}

  // False when there is no such tile.
  constexpr bool find(std::int32_t index, GroupedTile& tile) {
    while (group_ < work_.groups && index >= first_ + tiles()) {
      first_ += tiles();
      ++group_;
    }
    if (group_ >= work_.groups) return false;
    const Place place = place_of(index - first_, m_tiles(), n_tiles_);
    tile.group = group_;
    tile.row = place.m * tile_m + (work_.cuts_k ? 0 : begin());
    tile.rows_end = work_.cuts_k ? work_.m : end();
    tile.column = place.n * tile_n;
    tile.first_k = work_.cuts_k ? begin() : 0;
    tile.blocks = (work_.cuts_k ? end() - begin() : work_.k) / block_k;
    return true;
  }

 private:
  constexpr std::int32_t begin() const { return work_.offsets[group_]; }
  constexpr std::int32_t end() const { return work_.offsets[group_ + 1]; }
  constexpr std::int32_t m_tiles() const {
    return divided_up(work_.cuts_k ? work_.m : end() - begin(), tile_m);
  }
  constexpr std::int32_t tiles() const {
    return work_.cuts_k && end() == begin() ? 0 : m_tiles() * n_tiles_;  // no k: nothing to add
  }

  GroupedWork work_;
  std::int32_t n_tiles_;
  std::int32_t group_ = 0, first_ = 0;  // the group at hand and the index of its first tile
};

// Scales lie as cuBLASLt's do: one for each 128 of k of a row, rows next to one another; or one for each
// block of 128 x 128, blocks along k next to one another, their count rounded up to 4 (cuBLAS guide, section
// 3.1.4.5). Blocks of group g follow those of group g - 1.
constexpr std::int64_t vector_scale_at(std::int64_t row, std::int64_t block, std::int64_t rows) {
  return block * rows + row;
}
constexpr std::int64_t block_scale_at(std::int64_t group, std::int64_t column, std::int64_t block,
                                      std::int64_t n, std::int64_t k) {
  const std::int64_t pitch = (k / block_k + 3) / 4 * 4;
  return (group * (n / tile_n) + column / tile_n) * pitch + block;
}

// Which element of the 64 x 128 result of an instruction register `i` of a thread of the warpgroup holds
// (PTX ISA, wgmma.mma_async: the layout of D).
constexpr int fragment_row(int thread, int i) {
  return thread / 32 * 16 + thread % 32 / 4 + i / 2 % 2 * 8;
}
constexpr int fragment_column(int thread, int i) {
  return i / 4 * 8 + thread % 4 * 2 + i % 2;
}

// The 64 bits that tell the tensor cores where an operand lies in shared memory: address and stride over
// eight rows in units of 16 bytes, and the 128-byte swizzle (PTX ISA, wgmma.mma_async: matrix descriptor). A
// row is 128 bytes, so eight are 1024; the leading dimension's stride counts only without swizzle.
constexpr std::uint64_t operand_descriptor(std::uint32_t shared_address) {
  constexpr std::uint64_t eight_rows = 8 * block_k / 16, swizzle_128 = 1;
  return (shared_address & 0x3ffffU) >> 4U | std::uint64_t{1} << 16U | eight_rows << 32U | swizzle_128 << 62U;
}
constexpr std::uint64_t next_k32 =
    32 / 16;  // what an operand's descriptor gains from one instruction to the next

// `total` cut into `groups` unequal parts, each a multiple of `unit`, drawn from the seed: shares between a
// quarter and seven quarters of the average. Returns groups + 1 ends.
std::vector<std::int32_t> uneven_offsets(std::int32_t groups, std::int32_t total, std::int32_t unit,
                                         std::uint64_t seed);
std::vector<std::int32_t> even_offsets(std::int32_t groups, std::int32_t total);

}  // namespace foretrain::bench
