#include "calibrate/check_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "calibrate/calibrate.hpp"
#include "hardware/kernel_cost.hpp"

namespace foretrain::calibrate {
KernelCheck check_kernels(const Results& results, const hardware::GpuSpec& gpu) {
  check_device(results, gpu);
  KernelCheck check{results, gpu, {}, {}, {}, 0, 0};
  const auto full_clock = hardware::at_full_clock(gpu);
  std::map<std::pair<bool, Family>, std::vector<hardware::Measurement>> groups;
  for (const Point& point : results.points) {
    if (!point.family || point.ranks > 1 || point.suite == "layer") {
      ++check.no_family;
    } else if (!point.cold) {
      ++check.hot;
    } else if (!can_price(point.measured.kernel, gpu)) {
      if (std::find(check.no_curve.begin(), check.no_curve.end(), *point.family) == check.no_curve.end())
        check.no_curve.push_back(*point.family);
    } else {
      const auto price = hardware::price(point.measured.kernel, full_clock, point.measured.conditions);
      check.kernels.push_back({point, price.busy});
      groups[{check.kernels.back().beside(), *point.family}].push_back(point.measured);
    }
  }
  std::sort(check.no_curve.begin(), check.no_curve.end());
  for (const auto& [key, points] : groups)
    check.families.push_back({key.second, key.first, assess(points, gpu)});
  return check;
}

std::vector<ComparedKernel> KernelCheck::worst(std::size_t count) const {
  std::vector<ComparedKernel> sorted = kernels;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return std::abs(a.error()) > std::abs(b.error()); });
  sorted.resize(std::min(count, sorted.size()));
  return sorted;
}

}  // namespace foretrain::calibrate
