#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "report/numbers.hpp"
#include "report/scatter.hpp"
#include "report/svg.hpp"
#include "report/text_validate.hpp"

namespace foretrain::report {
namespace {

struct Mark {
  std::string name;
  study::Estimate estimate;
};
struct Set {
  const char* words;
  std::vector<Mark> marks;
};

// A kernel class twice: by the part's curves, and by what was measured elsewhere where there is such a thing.
std::array<Set, 4> sets_of(const study::TraceCheck& check) {
  std::array<Set, 4> sets{{{"kernel classes, the part's curves", {}},
                           {"the same, measured elsewhere", {}},
                           {"the same, at a bound", {}},
                           {"all-to-all kernels", {}}}};
  for (const auto& c : check.classes) {
    sets[0].marks.push_back({c.name, c.all});
    if (!c.without || c.source == study::Without::none) continue;
    sets[c.source == study::Without::measured ? 1 : 2].marks.push_back({c.name, *c.without});
  }
  for (const auto& e : check.exchanges) sets[3].marks.push_back({e.name, e.beside});
  return sets;
}

}  // namespace

std::string trace_svg(const study::TraceCheck& check, const spec::Scenario& scenario) {
  const auto sets = sets_of(check);
  double least = 1e30, most = 0;
  const auto ms_of = [](Seconds time) { return time.base() * 1e3; };
  const auto shown = [](const Mark& mark) {
    return mark.estimate.measured > Seconds{} && mark.estimate.predicted > Seconds{};
  };
  for (const Set& set : sets)
    for (const Mark& mark : set.marks) {
      if (!shown(mark)) continue;
      least = std::min({least, ms_of(mark.estimate.measured), ms_of(mark.estimate.predicted)});
      most = std::max({most, ms_of(mark.estimate.measured), ms_of(mark.estimate.predicted)});
    }
  const Scatter axes = scatter_of(least, most);
  std::string svg =
      scatter_head(axes, "Predicted against traced time by class of kernel",
                   fmt::format("{} on {}: {} rounds of an overlapped pair, all rounds added",
                               escaped(scenario.name), escaped(scenario.gpu.name), check.rounds),
                   "time, ms");
  for (std::size_t i = 0; i < sets.size(); ++i) {
    std::size_t count = 0;
    for (const Mark& mark : sets[i].marks) {
      if (!shown(mark)) continue;
      ++count;
      const double measured = ms_of(mark.estimate.measured), predicted = ms_of(mark.estimate.predicted);
      svg += scatter_mark(
          i, axes.x(measured), axes.y(predicted),
          fmt::format("<title>{}: {} ms measured, {} ms predicted, {}</title>", escaped(mark.name),
                      significant(measured), significant(predicted), error_text(predicted / measured - 1)));
    }
    svg += scatter_legend(i, fmt::format("{} ({})", sets[i].words, count));
  }
  return svg + "</svg>\n";
}

}  // namespace foretrain::report
