#include "report/gantt_svg.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/check.hpp"
#include "report/milliseconds.hpp"
#include "report/svg.hpp"

namespace foretrain::report {
namespace {

using plan::Instruction;

// The colours that Okabe and Ito (Color Universal Design, 2008) chose to be told apart by all; in
// plan::Action's order.
constexpr std::array<std::string_view, 5> action_colours{"#56b4e9", "#009e73", "#f0e442", "#e69f00",
                                                         "#cc79a7"};
constexpr std::array<std::string_view, 5> action_names{"F forward", "B backward (I + W)", "I input gradient",
                                                       "W weight gradient", "F&amp;B overlapped"};
constexpr double gantt_left = 70, gantt_top = 64, row_height = 24, box_height = 18;

void draw_action_legend(std::string& svg) {
  double x = gantt_left;
  for (std::size_t i = 0; i < action_colours.size(); ++i) {
    fmt::format_to(std::back_inserter(svg),
                   "<rect x=\"{0}\" y=\"34\" width=\"12\" height=\"12\" fill=\"{1}\"/>\n<text x=\"{2}\" "
                   "y=\"44\">{3}</text>\n",
                   x, action_colours[i], x + 17, action_names[i]);
    x += 145;
  }
}

void draw_chunk(std::string& svg, const TimeFrame& frame, std::size_t rank, const Instruction& i,
                const cluster::Span& span) {
  const double x = frame.x(span.start), width = frame.x(span.end) - x;
  const double y = gantt_top + row_height * static_cast<double>(rank) + (row_height - box_height) / 2;
  fmt::format_to(std::back_inserter(svg),
                 "<rect x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\"><title>rank {}: {}; "
                 "{} to {} ms</title></rect>\n",
                 x, y, width, box_height, action_colours[static_cast<std::size_t>(i.action)], rank,
                 plan::to_text(i), milliseconds_text(span.start.time_since_epoch()),
                 milliseconds_text(span.end.time_since_epoch()));
  const std::string label = i.action == plan::Action::pair
                                ? fmt::format("{}&amp;{}", i.forward_micro_batch, i.backward_micro_batch)
                                : std::to_string(std::max(i.forward_micro_batch, i.backward_micro_batch));
  const double letters = static_cast<double>(label.size()) - (i.action == plan::Action::pair ? 4 : 0);
  if (width > letters * 6 + 2)
    fmt::format_to(std::back_inserter(svg),
                   "<text x=\"{:.2f}\" y=\"{}\" text-anchor=\"middle\" font-size=\"9\" "
                   "pointer-events=\"none\">{}</text>\n",
                   x + width / 2, y + 13, label);
}

}  // namespace

std::string gantt_svg(const plan::Program& program, const cluster::Timeline& timeline,
                      const std::string& title, std::size_t lane) {
  check(lane < timeline.spans.size(), "no such lane in the timeline");
  const auto& rows = timeline.spans[lane];
  std::size_t longest = 0;
  for (const auto& row : rows) longest = std::max(longest, row.size());
  const TimeFrame frame{gantt_left, std::clamp(static_cast<double>(longest) * 14, 900.0, 12000.0),
                        std::max(1.0, static_cast<double>(timeline.makespan.time_since_epoch().count()))};
  const double bottom = gantt_top + row_height * static_cast<double>(rows.size());
  std::string svg = svg_head(gantt_left + frame.width + 30, bottom + 40, title, gantt_left);
  draw_action_legend(svg);
  for (std::size_t rank = 0; rank < rows.size(); ++rank) {
    const double y = gantt_top + row_height * static_cast<double>(rank);
    fmt::format_to(std::back_inserter(svg),
                   "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">rank {}</text>\n<rect x=\"{}\" y=\"{}\" "
                   "width=\"{}\" height=\"{}\" "
                   "fill=\"#eee\"/>\n",
                   gantt_left - 6, y + 16, rank, gantt_left, y + (row_height - box_height) / 2, frame.width,
                   box_height);
  }
  draw_time_axis(svg, frame, gantt_top, bottom);
  for (std::size_t rank = 0; rank < rows.size(); ++rank)
    for (const cluster::Span& span : rows[rank])
      draw_chunk(svg, frame, rank, program.per_rank[rank][static_cast<std::size_t>(span.instruction)], span);
  return svg + "</svg>\n";
}

}  // namespace foretrain::report
