#include <fmt/format.h>

#include <algorithm>

#include "report/numbers.hpp"
#include "report/scatter.hpp"
#include "report/text_runs.hpp"

namespace foretrain::report {
namespace {

Scatter axes_of(const study::RunsCheck& check) {
  double least = 1e30, most = 0;
  for (const auto& row : check.rows)
    if (row.error) {
      least = std::min({least, *row.measured_s, *row.predicted_s});
      most = std::max({most, *row.measured_s, *row.predicted_s});
    }
  return scatter_of(least, most);
}

}  // namespace

std::string runs_svg(const study::RunsCheck& check) {
  const Scatter axes = axes_of(check);
  std::string svg =
      scatter_head(axes, "Predicted against measured step time",
                   fmt::format("Predicted against measured step time, {} runs", check.all.n), "step, s");
  std::size_t shown = 0;
  for (const auto& set : check.sets) {
    if (set.all.n == 0) continue;
    for (const auto& row : check.rows)
      if (row.error && row.set == set.id)
        svg += scatter_mark(
            shown, axes.x(*row.measured_s), axes.y(*row.predicted_s),
            fmt::format("<title>{}: {} s measured, {} s predicted, {}</title>", row.id,
                        significant(*row.measured_s), significant(*row.predicted_s), error_text(*row.error)));
    svg += scatter_legend(shown++,
                          fmt::format("{} ({}, mean {})", set.id, set.all.n, percent_text(set.all.mean)));
  }
  return svg + "</svg>\n";
}

}  // namespace foretrain::report
