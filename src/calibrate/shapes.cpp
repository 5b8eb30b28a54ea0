#include "calibrate/shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <tuple>

#include "base/hash.hpp"
#include "base/stats.hpp"
#include "calibrate/families.hpp"
#include "hardware/kernel_cost.hpp"

namespace foretrain::calibrate {
namespace {

constexpr double most_deviations = 3;

using Key = std::tuple<std::string, std::uint64_t, std::int64_t, double, bool, std::int64_t>;

Key key_of(const Point& point) {
  return {point.kernel,
          hash_of(point.measured.kernel),
          point.measured.conditions.sms_taken,
          point.measured.conditions.hbm_taken,
          point.cold,
          point.ranks};
}

// What kernels of one family are sorted by, the shape's hash last.
using Size = std::tuple<double, double, double, std::uint64_t>;

Size size_of_work(const Kernel& kernel) {
  const double moved = (kernel.read + kernel.written).base();
  return {hardware::main_loop_length(kernel), moved / kernel.launches, kernel.work.base(), hash_of(kernel)};
}

std::string quarrel(const Point& a, const Point& b) {
  if (a.samples == 1 || b.samples == 1) return {};  // of one sample nobody knows the spread
  const double first = a.measured.time.base(), second = b.measured.time.base();
  const double allowed =
      most_deviations * std::hypot(std::max(a.spread, least_noise), std::max(b.spread, least_noise));
  if (std::abs(first - second) <= allowed * std::min(first, second)) return {};
  return fmt::format(
      "{} took {:.2f} us ({}) and {:.2f} us ({}), further apart than the {:.1f} % that "
      "their spreads allow",
      describe(a.measured.kernel), first * 1e6, place_of(a), second * 1e6, place_of(b), allowed * 100);
}

}  // namespace

std::uint64_t hash_of(const Kernel& kernel) {
  std::uint64_t hash = hash_bytes(name_of(kernel.family));
  for (const std::int64_t count :
       {static_cast<std::int64_t>(kernel.dtype), kernel.m, kernel.n, kernel.k, kernel.groups,
        std::int64_t{kernel.d_qk}, std::int64_t{kernel.d_v}, std::int64_t{kernel.launches},
        std::int64_t{kernel.accumulates}, std::int64_t{kernel.promotes}})
    hash = hash_number(static_cast<std::uint64_t>(count), hash);
  for (const double amount : {kernel.work.base(), kernel.read.base(), kernel.written.base()})
    hash = hash_number(std::bit_cast<std::uint64_t>(amount), hash);
  return hash;
}

std::string describe(const Kernel& kernel) {
  if (work_of(kernel.family) == Work::memory && kernel.m == 0)
    return fmt::format("{:.6g} bytes", (kernel.read + kernel.written).base());
  std::string text = fmt::format("m {}, n {}", kernel.m, kernel.n);
  if (kernel.k > 0) text += fmt::format(", k {}", kernel.k);
  if (kernel.groups > 1) text += fmt::format(", {} groups", kernel.groups);
  if (kernel.d_qk > 0) text += fmt::format(", d {}/{}", kernel.d_qk, kernel.d_v);
  return text;
}

std::string place_of(const Point& point) {
  if (point.line > 0) return fmt::format("{}:{}", point.file, point.line);
  return fmt::format("{}, {}", point.suite, point.kernel);
}

Merged merge_repeated(const std::vector<Point>& points) {
  std::map<Key, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < points.size(); ++i) alike[key_of(points[i])].push_back(i);
  Merged merged;
  for (std::size_t i = 0; i < points.size(); ++i) {  // in the order of the file
    const auto& group = alike[key_of(points[i])];
    if (group.front() != i) continue;
    Point point = points[i];
    std::vector<double> times;
    for (const std::size_t other : group) {
      times.push_back(points[other].measured.time.base());
      if (merged.contradiction.empty() && other != i) merged.contradiction = quarrel(point, points[other]);
      if (other == i) continue;
      point.samples += points[other].samples;
      point.dropped += points[other].dropped;
      point.spread = std::max(point.spread, points[other].spread);
    }
    const double median = quantile(times, 0.5);
    if (times.size() > 1)
      point.spread = std::max(point.spread, (quantile(times, 0.84) - quantile(times, 0.16)) / 2 / median);
    point.measured.time = seconds(median);
    merged.points.push_back(std::move(point));
  }
  return merged;
}

Halves halve(const std::vector<hardware::Measurement>& points) {
  std::map<int, std::map<Size, std::vector<std::size_t>>> by_dimension;
  for (std::size_t i = 0; i < points.size(); ++i)
    by_dimension[points[i].kernel.d_qk][size_of_work(points[i].kernel)].push_back(i);
  Halves halves;
  for (const auto& [dimension, by_size] : by_dimension) {
    std::vector<std::pair<std::uint64_t, const std::vector<std::size_t>*>> row;
    for (const auto& [size, group] : by_size) row.push_back({std::get<3>(size), &group});
    const auto take = [&](std::size_t i, std::vector<std::size_t>& half) {
      half.insert(half.end(), row[i].second->begin(), row[i].second->end());
    };
    take(0, halves.fitted);
    for (std::size_t i = 1; i + 1 < row.size(); i += 2) {
      const bool pair = i + 2 < row.size();  // else its neighbour is the last, which is fitted
      const bool first = pair && row[i].first < row[i + 1].first;
      take(i, first ? halves.fitted : halves.held_out);
      if (pair) take(i + 1, first ? halves.held_out : halves.fitted);
    }
    if (row.size() > 1) take(row.size() - 1, halves.fitted);
  }
  std::sort(halves.fitted.begin(), halves.fitted.end());
  std::sort(halves.held_out.begin(), halves.held_out.end());
  return halves;
}

}  // namespace foretrain::calibrate
