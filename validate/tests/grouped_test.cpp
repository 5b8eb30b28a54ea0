// The grouped kernel without a GPU: its tiles, its addresses and its sums, step by step as the kernel takes
// them, with the copy engine and the tensor cores played by the rules of the PTX ISA.

#include <array>
#include <map>
#include <random>
#include <set>

#include "catch.hpp"
#include "floats.hpp"
#include "grouped_tiles.hpp"
#include "points.hpp"
#include "ratios.hpp"

using namespace foretrain::bench;

namespace {

using Ends = std::vector<std::int32_t>;

GroupedWork work_of(const Ends& ends, std::int32_t m, std::int32_t n, std::int32_t k, bool cuts_k) {
  return {ends.data(), static_cast<std::int32_t>(ends.size() - 1), m, n, k, cuts_k};
}

// All tiles that `blocks` thread blocks take between them.
std::vector<GroupedTile> all_tiles(const GroupedWork& work, int blocks) {
  std::vector<GroupedTile> tiles;
  for (int block = 0; block < blocks; ++block) {
    TileWalk walk(work);
    GroupedTile tile;
    for (int index = block; walk.find(index, tile); index += blocks) tiles.push_back(tile);
  }
  return tiles;
}

// Shared memory from address 0 on, filled and read as the hardware does it: within each 1024 bytes, units of
// 16 bytes exchanged by the number of their 128-byte row.
struct SharedMemory {
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(64 * 1024);

  static std::size_t swizzled(std::size_t address) { return address ^ ((address >> 7U & 7U) << 4U); }

  void load(std::size_t to, const std::vector<std::uint8_t>& matrix, int columns, int x, int y,
            int box_rows) {
    const int rows = static_cast<int>(matrix.size()) / columns;
    for (int r = 0; r < box_rows; ++r) {
      for (int c = 0; c < block_k; ++c) {
        const bool inside = y + r < rows && x + c < columns;
        const auto from = static_cast<std::size_t>((y + r) * columns + x + c);
        bytes[swizzled(to + static_cast<std::size_t>(r * block_k + c))] =
            inside ? matrix[from] : std::uint8_t{0};
      }
    }
  }
  // Element (row, k) of the operand that a descriptor names.
  float element(std::uint64_t descriptor, int row, int k) const {
    const std::size_t start = (descriptor & 0x3fffU) << 4U, eight_rows = (descriptor >> 32U & 0x3fffU) << 4U;
    const auto r = static_cast<std::size_t>(row);
    return from_e4m3(bytes[swizzled(start + r / 8 * eight_rows + r % 8 * 128 + static_cast<std::size_t>(k))]);
  }
};

struct Problem {
  Ends ends;
  int m, n, k;
  bool cuts_k;
  std::vector<std::uint8_t> a, b;
  std::vector<float> scales_a, scales_b;

