#include "calibrate/calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.hpp"
#include "calibrate/read_results.hpp"

namespace foretrain::calibrate {
namespace {

bool alone(const Point& point) {
  return point.measured.conditions.sms_taken == 0 && point.measured.conditions.hbm_taken == 0;
}

// Points that foretrain import-trace made of a training run.
bool traced(const Point& point) {
  return point.suite.starts_with("trace");
}

// The points of each family that a curve may be made of.
std::vector<std::vector<Point>> fit_for_curves(const std::vector<Point>& points, Unused& unused) {
  std::vector<std::vector<Point>> measured(family_count), in_training(family_count);
  for (const Point& point : points) {
    if (point.suite == "layer")
      ++unused.layer;
    else if (!point.family && (point.suite == "launch" || is_transfer(point) || is_collective(point)))
      continue;  // what no curve holds: launch gap, copies, collectives
    else if (!point.family)
      ++unused.no_family;
    else if (point.ranks > 1)
      ++unused.ranks;
    else if (traced(point))
      in_training[static_cast<std::size_t>(*point.family)].push_back(point);
    else if (!point.cold)
      ++unused.hot;
    else if (alone(point))
      measured[static_cast<std::size_t>(*point.family)].push_back(point);
  }
  for (std::size_t i = 0; i < family_count; ++i) {
    if (measured[i].empty())
      measured[i] = std::move(in_training[i]);
    else
      unused.traced += in_training[i].size();
  }
  return measured;
}

// "traced kernels of trace.json, rounds 0 and 2": validate trace judges such a curve by the other rounds.
std::string rounds_behind(const Results& results, const std::vector<Point>& points) {
  const std::string_view suite = "trace round ";
  std::vector<std::string> rounds;
  for (const Point& point : points)
    if (point.suite.starts_with(suite)) {
      std::string round = point.suite.substr(suite.size());
      if (std::find(rounds.begin(), rounds.end(), round) == rounds.end()) rounds.push_back(std::move(round));
    }
  std::string text = "traced kernels of " + results.file;
  for (std::size_t i = 0; i < rounds.size(); ++i)
    text += (i == 0 ? ", rounds " : i + 1 < rounds.size() ? ", " : " and ") + rounds[i];
  return text;
}

// Where a curve and the rates beside it come from. What was kept of the base has its source already.
void sign(const Results& results, const std::vector<Point>& points, FamilyFit& fit) {
  auto& curve = *fit.curve;
  curve.from = {source_of(results, fit), "", spread_of(fit)};
  curve.borrowed_from.clear();
  curve.fitted_on = traced(points.front()) ? rounds_behind(results, points) : "";
  curve.bound = false;
  for (auto* rate : {&curve.accumulation, &curve.promoted})
    if (*rate && (*rate)->from.source.empty()) (*rate)->from.source = source_of(results, fit);
}

void sign(const Results& results, const hardware::GpuSpec& base, CollectiveFit& fit) {
  fit.rates->from.source = fmt::format(
      "{}: one node, {} of {} points fitted; on the {} others off by {:.1f} % (median); the factors stand "
      "on: {}",
      source_of(results), fit.fitted_on, fit.points, fit.held_out->points, fit.held_out->median * 100,
      base.collectives.from.source);
  fit.rates->from.spread = std::max(0.01, fit.held_out->median);
}

}  // namespace

void check_device(const Results& results, const hardware::GpuSpec& part) {
  if (results.device.sms == part.sms.value) return;
  throw SpecError(
      {without_place(fmt::format("{} was measured on {} with {} SMs; the part {} has {}", results.file,
                                 results.device.name, results.device.sms, part.name, part.sms.value),
                     "name the part of this device with --part")});
}

std::size_t Calibration::kept() const {
  const auto curves =
      std::count_if(families.begin(), families.end(), [](const auto& fit) { return fit.curve.has_value(); });
  return static_cast<std::size_t>(curves) + (launch && launch->gap ? 1 : 0) +
         (collectives && collectives->rates ? 1 : 0);
}

double spread_of(const FamilyFit& fit) {
  return std::max(0.01, fit.held_out->median);
}

std::string source_of(const Results& results) {
  const Device& device = results.device;
  std::string text;
  if (device.state == State::synthetic) text = "SYNTHETIC, made up for tests: ";
  if (device.state == State::unverified) text = "UNVERIFIED kernels: ";
  text += device.name;
  if (!device.driver.empty()) text += ", driver " + device.driver;
  if (!device.cuda.empty()) text += ", CUDA " + device.cuda;
  for (const auto& word : {device.date, device.version.empty() ? "" : "version " + device.version})
    if (!word.empty()) text += ", " + word;
  text += ", " + results.file;
  for (const Overhead& overhead : results.overheads)
    if (overhead.reason.empty())
      text += fmt::format(", less {:.2f} us of an empty kernel", overhead.time.base() * 1e6);
  return text;
}

std::string source_of(const Results& results, const FamilyFit& fit) {
  const std::string text =
      source_of(results) + fmt::format(": {} of {} points fitted", fit.fitted_on, fit.points);
  return text + fmt::format("; on the {} others off by {:.1f} % (median), {:.1f} % (p90)",
                            fit.held_out->points, fit.held_out->median * 100, fit.held_out->p90 * 100);
}

Calibration calibrate(const Results& results, const hardware::GpuSpec& base, bool keep_worse) {
  check_device(results, base);
  Calibration calibration{results, base, {}, {}, {}, {}, {}, {}};
  const auto of_family = fit_for_curves(results.points, calibration.unused);
  for (std::size_t i = 0; i < family_count; ++i) {
    if (of_family[i].empty()) continue;
    FamilyFit fit = fit_family(static_cast<Family>(i), of_family[i], base, keep_worse);
    if (fit.curve) sign(results, of_family[i], fit);
    calibration.families.push_back(std::move(fit));
  }
  calibration.launch = fit_launch(results);
  if (calibration.launch && calibration.launch->gap)
    calibration.launch->gap->from.source =
        source_of(results) + ": from one launch of an empty kernel to the next; spread: a graph's nodes";
  calibration.collectives = fit_collectives(results.points, base, keep_worse);
  if (calibration.collectives && calibration.collectives->rates)
    sign(results, base, *calibration.collectives);
  calibration.transfers = fit_transfers(results.points, base);
  calibration.interference = compare_interference(results.points, with_curves(calibration));
  return calibration;
}

hardware::GpuSpec with_curves(const Calibration& calibration) {
  hardware::GpuSpec gpu = calibration.base;
  for (const FamilyFit& fit : calibration.families) {
    if (!fit.curve) continue;
    gpu = fit.grid ? with_grid(std::move(gpu), fit.family, *fit.curve, *fit.grid)
                   : with_curve(std::move(gpu), fit.family, *fit.curve);
  }
  if (calibration.launch && calibration.launch->gap) gpu.launch_gap = *calibration.launch->gap;
  if (calibration.collectives && calibration.collectives->rates)
    gpu.collectives = *calibration.collectives->rates;
  return gpu;
}

}  // namespace foretrain::calibrate
