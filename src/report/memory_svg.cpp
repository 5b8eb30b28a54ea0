// The picture of memory through a step: one band a pipeline rank, its height the GPU's memory.

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "report/memory_picture.hpp"
#include "report/milliseconds.hpp"
#include "report/numbers.hpp"
#include "report/svg.hpp"

namespace foretrain::report {
namespace {

// Blue for what is in use, vermilion for more than there is: Okabe and Ito (Color Universal Design, 2008).
constexpr const char* used_colour = "#56b4e9";
constexpr const char* over_colour = "#d55e00";
constexpr double bands_left = 110, bands_top = 64, band = 56, height = 44;

struct Band {
  const TimeFrame& frame;
  double bottom;  // of the band
  double full;    // bytes at its top
  double y(Bytes used) const { return bottom - height * used.base() / full; }
};

// A staircase from the first point to the end of the step.
void draw_curve(std::string& svg, const cluster::MemoryCurve& curve, const Band& b, sim::SimTime makespan,
                bool fits) {
  fmt::format_to(std::back_inserter(svg), "<path d=\"M{:.2f} {:.2f}", b.frame.x({}), b.bottom);
  for (const auto& point : curve.points)
    fmt::format_to(std::back_inserter(svg), "H{:.2f}V{:.2f}", b.frame.x(point.at), b.y(point.used));
  fmt::format_to(std::back_inserter(svg), "H{:.2f}V{:.2f}Z\" fill=\"{}\"/>\n", b.frame.x(makespan), b.bottom,
                 fits ? used_colour : over_colour);
}

void draw_peak(std::string& svg, const cluster::MemoryCurve& curve, const Band& b) {
  const auto& peak = curve.points[curve.peak];
  fmt::format_to(std::back_inserter(svg),
                 "<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"3\"><title>{} at {} ms, {:g} micro-batches in "
                 "flight</title></circle>\n",
                 b.frame.x(peak.at), b.y(peak.used), memory_text(peak.used),
                 milliseconds_text(peak.at.time_since_epoch()), peak.micro_batches);
}

}  // namespace

std::string memory_over_time_svg(const spec::StageSpec& stage, const study::MemoryOverTime& memory) {
  const auto makespan = memory.step.step.timeline.makespan;
  const TimeFrame frame{bands_left, 1000,
                        std::max(1.0, static_cast<double>(makespan.time_since_epoch().count()))};
  const double bottom = bands_top + band * static_cast<double>(memory.ranks.size());
  const Bytes limit = memory.step.memory.front().limit;
  Bytes full = limit;
  for (const auto& curve : memory.ranks) full = std::max(full, curve.points[curve.peak].used);
  std::string svg = svg_head(bands_left + frame.width + 30, bottom + 40,
                             fmt::format("Memory of one GPU through a step of {}", stage.name), bands_left);
  fmt::format_to(std::back_inserter(svg),
                 "<text x=\"{}\" y=\"44\">line: the GPU's {}; dot: the fullest moment</text>\n", bands_left,
                 memory_text(limit));
  for (std::size_t r = 0; r < memory.ranks.size(); ++r) {
    const auto& curve = memory.ranks[r];
    const Band b{frame, bands_top + band * static_cast<double>(r + 1) - (band - height) / 2, full.base()};
    fmt::format_to(std::back_inserter(svg),
                   "<text x=\"{}\" y=\"{:.2f}\" text-anchor=\"end\">rank {}</text>\n"
                   "<text x=\"{}\" y=\"{:.2f}\" text-anchor=\"end\">{}</text>\n",
                   bands_left - 6, b.bottom - 24, r, bands_left - 6, b.bottom - 10,
                   memory_text(curve.points[curve.peak].used));
    draw_curve(svg, curve, b, makespan, curve.points[curve.peak].used <= limit);
    fmt::format_to(std::back_inserter(svg), "<path d=\"M{0:.2f} {1:.2f}H{2:.2f}\" stroke=\"#000\"/>\n",
                   bands_left, b.y(limit), bands_left + frame.width);
    draw_peak(svg, curve, b);
  }
  draw_time_axis(svg, frame, bands_top, bottom);
  return svg + "</svg>\n";
}

}  // namespace foretrain::report
