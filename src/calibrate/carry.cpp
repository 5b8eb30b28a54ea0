#include "calibrate/carry.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/diagnostic.hpp"

namespace foretrain::calibrate {
namespace {

using hardware::GpuSpec;

constexpr double same_peak = 0.01;  // data sheets round

void expect_same_die(const GpuSpec& from, const GpuSpec& to) {
  std::string differs;
  if (from.sms.value != to.sms.value) differs = fmt::format("{} and {} SMs", from.sms.value, to.sms.value);
  const std::array rates{&GpuSpec::peak_bf16, &GpuSpec::peak_fp32, &GpuSpec::peak_fp8, &GpuSpec::peak_fp4};
  for (const auto rate : rates) {
    const double a = (from.*rate).value.base(), b = (to.*rate).value.base();
    if (differs.empty() && std::abs(a - b) > same_peak * std::max(a, b))
      differs = fmt::format("peaks of {:.0f} and {:.0f} TFLOP/s", a / 1e12, b / 1e12);
  }
  if (differs.empty()) return;
  throw SpecError({without_place(fmt::format("curves of {} do not fit {}: {}", from.name, to.name, differs),
                                 "curves are carried between GPUs of one die, such as H100, H200 and H800")});
}

void grow(Provenance& from, const std::string& note) {
  from.spread = std::hypot(from.spread, carried_spread);
  from.source += note;
}

}  // namespace

Calibration carry(Calibration measured, const GpuSpec& target) {
  expect_same_die(measured.base, target);
  const std::string name = measured.base.name;
  const std::string note = fmt::format("; carried to {}, shares of its peak and bandwidth", target.name);
  for (FamilyFit& fit : measured.families) {
    if (!fit.curve) continue;
    const auto& old = target.curves[static_cast<std::size_t>(fit.family)];
    fit.curve->whole_chip = old && old->whole_chip;
    fit.curve->borrowed_from = name;
    if (!fit.curve->fitted_on.empty())
      fit.curve->fitted_on = "traced kernels on " + name;  // of no trace here
    grow(fit.curve->from, note);
  }
  if (measured.launch && measured.launch->gap)
    grow(measured.launch->gap->from, fmt::format("; carried from {}", name));
  measured.collectives.reset();
  measured.transfers.clear();
  measured.base = target;
  return measured;
}

}  // namespace foretrain::calibrate
