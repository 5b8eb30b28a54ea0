// What ldmatrix and mma.sync do with the addresses of fragments.hpp, by the rules of the PTX ISA.

#include "fragments.hpp"

#include <array>
#include <functional>
#include <set>

#include "catch.hpp"
#include "pick.hpp"

using namespace foretrain::bench;

namespace {

// A tile of numbers in shared memory, units exchanged.
struct Tile {
  int width;
  std::vector<int> elements;

  Tile(int rows, int width_of, std::uint64_t seed) : width(width_of) {
    for (const auto number : pick(7, rows * width, seed)) elements.push_back(static_cast<int>(number) - 3);
  }
  int& at(int row, int column) {
    return elements[static_cast<std::size_t>(unit_at(row, column / unit, width) * unit + column % unit)];
  }
};

// Two elements of each of four matrices for each lane: element 2i and 2i + 1 are register i.
using Registers = std::array<std::array<int, 8>, 32>;

// ldmatrix.x4: lanes 8j to 8j + 7 name the rows of matrix j; lane l gets elements 2 (l % 4) and the next of
// row l / 4 of each, or with .trans those of column l / 4.
Registers ldmatrix(Tile& tile, int row, int column, Named (*named)(int), bool turned) {
  Registers registers{};
  for (int lane = 0; lane < 32; ++lane) {
    for (int j = 0; j < 4; ++j) {
      for (int e = 0; e < 2; ++e) {
        const int pair = lane % 4 * 2 + e, other = lane / 4;
        const Named of = named(8 * j + (turned ? pair : other));
        registers[static_cast<std::size_t>(lane)][static_cast<std::size_t>(2 * j + e)] =
            tile.at(row + of.row, column + of.of_row * unit + (turned ? other : pair));
      }
    }
  }
  return registers;
}

// mma.m16n8k16: A's registers are rows l / 4 (+ 8 in the second and fourth), k 2 (l % 4) (+ 8 in the third
// and fourth); B's are k 2 (l % 4) (+ 8 in the second), column l / 4. `second`: registers 2 and 3 of B's
// load.
std::array<std::array<int, 8>, 16> mma(const Registers& a, const Registers& b, bool second) {
  int left[16][16] = {}, right[16][8] = {};
  for (int lane = 0; lane < 32; ++lane) {
    const auto l = static_cast<std::size_t>(lane);
    for (int i = 0; i < 8; ++i) {
      const int k = lane % 4 * 2 + i % 2;
      left[lane / 4 + i / 2 % 2 * 8][k + i / 4 * 8] = a[l][static_cast<std::size_t>(i)];
      if (i < 4) right[k + i / 2 * 8][lane / 4] = b[l][static_cast<std::size_t>(i + (second ? 4 : 0))];
    }
  }
  std::array<std::array<int, 8>, 16> d{};
  for (std::size_t m = 0; m < 16; ++m)
    for (std::size_t n = 0; n < 8; ++n)
      for (std::size_t k = 0; k < 16; ++k) d[m][n] += left[m][k] * right[k][n];
  return d;
}

using Element = std::function<int(int, int)>;

void expect_product(const Registers& a, const Registers& b, const Element& left, const Element& right) {
  for (int n = 0; n < 16; ++n) {
    const auto d = mma(a, b, n >= 8);
    for (int m = 0; m < 16; ++m) {
      int sum = 0;
      for (int k = 0; k < 16; ++k) sum += left(m, k) * right(k, n);
      CHECK(d[static_cast<std::size_t>(m)][static_cast<std::size_t>(n % 8)] == sum);
    }
  }
}

}  // namespace

TEST_CASE("fragments of operands that lie along k multiply to the product") {
  Tile q(64, 576, 1), keys(64, 576, 2);
  expect_product(
      ldmatrix(q, 16, 304, left_of, false), ldmatrix(keys, 40, 304, right_of, false),
      [&](int m, int k) { return q.at(16 + m, 304 + k); },
      [&](int k, int n) { return keys.at(40 + n, 304 + k); });
}

TEST_CASE("fragments of operands that lie across k multiply to the product") {
  Tile p(64, 64, 3), values(64, 576, 4), turned(64, 128, 5);
  expect_product(
      ldmatrix(p, 48, 16, left_of, false), ldmatrix(values, 16, 256, turned_of, true),
      [&](int m, int k) { return p.at(48 + m, 16 + k); },
      [&](int k, int n) { return values.at(16 + k, 256 + n); });
  expect_product(
      ldmatrix(turned, 16, 32, turned_left_of, true), ldmatrix(values, 16, 64, turned_of, true),
      [&](int m, int k) { return turned.at(16 + k, 32 + m); },
      [&](int k, int n) { return values.at(16 + k, 64 + n); });
}

TEST_CASE("units keep their row, and eight rows of one unit differ in their banks") {
  for (const int width : {64, 128, 192, 576}) {
    std::set<int> units;
    for (int row = 0; row < 64; ++row) {
      for (int i = 0; i < width / unit; ++i) {
        const int at = unit_at(row, i, width);
        CHECK(at / (width / unit) == row);
        units.insert(at);
      }
    }
    CHECK(units.size() == static_cast<std::size_t>(64 * width / unit));
    for (int i = 0; i < width / unit; ++i) {
      std::set<int> banks;
      for (int row = 0; row < 8; ++row) banks.insert(unit_at(row, i, width) % 8);
      CHECK(banks.size() == 8);
    }
  }
}

TEST_CASE("sums are held once each") {
  std::set<std::pair<int, int>> held;
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) held.insert({sum_row(lane, i), sum_column(lane, i)});
  CHECK(held.size() == 16 * 8);
  CHECK((sum_row(6, 2) == 9 && sum_column(6, 1) == 5));
}

TEST_CASE("sums of two neighbouring tiles lie as a left operand's fragment does") {
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 8; ++i) {  // element i of the fragment: as in mma() above
      CHECK(sum_row(lane, i % 4) == lane / 4 + i / 2 % 2 * 8);
      CHECK(i / 4 * 8 + sum_column(lane, i % 4) == lane % 4 * 2 + i % 2 + i / 4 * 8);
    }
  }
}

TEST_CASE("parts of a sequence follow one another and are even") {
  for (const int count : {0, 1, 5, 512, 513}) {
    for (const int parts : {1, 2, 3, 7}) {
      int next = 0;
      for (int i = 0; i < parts; ++i) {
        const Share share = share_of(i, parts, count);
        CHECK(share.begin == next);
        CHECK((share.end - share.begin >= count / parts && share.end - share.begin <= count / parts + 1));
        next = share.end;
      }
      CHECK(next == count);
    }
  }
}
