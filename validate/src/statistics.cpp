#include "statistics.hpp"

#include <algorithm>
#include <cmath>

namespace foretrain::bench {

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

Summary summarise(const std::vector<double>& samples, std::int64_t dropped) {
  Summary s;
  s.samples = static_cast<std::int64_t>(samples.size());
  s.dropped = dropped;
  s.median = quantile(samples, 0.5);
  if (s.median > 0) s.spread = (quantile(samples, 0.84) - quantile(samples, 0.16)) / 2 / s.median;
  return s;
}

double error_of_median(const std::vector<double>& samples) {
  if (samples.size() < 2) return 1;
  return 1.2533 * summarise(samples, 0).spread / std::sqrt(static_cast<double>(samples.size()));
}

bool is_enough(const std::vector<double>& samples, double elapsed, const StopRule& rule) {
  const auto count = static_cast<std::int64_t>(samples.size());
  if (count >= rule.most || elapsed >= rule.time_limit) return true;
  return count >= rule.least && error_of_median(samples) < rule.relative_error;
}

namespace {

double shortest_median(const std::vector<Batch>& batches) {
  double shortest = 0;
  for (const Batch& batch : batches) {
    const double median = quantile(batch.times, 0.5);
    if (median > 0 && (shortest == 0 || median < shortest)) shortest = median;
  }
  return shortest;
}

}  // namespace

Kept drop_throttled(const std::vector<Batch>& batches, double highest_mhz, double share) {
  const double shortest = shortest_median(batches);
  Kept kept;
  for (const Batch& batch : batches) {
    const bool known = batch.clock_mhz > 0 && highest_mhz > 0;
    const bool throttled =
        known ? batch.clock_mhz < share * highest_mhz : quantile(batch.times, 0.5) > shortest / share;
    if (throttled)
      kept.dropped += static_cast<std::int64_t>(batch.times.size());
    else
      kept.times.insert(kept.times.end(), batch.times.begin(), batch.times.end());
  }
  return kept;
}

int rotation_count(double bytes_per_set, double l2_bytes, int most) {
  if (bytes_per_set <= 0) return 1;
  const double sets = std::ceil(2 * l2_bytes / bytes_per_set);
  return static_cast<int>(std::clamp(sets, 1.0, static_cast<double>(most)));
}

}  // namespace foretrain::bench
