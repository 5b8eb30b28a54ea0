#pragma once
// The measured efficiency of GEMMs on a grid of sizes, read between its points.
//
// D[m x n] = A[m x k] B[k x n]. Between points the logarithm of the efficiency is linear in the logarithms of
// m, n and k (so is the logarithm of the time), which cannot overshoot: a value lies between those at the
// corners of its cell. Outside the grid the efficiency of the nearest point is kept.
//
// Kernels that give each SM whole output tiles lose a share of their last wave, which jumps between two
// points. For those the tile is named: waves are taken out of the points and counted at the size asked for.
// Left out: kernels that share tiles among SMs (persistent, stream-K) lose less; theirs stay as measured.

#include <cstdint>
#include <string>
#include <vector>

namespace foretrain::hardware {

struct GemmGrid {
  std::string name;                // the table's file, for people
  std::vector<double> m, n, k;     // sizes of each axis, growing
  std::vector<double> logarithms;  // of the efficiency at each point, in the order m, n, k with k fastest
  std::int64_t tile_m = 0, tile_n = 0;  // 0: waves are part of what was measured
};

// Share of what `sms` whole waves could do that falls on the m x n asked for, in (0, 1].
double wave_occupancy(double m, double n, std::int64_t tile_m, std::int64_t tile_n, std::int64_t sms);

// The same grid with the waves of such tiles over `sms` taken out of its points.
GemmGrid without_waves(GemmGrid grid, std::int64_t tile_m, std::int64_t tile_n, std::int64_t sms);

// Share of the peak of `sms` SMs, in (0, 1]. O(log points), no allocation.
double efficiency(const GemmGrid& grid, double m, double n, double k, std::int64_t sms);

}  // namespace foretrain::hardware
