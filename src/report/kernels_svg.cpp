#include <fmt/format.h>

#include <algorithm>

#include "calibrate/read_results.hpp"
#include "calibrate/shapes.hpp"
#include "report/numbers.hpp"
#include "report/scatter.hpp"
#include "report/svg.hpp"
#include "report/text_calibrate.hpp"

namespace foretrain::report {

std::string kernels_svg(const calibrate::KernelCheck& check) {
  double least = 1e30, most = 0;
  const auto us = [](Seconds time) { return time.base() * 1e6; };
  for (const auto& kernel : check.kernels) {
    least = std::min({least, us(kernel.point.measured.time), us(kernel.predicted)});
    most = std::max({most, us(kernel.point.measured.time), us(kernel.predicted)});
  }
  const Scatter axes = scatter_of(least, most);
  std::string svg =
      scatter_head(axes, "Predicted against measured kernel time",
                   fmt::format("{} kernels of {} ({}), predicted by {}", check.kernels.size(),
                               escaped(check.results.device.name),
                               calibrate::name_of(check.results.device.state), escaped(check.gpu.name)),
                   "time, us");
  for (std::size_t i = 0; i < check.families.size(); ++i) {
    const auto& family = check.families[i];
    for (const auto& kernel : check.kernels)
      if (*kernel.point.family == family.family && kernel.beside() == family.beside)
        svg += scatter_mark(
            i, axes.x(us(kernel.point.measured.time)), axes.y(us(kernel.predicted)),
            fmt::format("<title>{}, {}: {} us measured, {} us predicted, {}</title>",
                        escaped(kernel.point.kernel), calibrate::describe(kernel.point.measured.kernel),
                        significant(us(kernel.point.measured.time)), significant(us(kernel.predicted)),
                        error_text(kernel.error())));
    svg += scatter_legend(
        i, fmt::format("{}{} ({}, median {})", name_of(family.family), family.beside ? " beside" : "",
                       family.errors.points, percent_text(family.errors.median)));
  }
  return svg + "</svg>\n";
}

}  // namespace foretrain::report
