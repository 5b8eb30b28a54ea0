#include "report/network_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "report/network_panels.hpp"
#include "report/numbers.hpp"
#include "report/svg.hpp"

namespace foretrain::report {
namespace {

constexpr double panels_left = 50, panels_top = 104, panel_side = 512, largest_cell = 16, head = 40, gap = 24;
constexpr const char* unused_colour = "#ddd";

// From yellow over orange to red at equal steps of use: YlOrRd of nine classes, told apart by all (Harrower
// and Brewer, ColorBrewer.org, Cartographic Journal 40, 2003).
std::string colour_of(double use) {
  using Colour = std::array<int, 3>;
  constexpr std::array<Colour, 9> steps{{{255, 255, 204},
                                         {255, 237, 160},
                                         {254, 217, 118},
                                         {254, 178, 76},
                                         {253, 141, 60},
                                         {252, 78, 42},
                                         {227, 26, 28},
                                         {189, 0, 38},
                                         {128, 0, 38}}};
  const double at = std::clamp(use, 0.0, 1.0) * static_cast<double>(steps.size() - 1);
  const std::size_t low = std::min(static_cast<std::size_t>(at), steps.size() - 2);
  const double part = at - static_cast<double>(low);
  std::string text = "#";
  for (std::size_t i = 0; i < 3; ++i)
    text += fmt::format("{:02x}", std::lround(steps[low][i] + part * (steps[low + 1][i] - steps[low][i])));
  return text;
}

double pitch_of(const Panel& panel) {
  return std::min(largest_cell, panel_side / static_cast<double>(std::max(panel.columns, panel.rows)));
}
double gap_of(const Panel& panel) {
  return panel.plane_columns > 0 ? pitch_of(panel) / 2 : 0;
}
std::size_t plane_of(const Panel& panel, std::size_t column) {
  return panel.plane_columns > 0 ? column / panel.plane_columns : 0;
}
// Of a column, within the panel.
double left_of(const Panel& panel, std::size_t column) {
  return pitch_of(panel) * static_cast<double>(column) +
         gap_of(panel) * static_cast<double>(plane_of(panel, column));
}
double width_of(const Panel& panel) {
  return left_of(panel, panel.columns - 1) + pitch_of(panel);
}
double height_of(const Panel& panel) {
  return head + pitch_of(panel) * static_cast<double>(panel.rows) + gap;
}

void draw_use_legend(std::string& svg) {
  double x = panels_left;
  const auto box = [&](const std::string& colour, const std::string& words, double width) {
    fmt::format_to(std::back_inserter(svg),
                   "<rect x=\"{0}\" y=\"66\" width=\"12\" height=\"12\" fill=\"{1}\"/>\n<text x=\"{2}\" "
                   "y=\"76\">{3}</text>\n",
                   x, colour, x + 17, words);
    x += width;
  };
  box(unused_colour, "unused", 75);
  for (int tenth = 0; tenth <= 10; ++tenth)
    box(colour_of(tenth / 10.0), fmt::format("{} %", tenth == 0 ? ">0" : std::to_string(10 * tenth)), 58);
}

class Drawing {
 public:
  Drawing(const topology::Fabric& fabric, const study::NetworkOutcome& outcome, std::string& svg)
      : names_(fabric), outcome_(outcome), svg_(svg) {}

  void draw(const Panel& panel, double x, double y) {
    fmt::format_to(std::back_inserter(svg_),
                   "<text x=\"{0}\" y=\"{1}\" font-weight=\"bold\">{2}</text>\n<text x=\"{0}\" "
                   "y=\"{3}\">{4}</text>\n",
                   x, y + 10, panel.heading, y + 25, panel.meaning);
    draw_numbers(panel, x, y + head);
    const double pitch = pitch_of(panel);
    for (const Cell& cell : panel.cells)
      fmt::format_to(std::back_inserter(svg_),
                     "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\">"
                     "<title>{}</title></rect>\n",
                     x + left_of(panel, cell.column), y + head + pitch * static_cast<double>(cell.row),
                     pitch * 0.9, pitch * 0.9, cell.highest > 0 ? colour_of(cell.highest) : unused_colour,
                     words_of(cell));
  }

 private:
  // Rows by leaf or link; columns by spine, or by plane where there are several.
  void draw_numbers(const Panel& panel, double x, double y) {
    const auto number = [&](double at_x, double at_y, const char* anchor, double n) {
      fmt::format_to(std::back_inserter(svg_),
                     "<text x=\"{:.2f}\" y=\"{:.2f}\" text-anchor=\"{}\" font-size=\"9\">{}</text>\n", at_x,
                     at_y, anchor, std::floor(n));
    };
    for (std::size_t row = 0; row < panel.rows; row += 8)
      number(x - 4, y + pitch_of(panel) * static_cast<double>(row) + 7, "end",
             static_cast<double>(row) * panel.row_stands_for);
    if (panel.plane_columns == 0) return;
    const bool planes = panel.columns > panel.plane_columns;
    for (std::size_t column = 0; column < panel.columns; column += planes ? panel.plane_columns : 8)
      number(x + left_of(panel, column), y - 3, "start",
             planes ? static_cast<double>(plane_of(panel, column))
                    : static_cast<double>(column) * panel.column_stands_for);
  }

  std::string words_of(const Cell& cell) const {
    std::string fullest =
        fmt::format("{}: {}, {}", names_.of_channel(cell.fullest),
                    size_text(bytes(outcome_.carried[cell.fullest])), percent_text(cell.highest));
    if (cell.channels == 1) return fullest;
    return fmt::format("{} channels, {} on average; {}", cell.channels,
                       percent_text(cell.total / static_cast<double>(cell.channels)), fullest);
  }

  study::NodeNames names_;
  const study::NetworkOutcome& outcome_;
  std::string& svg_;
};

}  // namespace

std::string network_svg(const topology::Fabric& fabric, const study::NetworkOutcome& outcome,
                        const study::Traffic& traffic, const NetworkNames& names) {
  const std::vector<Panel> panels = list_panels(fabric, outcome);
  double widest = 340, height = panels_top;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    widest = std::max(widest, width_of(panels[i]));
    if (i % 2 == 0) height += height_of(panels[i]);
  }
  std::string svg = svg_head(panels_left + 2 * widest + panels_left + 30, height,
                             fmt::format("{} among {} endpoints of {}: {}, bound {}",
                                         study::name_of(traffic.pattern), whole(traffic.endpoints),
                                         names.name, time_text(outcome.completion), time_text(outcome.bound)),
                             panels_left);
  fmt::format_to(
      std::back_inserter(svg),
      "<text x=\"{0}\" y=\"40\">{1}; {2} routing, {3}</text>\n<text x=\"{0}\" y=\"56\">colour: share "
      "of a channel's capacity that was used over the completion time</text>\n",
      panels_left, sizes_text(traffic), study::name_of(traffic.routing),
      traffic.fidelity == study::NetworkFidelity::flow ? "flow" : "analytic");
  draw_use_legend(svg);
  Drawing drawing(fabric, outcome, svg);
  double y = panels_top;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    drawing.draw(panels[i], i % 2 == 0 ? panels_left : panels_left + widest + panels_left, y);
    if (i % 2 == 1) y += height_of(panels[i]);
  }
  return svg + "</svg>\n";
}

}  // namespace foretrain::report
