#pragma once
// Which elements the lanes of a warp hold in mma.sync m16n8k16 on BF16, and which addresses they give to
// ldmatrix to get them there (PTX ISA: mma.m16n8k16, ldmatrix). Plain arithmetic, tested on the host. Tiles
// in shared memory are rows of whole 128 bytes, in units of 16 bytes that are exchanged by the row's number,
// so that eight rows of one unit lie in eight different banks' groups.

#include <cstdint>

namespace foretrain::bench {

inline constexpr int unit = 8;  // BF16 elements in 16 bytes

// Where unit `column / 8` of a row lies, in units. `width`: elements of a row, a multiple of 64.
constexpr int unit_at(int row, int of_row, int width) {
  return row * (width / unit) + (of_row ^ (row & 7));
}

// The unit that a lane names to ldmatrix.x4: its row and its number within 16 x 16 elements.
struct Named {
  int row, of_row;
};
constexpr Named left_of(int lane) {  // A: 16 rows x 16 of k
  return {lane % 16, lane / 16};
}
constexpr Named right_of(int lane) {  // B stored as [n][k]: 16 of n x 16 of k, two tiles of n
  return {lane / 16 * 8 + lane % 8, lane / 8 % 2};
}
constexpr Named turned_of(int lane) {  // B stored as [k][n], with .trans: 16 of k x 16 of n
  return {lane / 8 % 2 * 8 + lane % 8, lane / 16};
}
constexpr Named turned_left_of(int lane) {  // A stored as [k][row], with .trans: 16 of k x 16 rows
  return {lane / 16 * 8 + lane % 8, lane / 8 % 2};
}

// Which element of the 16 x 8 sums register `i` of a lane holds.
constexpr int sum_row(int lane, int i) {
  return lane / 4 + i / 2 * 8;
}
constexpr int sum_column(int lane, int i) {
  return lane % 4 * 2 + i % 2;
}

// Part `index` of `parts` of `count` blocks, as even as can be.
struct Share {
  int begin, end;
};
constexpr Share share_of(int index, int parts, int count) {
  const auto before = [=](int i) { return static_cast<int>(std::int64_t{count} * i / parts); };
  return {before(index), before(index + 1)};
}

}  // namespace foretrain::bench
