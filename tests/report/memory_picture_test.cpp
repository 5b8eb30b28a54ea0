// The memory of a step as digits, as JSON and as a picture.

#include "report/memory_picture.hpp"

#include "catch.hpp"
#include "report/json_reader.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using Catch::Matchers::Contains;

namespace {

sim::SimTime at(std::int64_t ns) {
  return sim::SimTime{sim::Ticks{ns}};
}

const study::MemoryOverTime& small() {
  static const auto scenario = spec::load(FORETRAIN_ROOT "/scenarios/small.yaml");
  static const auto memory = study::memory_over_time(scenario, scenario.stages[0]);
  return memory;
}
const spec::Scenario& scenario() {
  static const auto read = spec::load(FORETRAIN_ROOT "/scenarios/small.yaml");
  return read;
}

}  // namespace

TEST_CASE("a digit is a slice's fullest moment, in tenths of the scale") {
  cluster::MemoryCurve curve;
  const auto add = [&](std::int64_t ns, double used) { curve.points.push_back({at(ns), bytes(used), 0}); };
  add(0, 10), add(0, 25), add(20, 99), add(21, 35), add(40, 100), add(59, 101), add(60, 0), add(100, 0);
  CHECK(report::memory_row(curve, {bytes(100), bytes(100)}, at(100), 5) == "29*00");
  CHECK(report::memory_row(curve, {bytes(100), bytes(100)}, at(100), 10) == "22939*0000");
  CHECK(report::memory_row(curve, {bytes(1000), bytes(1000)}, at(100), 1) == "1");
  CHECK(report::memory_row(curve, {bytes(202), bytes(1000)}, at(100), 1) == "5");
  CHECK(report::memory_row(curve, {bytes(101), bytes(101)}, at(100), 1) == "9");
}

TEST_CASE("the JSON holds every change, and its highest point is the peak it names") {
  const auto& memory = small();
  const auto doc = json::parse(report::memory_over_time_json(scenario(), scenario().stages[0], memory));
  CHECK(doc.at("fits").truth);
  CHECK(doc.at("limit_bytes").number == memory.step.memory[0].limit.base());
  REQUIRE(doc.at("ranks").items.size() == memory.ranks.size());
  for (std::size_t r = 0; r < memory.ranks.size(); ++r) {
    const auto& rank = doc.at("ranks").items[r];
    double most = 0, when = 0;
    for (const auto& point : rank.at("points").items)
      if (point.at("used_bytes").number > most) {
        most = point.at("used_bytes").number;
        when = point.at("at_s").number;
      }
    CHECK(rank.at("points").items.size() == memory.ranks[r].points.size());
    CHECK(most == rank.at("peak_bytes").number);
    CHECK(most == memory.step.memory[r].total.base());
    CHECK(when == rank.at("peak_at_s").number);
    CHECK(rank.at("always_bytes").number == rank.at("points").items[0].at("used_bytes").number);
  }
}

TEST_CASE("every rank has its row and its peak in the text, the JSON and the picture") {
  const auto& memory = small();
  const auto text = report::memory_over_time_text(scenario().stages[0], memory);
  const auto svg = report::memory_over_time_svg(scenario().stages[0], memory);
  for (std::size_t r = 0; r < memory.ranks.size(); ++r) {
    CHECK_THAT(text, Contains("  rank " + std::to_string(r) + " |"));
    CHECK_THAT(svg, Contains(">rank " + std::to_string(r) + "<"));
  }
  CHECK_THAT(text, !Contains("DOES NOT FIT"));
  CHECK_THAT(svg, Contains("</svg>\n"));
  auto wide = memory;
  wide.step.does_not_fit = "pipeline rank 0 needs too much";
  CHECK_THAT(report::memory_over_time_text(scenario().stages[0], wide),
             Contains("DOES NOT FIT: pipeline rank 0 needs too much"));
}
