#include "calibrate/overhead.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/stats.hpp"
#include "calibrate/shapes.hpp"

namespace foretrain::calibrate {
namespace {

std::string refusal(const std::vector<Point>& points, Seconds time) {
  if (time > most_overhead)
    return fmt::format("an empty kernel of {:.2f} us is more than a pair of events sees ({:.0f} us)",
                       time.base() * 1e6, most_overhead.base() * 1e6);
  for (const Point& point : points)
    if (timed_alone(point) && most_share * point.measured.time < time)
      return fmt::format("{} took {:.2f} us ({}), of which the {:.2f} us of an empty kernel leave nothing",
                         point.kernel, point.measured.time.base() * 1e6, place_of(point), time.base() * 1e6);
  return {};
}

}  // namespace

bool timed_alone(const Point& point) {
  if (point.suite == "launch" || point.suite.starts_with("trace")) return false;
  return point.suite != "comm" || point.kernel.starts_with("copy");
}

Results without_overhead(Results results) {
  std::vector<double> times;
  for (const Point& point : results.points)
    if (point.suite == "launch" && point.kernel == "empty_kernel")
      times.push_back(point.measured.time.base());
  if (times.empty()) return results;
  const Seconds time = seconds(quantile(times, 0.5));
  const auto name = std::filesystem::path(results.file).filename().string();
  Overhead overhead{name, time, 0, refusal(results.points, time)};
  if (overhead.reason.empty())
    for (Point& point : results.points) {
      if (!timed_alone(point)) continue;
      point.measured.time -= time;
      ++overhead.rows;
    }
  results.overheads.push_back(std::move(overhead));
  return results;
}

}  // namespace foretrain::calibrate
