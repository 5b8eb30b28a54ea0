#include "calibrate/variants.hpp"

#include <algorithm>
#include <map>

#include "base/stats.hpp"
#include "calibrate/assess.hpp"
#include "calibrate/families.hpp"
#include "calibrate/shapes.hpp"

namespace foretrain::calibrate {
namespace {

constexpr std::size_t least_rates = 4;  // a quartile needs as many

std::optional<Sourced<double>> rate_of(const std::vector<double>& rates) {
  if (rates.size() < least_rates) return std::nullopt;
  const double spread = (quantile(rates, 0.84) - quantile(rates, 0.16)) / 2;
  return Sourced<double>{std::min(1.0, quantile(rates, 0.5)), {"", "", std::min(1.0, spread)}};
}

}  // namespace

void name_variant(const std::string& name, Kernel& kernel) {
  if (work_of(kernel.family) != Work::gemm) return;
  const bool own_family = kernel.family == Family::wgrad_fp8 || kernel.family == Family::grouped_wgrad_fp8;
  kernel.accumulates = name.ends_with("_wgrad") && !own_family;
  const bool tensor =
      kernel.family == Family::gemm_fp8_tensor || kernel.family == Family::grouped_gemm_fp8_tensor;
  kernel.promotes = tensor && !name.ends_with("_fast");
}

Variants tell_apart(const std::vector<hardware::Measurement>& points) {
  Variants variants;
  const bool promoting =
      std::any_of(points.begin(), points.end(), [](const auto& point) { return point.kernel.promotes; });
  for (const auto& point : points) {
    const bool fast = promoting && !point.kernel.promotes;
    auto& kind = point.kernel.accumulates ? variants.accumulating : fast ? variants.fast : variants.plain;
    kind.push_back(point);
  }
  return variants;
}

std::optional<Sourced<double>> accumulation_rate(const std::vector<hardware::Measurement>& accumulating,
                                                 hardware::GpuSpec gpu) {
  for (auto& curve : gpu.curves)
    if (curve) curve->accumulation.reset();
  std::vector<double> rates;
  for (const auto& point : accumulating) rates.push_back(predict(point, gpu) / point.time);
  return rate_of(rates);
}

std::optional<Sourced<double>> promoted_rate(const Variants& variants) {
  std::map<std::uint64_t, Seconds> fast;
  for (auto point : variants.fast) {
    point.kernel.promotes = true;  // the shape alone
    fast[hash_of(point.kernel)] = point.time;
  }
  std::vector<double> rates;
  for (const auto& point : variants.plain)
    if (const auto found = fast.find(hash_of(point.kernel)); found != fast.end())
      rates.push_back(found->second / point.time);
  return rate_of(rates);
}

}  // namespace foretrain::calibrate
