#include "calibrate/fit_collectives.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/stats.hpp"
#include "calibrate/fit_family.hpp"
#include "calibrate/limits.hpp"
#include "calibrate/shapes.hpp"
#include "network/nccl.hpp"

namespace foretrain::calibrate {
namespace {

constexpr std::size_t least_collectives = 12;  // eight factors, and some to judge
constexpr double huber = 0.1;   // residuals beyond count linearly: the formula itself is off by about that
constexpr double ridge = 1e-4;  // holds factors that no point speaks of
constexpr double reach = 1.5;   // of a factor's logarithm: 0.22 to 4.5 times
constexpr int most_rounds = 40;
constexpr double settled = 1e-4;

using Corrections = std::array<double, 8>;  // logarithms; latency and rate of each of four

void scale(ProtocolRate& protocol, double latency, double rate, Bandwidth nominal) {
  protocol.base = std::exp(latency) * protocol.base;
  protocol.step = std::exp(latency) * protocol.step;
  protocol.rate = std::min(std::exp(rate) * protocol.rate, std::max(nominal, protocol.rate));
}

CollectiveRates scaled(CollectiveRates rates, const Corrections& x, Bandwidth nominal) {
  scale(rates.ll, x[0], x[1], nominal);
  scale(rates.ll128, x[0], x[1], nominal);
  scale(rates.simple, x[2], x[3], nominal);
  rates.nvls_step = std::exp(x[4]) * rates.nvls_step;
  rates.nvls_rate = std::min(std::exp(x[5]) * rates.nvls_rate, std::max(nominal, rates.nvls_rate));
  scale(rates.exchange_small, x[6], x[7], nominal);
  scale(rates.exchange, x[6], x[7], nominal);
  return rates;
}

double loss(const std::vector<Point>& points, const CollectiveRates& base, const Corrections& x,
            Bandwidth nominal) {
  const CollectiveRates rates = scaled(base, x, nominal);
  double sum = 0;
  for (const Point& point : points) {
    const double r = std::abs(std::log(predict(point, rates) / point.measured.time));
    sum += r < huber ? r * r : huber * (2 * r - huber);
  }
  for (const double factor : x) sum += ridge * factor * factor;
  return sum;
}

// The least value of `f` within `reach` of `at`, by golden sections.
template <class F>
double least_along(double at, F f) {
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double low = std::max(at - 0.5, -reach), high = std::min(at + 0.5, reach);
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double value_a = f(a), value_b = f(b);
  while (high - low > settled) {
    if (value_a <= value_b) {
      high = b, b = a, value_b = value_a;
      a = high - golden * (high - low), value_a = f(a);
    } else {
      low = a, a = b, value_a = value_b;
      b = low + golden * (high - low), value_b = f(b);
    }
  }
  const double found = (low + high) / 2;
  return f(found) < f(at) ? found : at;
}

Corrections fit(const std::vector<Point>& points, const CollectiveRates& base, Bandwidth nominal) {
  Corrections x{};
  for (int round = 0; round < most_rounds; ++round) {
    double moved = 0;
    for (double& factor : x) {
      const double before = factor;
      factor = least_along(before, [&](double value) {
        factor = value;
        return loss(points, base, x, nominal);
      });
      moved = std::max(moved, std::abs(factor - before));
    }
    if (moved < settled) break;
  }
  return x;
}

Assessment assess_rates(const std::vector<Point>& points, const CollectiveRates& rates) {
  std::vector<double> errors;
  Seconds predicted{}, measured{};
  for (const Point& point : points) {
    const Seconds time = predict(point, rates);
    errors.push_back(std::abs(time / point.measured.time - 1));
    predicted += time, measured += point.measured.time;
  }
  return {points.size(), quantile(errors, 0.5), quantile(errors, 0.9), predicted / measured - 1,
          mean(errors)};
}

// The data alone cannot leave a GPU faster than its links carry.
std::string refusal_of(const std::vector<Point>& points, const hardware::GpuSpec& gpu) {
  for (const Point& point : points) {
    const double n = static_cast<double>(point.ranks);
    const Seconds least = point.measured.kernel.read * ((n - 1) / n) / gpu.nvlink.value;
    if (point.measured.time < least)
      return fmt::format("{} of {:.6g} bytes among {} in {:.1f} us ({}) is faster than NVLink's {:.0f} GB/s",
                         point.kernel, point.measured.kernel.read.base(), point.ranks,
                         point.measured.time.base() * 1e6, place_of(point), gpu.nvlink.value.base() / 1e9);
  }
  return {};
}

using Groups = std::map<std::pair<std::string, std::int64_t>, std::vector<Point>>;

struct Split {
  std::vector<Point> fitted, held_out;
};
bool is_held_out(std::size_t place, std::size_t count) {
  return place % 2 == 1 && place + 1 < count;  // ends are fitted
}

Split split(const Groups& groups) {
  Split halves;
  for (const auto& [key, points] : groups)
    for (std::size_t i = 0; i < points.size(); ++i)
      (is_held_out(i, points.size()) ? halves.held_out : halves.fitted).push_back(points[i]);
  return halves;
}

void judge(CollectiveFit& found, const Groups& groups, const CollectiveRates& base, const Split& halves) {
  found.held_out = assess_rates(halves.held_out, *found.rates);
  found.base = assess_rates(halves.held_out, base);
  found.noise = noise_of(halves.held_out);
  found.worse = found.held_out->median > found.base->median + found.noise;
  for (const auto& [key, points] : groups) {
    CollectiveRow row{key.first, key.second, points.size(), 0, 0, 0};
    std::vector<Point> judges;
    for (std::size_t i = 0; i < points.size(); ++i)
      if (is_held_out(i, points.size())) judges.push_back(points[i]);
    row.held_out = judges.size();
    if (!judges.empty()) {
      row.median = assess_rates(judges, *found.rates).median;
      row.base = assess_rates(judges, base).median;
    }
    found.rows.push_back(std::move(row));
  }
}

}  // namespace

bool is_collective(const Point& point) {
  return point.ranks > 1 && !point.family &&
         std::find(collective_names.begin(), collective_names.end(), point.kernel) != collective_names.end();
}

Seconds predict(const Point& point, const CollectiveRates& rates) {
  network::LinkSpeeds speeds;
  speeds.nccl = rates;
  const network::GroupShape group{point.ranks, 1};
  const Bytes buffer = point.measured.kernel.read;
  if (point.kernel == "all_to_all") return network::time_of_nccl_all_to_all(buffer, group, speeds);
  const Pattern pattern = point.kernel == "all_reduce"   ? Pattern::all_reduce
                          : point.kernel == "all_gather" ? Pattern::all_gather
                                                         : Pattern::reduce_scatter;
  return network::fastest(network::list_candidates(pattern, buffer, group, speeds)).time;
}

std::optional<CollectiveFit> fit_collectives(const std::vector<Point>& points, const hardware::GpuSpec& base,
                                             bool keep_worse) {
  std::vector<Point> all;
  for (const Point& point : points)
    if (is_collective(point) && point.measured.kernel.read > Bytes{}) all.push_back(point);
  if (all.empty()) return std::nullopt;
  Merged merged = merge_repeated(all);
  Groups groups;
  for (Point& point : merged.points) groups[{point.kernel, point.ranks}].push_back(point);
  for (auto& [key, rows] : groups)
    std::stable_sort(rows.begin(), rows.end(), [](const Point& a, const Point& b) {
      return a.measured.kernel.read < b.measured.kernel.read;
    });
  CollectiveFit found;
  found.points = merged.points.size();
  const Split halves = split(groups);
  if (!merged.contradiction.empty())
    found.reason = merged.contradiction;
  else if (!base.collectives.known())
    found.reason = fmt::format("{} states no collectives to start from", base.name);
  else if (found.points < least_collectives || halves.held_out.empty())
    found.reason = fmt::format("{} points: a table of collectives needs {} and sizes between their ends",
                               found.points, least_collectives);
  else
    found.reason = refusal_of(merged.points, base);
  if (!found.reason.empty()) return found;
  found.fitted_on = halves.fitted.size();
  found.rates =
      scaled(base.collectives, fit(halves.fitted, base.collectives, base.nvlink.value), base.nvlink.value);
  judge(found, groups, base.collectives, halves);
  if (found.held_out->median > worst_median)
    found.reason =
        fmt::format("misses half of the held-out points by more than {:.0f} %", worst_median * 100);
  else if (found.worse && !keep_worse)
    found.reason = fmt::format(
        "misses half of the held-out points by more than {:.1f} %, the base's table by "
        "more than {:.1f} %: further apart than the {:.1f} % of their noise",
        found.held_out->median * 100, found.base->median * 100, found.noise * 100);
  if (!found.reason.empty()) found.rates.reset();
  return found;
}

}  // namespace foretrain::calibrate
