#include "report/svg.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "report/milliseconds.hpp"

namespace foretrain::report {
namespace {

// A step of 1, 2 or 5 times a power of ten that cuts the makespan in 5 to 14 parts.
double axis_step(double makespan) {
  const double power = std::pow(10.0, std::floor(std::log10(makespan / 5)));
  const double rest = makespan / 5 / power;
  return std::max(1.0, std::round((rest >= 5 ? 5 : rest >= 2 ? 2 : 1) * power));  // whole nanoseconds
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

void draw_time_axis(std::string& svg, const TimeFrame& frame, double top, double bottom) {
  const double step = axis_step(frame.makespan);
  for (double t = 0; t <= frame.makespan; t += step) {
    const sim::Ticks ticks{static_cast<std::int64_t>(t)};
    const double x = frame.x(sim::SimTime{ticks});
    fmt::format_to(std::back_inserter(svg),
                   "<path d=\"M{0:.2f} {1}V{2:.2f}\" stroke=\"#999\" stroke-width=\"0.5\"/>\n", x, top - 4,
                   bottom);
    fmt::format_to(std::back_inserter(svg),
                   "<text x=\"{:.2f}\" y=\"{:.2f}\" text-anchor=\"middle\">{}</text>\n", x, bottom + 14,
                   milliseconds_text(ticks));
  }
  fmt::format_to(std::back_inserter(svg), "<text x=\"{:.2f}\" y=\"{:.2f}\">time, ms</text>\n", frame.left,
                 bottom + 30);
}

std::string svg_head(double width, double height, const std::string& title, double left) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" "
      "font-size=\"11\">\n<title>{2}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"{3}\" y=\"20\" font-size=\"14\">{2}</text>\n",
      width, height, escaped(title), left);
}

}  // namespace foretrain::report
