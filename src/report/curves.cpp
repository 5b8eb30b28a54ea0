#include "report/curves.hpp"

#include <fmt/format.h>

#include "report/numbers.hpp"
#include "report/table.hpp"

namespace foretrain::report {

namespace {

using hardware::Curve;

std::string origin_text(const Curve& curve) {
  std::string text = curve.from.source;
  if (!curve.borrowed_from.empty()) text += fmt::format("; borrowed from {}", curve.borrowed_from);
  if (!curve.fitted_on.empty()) text += fmt::format("; fitted on {}", curve.fitted_on);
  if (curve.bound) text += "; a bound, no measurement of such kernels";
  if (curve.from.spread > 0) text += fmt::format("; spread {}", percent_text(curve.from.spread));
  return text;
}

}  // namespace

std::string bound_text(const hardware::KernelPrice& price) {
  const Seconds body = std::max(price.compute, price.memory);
  if (price.time - body > body) return "launch";
  return price.compute >= price.memory ? "compute" : "memory";
}

std::string curve_text(const Curve& curve) {
  switch (curve.kind) {
    case Curve::Kind::tile:
      return fmt::format("tiles of {} x {}, main loop at {} of the SM's peak, {} more a tile", curve.tile_m,
                         curve.tile_n, percent_text(curve.efficiency), time_text(curve.tile_overhead));
    case Curve::Kind::grid:
      return "share of peak measured on a grid of m, n and k, between its points in logarithms";
    case Curve::Kind::table: {
      std::string text = "share of peak by size:";
      for (std::size_t i = 0; i < curve.efficiencies.size(); ++i) {
        const std::size_t at = i % curve.at.size(), row = i / curve.at.size();
        if (at == 0 && !curve.head_dims.empty())
          text += fmt::format("{} heads of {}:", row == 0 ? "" : ";", whole(curve.head_dims[row]));
        text += fmt::format("{} {} at {}", at == 0 ? "" : ",", percent_text(curve.efficiencies[i]),
                            whole(curve.at[at]));
      }
      return text;
    }
    case Curve::Kind::bandwidth:
      return fmt::format("{} of HBM bandwidth, {} more a launch{}", percent_text(curve.bandwidth_fraction),
                         time_text(curve.per_launch),
                         curve.whole_chip ? "; one wave of the whole chip, two where communication holds SMs" : "");
  }
  return {};
}

void CurvesUsed::add(Family family, const Curve& curve) {
  curves_.emplace(family, curve);
}

std::string CurvesUsed::to_text() const {
  std::string text = "THE ROWS BEHIND THE PRICES\n";
  for (const auto& [family, curve] : curves_) {
    text += wrap(curve_text(curve), fmt::format("  {:<19}", name_of(family)));
    text += wrap(fmt::format("{}: {}", curve.from.where, origin_text(curve)), std::string(21, ' '));
  }
  return text;
}

}  // namespace foretrain::report
