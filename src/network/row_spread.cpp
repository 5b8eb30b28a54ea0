#include "network/row_spread.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace foretrain::network {
namespace {

std::vector<RankRows> equal_rows(std::int64_t ranks, std::int64_t total, Padding padding) {
  std::vector<RankRows> all(static_cast<std::size_t>(ranks));
  for (std::int64_t i = 0; i < ranks; ++i) {
    RankRows& r = all[static_cast<std::size_t>(i)];
    r.rows = total / ranks + (i < total % ranks ? 1 : 0);
    const std::int64_t experts = padding.experts_per_rank, larger = r.rows % experts;
    const auto padded = [&](std::int64_t rows) {
      return (rows + padding.multiple - 1) / padding.multiple * padding.multiple;
    };
    const std::int64_t each = r.rows / experts;
    r.padded = static_cast<double>(larger * padded(each + 1) + (experts - larger) * padded(each));
  }
  return all;
}

// Shares of the ranks; equal when the multinomial alone is spread enough.
std::vector<double> draw_shares(Rng& rng, std::int64_t ranks, double total, double relative_sd) {
  std::vector<double> shares(static_cast<std::size_t>(ranks), 1.0);
  const double variance = relative_sd * relative_sd, floor = static_cast<double>(ranks - 1) / total;
  if (variance <= floor) return shares;
  const double sum = (floor * total - variance) / (variance - floor);
  check(sum > 0, "rows cannot be spread more than all on one rank");
  for (double& s : shares) s = rng.gamma(sum / static_cast<double>(ranks));
  return shares;
}

}  // namespace

double balanced_spread(std::int64_t ranks, double mean_rows) {
  return std::sqrt((1 - 1 / static_cast<double>(ranks)) / mean_rows);
}

std::vector<RankRows> sample_rows(Rng& rng, std::int64_t ranks, double mean_rows, double relative_sd,
                                  Padding padding) {
  check(ranks > 0 && mean_rows >= 0 && relative_sd >= 0, "rows need ranks, a mean and a spread");
  check(padding.experts_per_rank > 0 && padding.multiple > 0, "padding needs experts and a multiple");
  const std::int64_t total = std::llround(mean_rows * static_cast<double>(ranks));
  if (relative_sd == 0 || ranks == 1 || total == 0) return equal_rows(ranks, total, padding);
  const std::vector<double> shares = draw_shares(rng, ranks, static_cast<double>(total), relative_sd);
  double share_left = 0;
  for (const double s : shares) share_left += s;
  std::uint64_t left = static_cast<std::uint64_t>(total);
  std::vector<RankRows> all(shares.size());
  const double empty = static_cast<double>(padding.experts_per_rank * (padding.multiple - 1)) / 2;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double p = i + 1 == shares.size() ? 1.0 : std::clamp(shares[i] / share_left, 0.0, 1.0);
    const std::uint64_t rows = rng.binomial(left, p);
    left -= rows;
    share_left -= shares[i];
    all[i].rows = static_cast<std::int64_t>(rows);
    all[i].padded = static_cast<double>(rows) + empty;
  }
  return all;
}

}  // namespace foretrain::network
