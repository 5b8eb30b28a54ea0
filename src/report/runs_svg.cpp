#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "report/numbers.hpp"
#include "report/text_runs.hpp"

namespace foretrain::report {
namespace {

// Okabe and Ito's colours (Color Universal Design, 2008) without the yellow that white swallows; beyond them
// a set has another mark.
constexpr std::array<std::string_view, 7> colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                  "#e69f00", "#56b4e9", "#000000"};
constexpr double left_edge = 70, top = 56, side = 640, margin = 30, legend_width = 250;

struct Axis {  // both axes alike: seconds, in powers of ten
  double low = -1, high = 2;
  double x(double s) const { return left_edge + side * (std::log10(s) - low) / (high - low); }
  double y(double s) const { return top + side * (high - std::log10(s)) / (high - low); }
};

Axis axis_of(const study::RunsCheck& check) {
  double least = 1e30, most = 0;
  for (const auto& row : check.rows)
    if (row.error) {
      least = std::min({least, *row.measured_s, *row.predicted_s});
      most = std::max({most, *row.measured_s, *row.predicted_s});
    }
  if (most <= 0) return {};
  Axis axis{std::floor(std::log10(least)), std::ceil(std::log10(most))};
  if (axis.high <= axis.low) axis.high = axis.low + 1;
  return axis;
}

std::string mark(std::size_t set, double x, double y, const std::string& title) {
  const auto colour = colours[set % colours.size()];
  switch (set / colours.size() % 3) {
    case 0:
      return fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\" fill-opacity=\"0.7\">{}</circle>\n", x, y,
          colour, title);
    case 1:
      return fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"6\" height=\"6\" fill=\"{}\" "
          "fill-opacity=\"0.7\">{}</rect>\n",
          x - 3, y - 3, colour, title);
    default:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l4 7h-8z\" fill=\"{}\" fill-opacity=\"0.7\">{}</path>\n", x,
                         y - 4, colour, title);
  }
}

void draw_grid(std::string& svg, const Axis& axis) {
  const auto out = std::back_inserter(svg);
  for (double power = axis.low; power <= axis.high; ++power) {
    const double s = std::pow(10.0, power), x = axis.x(s), y = axis.y(s);
    const std::string label = significant(s, 1);
    fmt::format_to(out, "<path d=\"M{0:.1f} {1}v{2}M{3} {4:.1f}h{2}\" stroke=\"#ddd\"/>\n", x, top, side,
                   left_edge, y);
    fmt::format_to(out, "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x, top + side + 16,
                   label);
    fmt::format_to(out, "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left_edge - 6, y + 4,
                   label);
  }
  fmt::format_to(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">measured step, s</text>\n",
                 left_edge + side / 2, top + side + 34);
  fmt::format_to(
      out,
      "<text transform=\"translate(18 {}) rotate(-90)\" text-anchor=\"middle\">predicted step, s</text>\n",
      top + side / 2);
}

// y = factor * x, cut at the frame.
void draw_line(std::string& svg, const Axis& axis, double factor, const char* style) {
  const double shift = std::log10(factor);
  const double from = std::pow(10.0, std::max(axis.low, axis.low - shift));
  const double to = std::pow(10.0, std::min(axis.high, axis.high - shift));
  fmt::format_to(std::back_inserter(svg), "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" {}/>\n", axis.x(from),
                 axis.y(from * factor), axis.x(to), axis.y(to * factor), style);
}

}  // namespace

std::string runs_svg(const study::RunsCheck& check) {
  const Axis axis = axis_of(check);
  const double width = left_edge + side + margin + legend_width, height = top + side + 50;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"11\">\n<title>Predicted against measured step time</title>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"{2}\" y=\"24\" font-size=\"15\">Predicted against measured step time, {3} runs</text>\n"
      "<text x=\"{2}\" y=\"42\" fill=\"#555\">solid: equal; dashed: 10 % more or less</text>\n"
      "<rect x=\"{2}\" y=\"{4}\" width=\"{5}\" height=\"{5}\" fill=\"none\" stroke=\"#888\"/>\n",
      width, height, left_edge, check.all.n, top, side);
  draw_grid(svg, axis);
  draw_line(svg, axis, 1.0, "stroke=\"#444\"");
  for (const double factor : {1.1, 1 / 1.1})
    draw_line(svg, axis, factor, "stroke=\"#888\" stroke-dasharray=\"5 4\"");
  std::size_t shown = 0;
  for (const auto& set : check.sets) {
    if (set.all.n == 0) continue;
    for (const auto& row : check.rows)
      if (row.error && row.set == set.id)
        svg += mark(
            shown, axis.x(*row.measured_s), axis.y(*row.predicted_s),
            fmt::format("<title>{}: {} s measured, {} s predicted, {}</title>", row.id,
                        significant(*row.measured_s), significant(*row.predicted_s), error_text(*row.error)));
    const double y = top + 10 + 18 * static_cast<double>(shown), x = left_edge + side + margin;
    svg += mark(shown, x, y, "");
    svg += fmt::format("<text x=\"{}\" y=\"{}\">{} ({}, mean {})</text>\n", x + 10, y + 4, set.id, set.all.n,
                       percent_text(set.all.mean));
    ++shown;
  }
  return svg + "</svg>\n";
}

}  // namespace foretrain::report
