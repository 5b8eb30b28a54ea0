#include "report/scatter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include "report/numbers.hpp"

namespace foretrain::report {
namespace {

// Okabe and Ito's colours (Color Universal Design, 2008) without the yellow that white swallows; beyond them
// a set has another mark.
constexpr std::array<std::string_view, 7> set_colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                      "#e69f00", "#56b4e9", "#000000"};
constexpr double scatter_left = 70, scatter_top = 56, scatter_side = 640, margin = 30, legend_width = 250;

void draw_grid(std::string& svg, const Scatter& axis, const std::string& quantity) {
  const auto out = std::back_inserter(svg);
  for (double power = axis.low; power <= axis.high; ++power) {
    const double s = std::pow(10.0, power), x = axis.x(s), y = axis.y(s);
    const std::string label = significant(s, 1);
    fmt::format_to(out, "<path d=\"M{0:.1f} {1}v{2}M{3} {4:.1f}h{2}\" stroke=\"#ddd\"/>\n", x, scatter_top,
                   scatter_side, scatter_left, y);
    fmt::format_to(out, "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x,
                   scatter_top + scatter_side + 16, label);
    fmt::format_to(out, "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", scatter_left - 6,
                   y + 4, label);
  }
  fmt::format_to(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">measured {}</text>\n",
                 scatter_left + scatter_side / 2, scatter_top + scatter_side + 34, quantity);
  fmt::format_to(
      out, "<text transform=\"translate(18 {}) rotate(-90)\" text-anchor=\"middle\">predicted {}</text>\n",
      scatter_top + scatter_side / 2, quantity);
}

// y = factor * x, cut at the frame.
void draw_line(std::string& svg, const Scatter& axis, double factor, const char* style) {
  const double shift = std::log10(factor);
  const double from = std::pow(10.0, std::max(axis.low, axis.low - shift));
  const double to = std::pow(10.0, std::min(axis.high, axis.high - shift));
  fmt::format_to(std::back_inserter(svg), "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" {}/>\n", axis.x(from),
                 axis.y(from * factor), axis.x(to), axis.y(to * factor), style);
}

}  // namespace

double Scatter::x(double value) const {
  return scatter_left + scatter_side * (std::log10(value) - low) / (high - low);
}
double Scatter::y(double value) const {
  return scatter_top + scatter_side * (high - std::log10(value)) / (high - low);
}

Scatter scatter_of(double least, double most) {
  if (most <= 0) return {};
  Scatter axes{std::floor(std::log10(least)), std::ceil(std::log10(most))};
  if (axes.high <= axes.low) axes.high = axes.low + 1;
  return axes;
}

std::string scatter_head(const Scatter& axes, const std::string& title, const std::string& headline,
                         const std::string& quantity) {
  const double width = scatter_left + scatter_side + margin + legend_width,
               height = scatter_top + scatter_side + 50;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"11\">\n<title>{6}</title>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"{2}\" y=\"24\" font-size=\"15\">{3}</text>\n"
      "<text x=\"{2}\" y=\"42\" fill=\"#555\">solid: equal; dashed: 10 % more or less</text>\n"
      "<rect x=\"{2}\" y=\"{4}\" width=\"{5}\" height=\"{5}\" fill=\"none\" stroke=\"#888\"/>\n",
      width, height, scatter_left, headline, scatter_top, scatter_side, title);
  draw_grid(svg, axes, quantity);
  draw_line(svg, axes, 1.0, "stroke=\"#444\"");
  for (const double factor : {1.1, 1 / 1.1})
    draw_line(svg, axes, factor, "stroke=\"#888\" stroke-dasharray=\"5 4\"");
  return svg;
}

std::string scatter_mark(std::size_t set, double x, double y, const std::string& title) {
  const auto colour = set_colours[set % set_colours.size()];
  switch (set / set_colours.size() % 3) {
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

std::string scatter_legend(std::size_t set, const std::string& words) {
  const double y = scatter_top + 10 + 18 * static_cast<double>(set), x = scatter_left + scatter_side + margin;
  return scatter_mark(set, x, y, "") +
         fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", x + 10, y + 4, words);
}

}  // namespace foretrain::report