  Problem(Ends ends_of, int m_of, int n_of, int k_of, bool cuts)
      : ends(std::move(ends_of)), m(m_of), n(n_of), k(k_of), cuts_k(cuts) {
    std::mt19937 random(7);
    const int groups = static_cast<int>(ends.size()) - 1, weights = cuts_k ? 1 : groups;
    const auto codes = [&](int count) {
      std::vector<std::uint8_t> all;
      for (int i = 0; i < count; ++i) all.push_back(to_e4m3(static_cast<float>(random() % 801) / 2 - 200));
      return all;
    };
    const auto scales = [&](std::int64_t count) {
      std::vector<float> all;
      for (std::int64_t i = 0; i < count; ++i) all.push_back(static_cast<float>(random() % 1000 + 1) / 1000);
      return all;
    };
    a = codes(m * k), b = codes(weights * n * k);
    scales_a = scales(m * (k / 128));
    scales_b = scales(cuts_k ? n * (k / 128) : block_scale_at(groups, 0, 0, n, k));
  }
  GroupedWork work() const { return work_of(ends, m, n, k, cuts_k); }
  float scale_b(int group, int column, int block) const {
    const auto at = cuts_k ? vector_scale_at(column, block, n) : block_scale_at(group, column, block, n, k);
    return scales_b[static_cast<std::size_t>(at)];
  }
};

// Row `row` of tile-rows of 64, one column, by one thread's register, all blocks of k.
std::vector<double> by_the_kernel(const Problem& p, const GroupedTile& tile) {
  std::vector<double> total(tile_m * tile_n);
  SharedMemory memory;
  const std::uint32_t at_b = tile_m * block_k;
  for (int block = 0; block < tile.blocks; ++block) {
    const int k = tile.first_k + block * block_k, row_of_b = tile.column + (p.cuts_k ? 0 : tile.group * p.n);
    memory.load(0, p.a, p.k, k, tile.row, tile_m);
    memory.load(at_b, p.b, p.k, k, row_of_b, tile_n);
    for (int half = 0; half < tile_m / half_m; ++half) {
      const auto a = operand_descriptor(static_cast<std::uint32_t>(half * half_m * block_k));
      const auto b = operand_descriptor(at_b);
      for (int thread = 0; thread < 128; ++thread) {
        for (int i = 0; i < 64; i += 21) {  // some registers of each thread
          const int row = fragment_row(thread, i), column = fragment_column(thread, i);
          double sum = 0;
          for (int kk = 0; kk < block_k; ++kk) {
            const auto step = static_cast<std::uint64_t>(kk / 32) * next_k32;
            sum += memory.element(a + step, row, kk % 32) * memory.element(b + step, column, kk % 32);
          }
          const int of_tile = half * half_m + row, whole = tile.row + of_tile;
          if (whole >= p.m) continue;
          const auto scale_a = p.scales_a[static_cast<std::size_t>(vector_scale_at(whole, k / block_k, p.m))];
          const auto scale_b = p.cuts_k ? p.scale_b(0, tile.column + column, k / block_k)
                                        : p.scale_b(tile.group, tile.column, block);
          total[static_cast<std::size_t>(of_tile * tile_n + column)] += sum * scale_a * scale_b;
        }
      }
    }
  }
  return total;
}

double by_definition(const Problem& p, const GroupedTile& tile, int row, int column) {
  double sum = 0;
  const int group = tile.group, begin = p.ends[static_cast<std::size_t>(group)];
  const int end = p.ends[static_cast<std::size_t>(group) + 1];
  for (int kk = p.cuts_k ? begin : 0; kk < (p.cuts_k ? end : p.k); ++kk) {
    const auto b_row = (p.cuts_k ? 0 : group * p.n) + column;
    const double x = from_e4m3(p.a[static_cast<std::size_t>(row * p.k + kk)]);
    const double y = from_e4m3(p.b[static_cast<std::size_t>(b_row * p.k + kk)]);
    const int block = kk / 128, pitch = (p.k / 128 + 3) / 4 * 4;
    const int of_b = p.cuts_k ? block * p.n + column : (group * (p.n / 128) + column / 128) * pitch + block;
    sum += x * p.scales_a[static_cast<std::size_t>(block * p.m + row)] * y *
           p.scales_b[static_cast<std::size_t>(of_b)];
  }
  return sum;
}

void expect_equal_sums(const Problem& p) {
  int compared = 0;
  for (const GroupedTile& tile : all_tiles(p.work(), 3)) {
    const auto total = by_the_kernel(p, tile);
    for (int i = 0; i < tile_m * tile_n; i += 1) {
      const int row = tile.row + i / tile_n, column = tile.column + i % tile_n;
      if (total[static_cast<std::size_t>(i)] == 0 || row >= tile.rows_end) continue;
      ++compared;
      if (compared % 16 != 0) continue;  // the definition is slow
      CHECK(total[static_cast<std::size_t>(i)] == Approx(by_definition(p, tile, row, column)).epsilon(1e-6));
    }
  }
  CHECK(compared > 1000);
}

}  // namespace

TEST_CASE("every row and column of every group is in one tile") {
  const std::vector<Ends> cuts{{0, 8192, 16384}, {0, 1, 300, 300, 1000}, {0, 0, 0, 257, 257}, {0, 4000}};
  for (const Ends& ends : cuts) {
    for (const std::int32_t n : {128, 2048, 4096, 7168}) {
      std::map<std::pair<int, int>, int> covered;  // 64 rows from the group's first on, and a tile of n
      for (const GroupedTile& tile : all_tiles(work_of(ends, ends.back(), n, 256, false), 132)) {
        const int begin = ends[static_cast<std::size_t>(tile.group)];
        CHECK((tile.row >= begin && (tile.row - begin) % tile_m == 0 && tile.row < tile.rows_end));
        CHECK(tile.rows_end == ends[static_cast<std::size_t>(tile.group) + 1]);
        CHECK((tile.first_k == 0 && tile.blocks == 2));
        for (int row = tile.row; row < std::min(tile.row + tile_m, tile.rows_end); ++row)
          ++covered[{row, tile.column}];
      }
      CHECK(covered.size() == static_cast<std::size_t>(ends.back()) * static_cast<std::size_t>(n / tile_n));
      bool once = true;
      for (const auto& [place, times] : covered) once = once && times == 1;
      CHECK(once);
    }
  }
}

