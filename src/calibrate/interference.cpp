#include "calibrate/interference.hpp"

#include <cmath>
#include <map>
#include <tuple>

#include "base/stats.hpp"
#include "calibrate/assess.hpp"
#include "calibrate/shapes.hpp"

namespace foretrain::calibrate {
namespace {

using AloneKey = std::tuple<std::string, std::uint64_t, bool>;  // kernel, shape, cold

// Kernels are called "gemm_bf16_beside_copy_10" by what ran beside them.
AloneKey alone_key(const Point& point) {
  return {point.kernel.substr(0, point.kernel.find("_beside_")), hash_of(point.measured.kernel), point.cold};
}

// What is taken of the bandwidth is measured, and never twice the same: conditions within a twentieth are
// one.
constexpr double step = 0.05;

struct Slowed {
  std::vector<double> taken, measured, predicted, errors;
};

}  // namespace

std::vector<SlowDown> compare_interference(const std::vector<Point>& points, const hardware::GpuSpec& gpu) {
  std::map<AloneKey, std::vector<double>> alone;
  std::map<std::tuple<Family, std::int64_t, std::int64_t>, Slowed> beside;
  const auto is_alone = [](const Point& point) {
    return point.measured.conditions.sms_taken == 0 && point.measured.conditions.hbm_taken == 0;
  };
  for (const Point& point : points)
    if (point.family && is_alone(point)) alone[alone_key(point)].push_back(point.measured.time.base());
  for (const Point& point : points) {
    if (!point.family || point.ranks > 1 || is_alone(point) || !has_curve(gpu, *point.family)) continue;
    const auto found = alone.find(alone_key(point));
    if (found == alone.end()) continue;
    const auto& [kernel, conditions, time] = point.measured;
    const Seconds law = predict(point.measured, gpu);
    const double predicted = law / predict({kernel, {}, time}, gpu);
    const double measured = time.base() / quantile(found->second, 0.5);
    const auto taken = static_cast<std::int64_t>(std::lround(conditions.hbm_taken / step));
    auto& factors = beside[{*point.family, conditions.sms_taken, taken}];
    factors.taken.push_back(conditions.hbm_taken);
    factors.measured.push_back(measured);
    factors.predicted.push_back(predicted);
    factors.errors.push_back(std::abs(predicted / measured - 1));
  }
  std::vector<SlowDown> rows;
  for (const auto& [key, factors] : beside)
    rows.push_back({std::get<0>(key), std::get<1>(key), mean(factors.taken), factors.measured.size(),
                    quantile(factors.measured, 0.5), quantile(factors.predicted, 0.5),
                    quantile(factors.errors, 0.5)});
  return rows;
}

}  // namespace foretrain::calibrate
