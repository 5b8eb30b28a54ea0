#pragma once
// What many samples of one time say: median, spread, when enough have been taken, and which were taken while
// the chip was throttled. The method is that of NVIDIA's nvbench in its outline (cold samples, robust spread,
// stop on noise, drop throttled samples). Times are seconds. No clock here: samples come in, numbers go out.

#include <cstdint>
#include <vector>

namespace foretrain::bench {

// Between the two values nearest to the share q of the sorted samples; 0 when there are none.
double quantile(std::vector<double> values, double q);

struct Summary {
  double median = 0;
  double spread = 0;  // relative: half the distance between the 16th and 84th percentile, over the median
  std::int64_t samples = 0, dropped = 0;
};
Summary summarise(const std::vector<double>& samples, std::int64_t dropped);

// The relative standard error of the median: 1.2533 (= sqrt(pi / 2), exact for a normal distribution) times
// the deviation over the root of the count.
double error_of_median(const std::vector<double>& samples);

struct StopRule {
  double relative_error = 0.005;  // of the median
  double time_limit = 0.3;        // seconds for one point
  std::int64_t least = 16, most = 2000;
  bool untimed = false;       // nothing is timed: results are checked alone
  double clock_share = 0.75;  // of the highest SM clock; below it a sample is throttled. nvbench's default
};
bool is_enough(const std::vector<double>& samples, double elapsed, const StopRule& rule);

// Samples that were queued together, and the SM clock read while they ran (0: unknown).
struct Batch {
  std::vector<double> times;
  double clock_mhz = 0;
};

struct Kept {
  std::vector<double> times;
  std::int64_t dropped = 0;
};
// Drops a batch whose clock was below `share` of `highest_mhz`; where clocks are unknown, one whose median
// is longer than the shortest batch median divided by the share (drift of the times themselves).
Kept drop_throttled(const std::vector<Batch>& batches, double highest_mhz, double share);

// How many sets of inputs to go round, so that together they are at least twice the L2 and at most `most`.
int rotation_count(double bytes_per_set, double l2_bytes, int most = 4);

}  // namespace foretrain::bench