TEST_CASE("groups of k have every tile of m and n, with their own blocks of k") {
  const Ends ends{0, 1024, 1024, 1152, 4096};
  const auto tiles = all_tiles(work_of(ends, 7168, 2048, 4096, true), 132);
  CHECK(tiles.size() == 3 * 28 * 16);  // the empty group has nothing to add
  std::set<std::array<int, 3>> seen;
  for (const GroupedTile& tile : tiles) {
    CHECK(seen.insert({tile.group, tile.row, tile.column}).second);
    const auto g = static_cast<std::size_t>(tile.group);
    CHECK((tile.first_k == ends[g] && tile.blocks * block_k == ends[g + 1] - ends[g]));
  }
}

TEST_CASE("registers hold each element of an instruction's result once") {
  std::set<std::pair<int, int>> held;
  for (int thread = 0; thread < 128; ++thread)
    for (int i = 0; i < 64; ++i) held.insert({fragment_row(thread, i), fragment_column(thread, i)});
  CHECK(held.size() == 64 * 128);
  CHECK((held.begin()->first == 0 && held.rbegin()->first == 63 && held.rbegin()->second == 127));
  CHECK((fragment_row(37, 2) == 16 + 1 + 8 && fragment_column(37, 5) == 8 + 2 + 1));
}

TEST_CASE("an operand's descriptor, bit by bit") {
  const std::uint64_t d = operand_descriptor(0x2400);
  CHECK((d & 0x3fffU) == 0x240);
  CHECK((d >> 32U & 0x3fffU) == 64);  // 1024 bytes
  CHECK(d >> 62U == 1);               // swizzle of 128 bytes
  CHECK((d >> 49U & 7U) == 0);        // begins at a whole period of the swizzle
}

TEST_CASE("tiles, descriptors and scales add up to the product, groups of rows") {
  expect_equal_sums(Problem({0, 130, 130, 301, 560}, 560, 256, 384, false));
}

TEST_CASE("tiles, descriptors and scales add up to the product, groups of k") {
  expect_equal_sums(Problem({0, 256, 384, 384, 640}, 320, 256, 640, true));
}

TEST_CASE("uneven groups add up, in whole units, the same every time") {
  for (const int unit : {1, 128}) {
    const Ends ends = uneven_offsets(8, 32768, unit, 71);
    REQUIRE(ends.size() == 9);
    CHECK((ends.front() == 0 && ends.back() == 32768));
    std::set<int> sizes;
    for (std::size_t g = 0; g < 8; ++g) {
      CHECK(ends[g + 1] - ends[g] > 0);
      CHECK(ends[g] % unit == 0);
      sizes.insert(ends[g + 1] - ends[g]);
    }
    CHECK(sizes.size() > 4);
    CHECK(uneven_offsets(8, 32768, unit, 71) == ends);
  }
  CHECK(even_offsets(4, 4096) == Ends{0, 1024, 2048, 3072, 4096});
}

TEST_CASE("grouped points suit the kernel, and each has its dense product") {
  auto rows = list_grouped();
  std::size_t grouped = 0;
  for (Row& row : rows) {
    CHECK((row.n % 128 == 0 && row.k % 128 == 0 && row.m % 4 == 0));
    row.time_us = 100;
    row.error = 0;
    grouped += row.groups > 1 ? 1 : 0;
  }
  const auto ratios = dense_ratios(rows);
  CHECK(ratios.size() == grouped);
  for (const Ratio& ratio : ratios) {
    const bool cuts_k = ratio.grouped.kernel.find("wgrad") != std::string::npos;
    CHECK(ratio.of_dense == Approx(cuts_k ? ratio.grouped.groups : 1));
  }
  rows.front().error = 1;  // a dense product that is wrong is no measure
  CHECK(dense_ratios(rows).size() < grouped);
}
