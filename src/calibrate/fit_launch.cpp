#include "calibrate/fit_launch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/stats.hpp"

namespace foretrain::calibrate {
namespace {

constexpr Seconds shortest = seconds(0.2e-6), longest = seconds(20e-6);
constexpr double least_spread = 0.05;

// The median over the rows of that name, and their largest spread.
std::optional<std::pair<Seconds, double>> rows_of(const Results& results, const std::string& kernel) {
  std::vector<double> times;
  double spread = 0;
  for (const Point& point : results.points) {
    if (point.suite != "launch" || point.kernel != kernel) continue;
    times.push_back(point.measured.time.base());
    spread = std::max(spread, point.spread);
  }
  if (times.empty()) return std::nullopt;
  return std::pair{seconds(quantile(times, 0.5)), spread};
}

bool took_overhead(const Results& results) {
  return !results.overheads.empty() &&
         std::all_of(results.overheads.begin(), results.overheads.end(),
                     [](const Overhead& overhead) { return overhead.reason.empty(); });
}

}  // namespace

std::optional<LaunchFit> fit_launch(const Results& results) {
  const auto queued = rows_of(results, "queued_launch"), graph = rows_of(results, "graph_launch"),
             host = rows_of(results, "host_launch");
  if (!queued && !graph && !host) return std::nullopt;
  LaunchFit fit;
  if (queued) fit.queued = queued->first;
  if (graph) fit.graph = graph->first;
  if (host) fit.host = host->first;
  if (!queued) {
    fit.reason = "no row queued_launch";
  } else if (!took_overhead(results)) {
    fit.reason = "no empty_kernel was taken from the kernels, whose times would hold a part of the gap";
  } else if (fit.queued < shortest || fit.queued > longest) {
    fit.reason = fmt::format("{:.2f} us is no gap between launches: {:.1f} to {:.0f} us",
                             fit.queued.base() * 1e6, shortest.base() * 1e6, longest.base() * 1e6);
  } else {
    double spread = std::max(least_spread, queued->second);
    if (graph) spread = std::max(spread, std::abs(fit.graph / fit.queued - 1));
    fit.gap = Sourced<Seconds>{fit.queued, {"", "", std::min(spread, 1.0)}};
  }
  return fit;
}

}  // namespace foretrain::calibrate
