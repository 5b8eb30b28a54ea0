#pragma once
// NCCL's rates among the GPUs of one node (base/collective_rates.hpp) from measured collectives: the base
// part's table with its latencies and rates scaled, one factor each for LL and LL128, the simple protocol,
// the NVLink switch's all-reduce and the all-to-all. Eight factors, not twenty numbers: the sizes of a
// benchmark tell what a machine does faster or slower, not how NCCL's protocols share the work. A factor that
// no point speaks of stays 1.
//
// Least squares of the logarithm of predicted over measured with Huber's loss, by golden sections along one
// factor after another (Kiefer, Proceedings of the AMS 4, 1953), from every second size of each collective
// and group; the others judge. Rates stay below the link's nominal one. About 10^6 evaluations of a closed
// formula: under a second.
//
// Left out: several nodes, which the rails bound (a NIC part's `rings`), and one rank. Refused: a base
// without a table, fewer than twelve points, collectives faster than the link, errors above 30 %, and tables
// that the base's clearly beats.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/collective_rates.hpp"
#include "calibrate/assess.hpp"

namespace foretrain::calibrate {

constexpr std::array<std::string_view, 4> collective_names{"all_reduce", "all_gather", "reduce_scatter",
                                                           "all_to_all"};

// Errors on the held-out sizes of one collective among one number of GPUs.
struct CollectiveRow {
  std::string kernel;
  std::int64_t ranks = 0;
  std::size_t points = 0, held_out = 0;
  double median = 0, base = 0;  // of |predicted - measured| / measured
};

struct CollectiveFit {
  std::size_t points = 0, fitted_on = 0;
  std::optional<Assessment> held_out, base;
  double noise = 0;
  bool worse = false;
  std::optional<CollectiveRates> rates;  // nothing: see reason
  std::string reason;
  std::vector<CollectiveRow> rows;
};

bool is_collective(const Point& point);  // among two GPUs or more

// Nothing where no point is one.
std::optional<CollectiveFit> fit_collectives(const std::vector<Point>& points, const hardware::GpuSpec& base,
                                             bool keep_worse = false);

// What `rates` say of the point. Precondition: is_collective(point), rates.known().
Seconds predict(const Point& point, const CollectiveRates& rates);

}  // namespace foretrain::calibrate
