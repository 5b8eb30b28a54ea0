#include "report/gantt_text.hpp"

#include <algorithm>
#include <sstream>

#include "catch.hpp"
#include "cluster/pipeline_metrics.hpp"
#include "cluster/uniform.hpp"
#include "report/gantt_svg.hpp"
#include "report/milliseconds.hpp"

namespace {

using namespace foretrain;
using namespace std::chrono_literals;
using plan::Schedule;

struct Drawn {
  plan::Program program;
  cluster::Timeline timeline;
};

Drawn draw(Schedule schedule, std::int32_t stages, std::int32_t n, const cluster::UniformTimes& times) {
  Drawn d{plan::list_program(schedule, stages, n), {}};
  d.timeline = cluster::simulate(d.program, cluster::list_times(d.program, times), {});
  return d;
}

std::size_t times_in(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

constexpr cluster::UniformTimes unit{1ms, 2ms, 1ms, 3ms};

}  // namespace

TEST_CASE("a small timeline in letters, exact") {
  const Drawn d = draw(Schedule::one_f_one_b, 2, 3, unit);
  const std::string text = report::gantt_text(d.program, d.timeline, 0, 40);
  CHECK(text.substr(0, text.find("F forward")) ==
        "rank 0 |FFFF....BBBBFFBBBB..BBBB|\n"
        "rank 1 |..FFBBBBFFBBBBFFBBBB....|\n"
        "       0                    12 ms\n");
  CHECK(text.find("one letter is 0.5 ms") != std::string::npos);
}

TEST_CASE("no row is wider than asked") {
  const int width = GENERATE(40, 80, 100, 137);
  const Drawn d = draw(Schedule::dualpipe, 16, 120, {1ms, 2ms, 1ms, 2'500us});
  std::istringstream lines(report::gantt_text(d.program, d.timeline, 0, width));
  std::string line;
  for (int rank = 0; rank < 16; ++rank) {
    REQUIRE(std::getline(lines, line));
    CHECK(static_cast<int>(line.size()) == width);
  }
  while (std::getline(lines, line))
    CHECK(static_cast<int>(line.size()) <= std::max(width, 86));  // the legend
}

TEST_CASE("where every slice is exact, letters count time") {
  const Drawn d = draw(Schedule::dualpipe, 4, 10, unit);
  const std::vector<cluster::RankMetrics> ranks = cluster::measure(d.program, d.timeline);
  std::istringstream lines(report::gantt_text(d.program, d.timeline));
  for (const cluster::RankMetrics& m : ranks) {
    std::string line;
    REQUIRE(std::getline(lines, line));
    const auto letters =
        std::count_if(line.begin(), line.end(), [](char c) { return c != '|' && c != ' '; }) - 5;
    const auto idle = std::count(line.begin(), line.end(), '.');
    CHECK(idle * d.timeline.makespan.time_since_epoch() == letters * m.bubble);
    const auto pairs = std::count(line.begin(), line.end(), '&');
    CHECK(pairs * d.timeline.makespan.time_since_epoch() == letters * m.busy_by[4]);
  }
}

TEST_CASE("the picture holds one box with a tooltip for every chunk, and no script") {
  const Drawn d = draw(Schedule::dualpipe, 8, 20, unit);
  const std::string svg = report::gantt_svg(d.program, d.timeline, "F&B < 3");
  std::size_t chunks = 0;
  for (const auto& list : d.program.per_rank) chunks += list.size();
  CHECK(times_in(svg, "<title>rank ") == chunks);
  CHECK(svg.find("<title>rank 0: F of stage 0, micro-batch 0; 0 to 1 ms</title>") != std::string::npos);
  CHECK(svg.find("F&amp;B &lt; 3") != std::string::npos);
  CHECK(times_in(svg, "&") == times_in(svg, "&amp;") + times_in(svg, "&lt;"));
  CHECK(svg.find("<script") == std::string::npos);
  CHECK(svg == report::gantt_svg(d.program, d.timeline, "F&B < 3"));
}

TEST_CASE("milliseconds are exact") {
  CHECK(report::milliseconds_text(0ns) == "0");
  CHECK(report::milliseconds_text(1ns) == "0.000001");
  CHECK(report::milliseconds_text(59ms) == "59");
  CHECK(report::milliseconds_text(2'500us) == "2.5");
  CHECK(report::milliseconds_text(-2'500us) == "-2.5");
  CHECK(report::seconds_of(61'600us) == 0.0616);
}
