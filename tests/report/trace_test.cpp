#include "report/trace.hpp"

#include <map>

#include "catch.hpp"
#include "report/json_reader.hpp"
#include "report/trace_events.hpp"
#include "spec/load.hpp"
#include "study/stage.hpp"

using namespace foretrain;

namespace {

struct Traced {
  spec::Scenario scenario = spec::load("scenarios/small.yaml");
  study::StageOutcome stage;
  report::Inside inside;

  Traced() {
    std::vector<std::string> infeasible;
    const auto spread = cluster::token_spread(study::step_spec(scenario, scenario.stages[0]));
    const auto hop =
        cluster::pipeline_hop(scenario.cluster, scenario.gpu, scenario.nic, scenario.stages[0].plan).value();
    stage = study::run_stage(scenario, scenario.stages[0], spread, hop, infeasible);
    REQUIRE(infeasible.empty());
    inside = report::look_inside(scenario, scenario.stages[0], stage);
  }
};

struct Interval {
  double start, end;
};

}  // namespace

TEST_CASE("times are microseconds with exact nanoseconds") {
  report::TraceText text(10000);
  CHECK(text.add({"F", "forward", "", sim::SimTime{sim::Ticks{1234567}}, sim::SimTime{sim::Ticks{1234569}}, 3,
                  1, "say \"it\""}));
  const json::Value doc = json::parse(text.take("a title", 0));
  REQUIRE(doc.at("traceEvents").items.size() == 1);
  const json::Value& e = doc.at("traceEvents").items[0];
  CHECK(e.at("ts").number == 1234.567);
  CHECK(e.at("dur").number == 0.002);
  CHECK(e.at("pid").number == 3);
  CHECK(e.at("args").at("detail").text == "say \"it\"");
}

TEST_CASE("every chunk of a step is there once, and events of a thread nest or follow one another") {
  const Traced t;
  const json::Value doc = json::parse(report::to_trace(t.stage, t.inside));
  std::size_t chunks = 0, ops = 0, exchanges = 0;
  std::map<std::pair<double, double>, std::vector<Interval>> threads;
  for (const json::Value& e : doc.at("traceEvents").items) {
    if (e.at("ph").text != "X") continue;
    const double start = e.at("ts").number, end = start + e.at("dur").number;
    threads[{e.at("pid").number, e.at("tid").number}].push_back({start, end});
    const std::string& category = e.at("cat").text;
    const bool is_chunk = category == "forward" || category == "backward" || category == "input gradient" ||
                          category == "weight gradient" || category == "overlapped pair";
    chunks += is_chunk ? 1 : 0;
    exchanges += category == "exchange" ? 1 : 0;
    ops += category == "gemm_fp8" ? 1 : 0;
    CHECK(end <= t.stage.step.step_time.base() * 1e6 + 0.001);
  }
  std::size_t expected = 0;
  for (const auto& rank : t.stage.step.program.per_rank) expected += rank.size();
  CHECK(chunks == expected);
  CHECK(ops > 0);
  CHECK(exchanges > 0);
  constexpr double slack = 0.0005;  // half a nanosecond, of adding decimals
  for (auto& [thread, all] : threads) {
    std::stable_sort(all.begin(), all.end(), [](const Interval& a, const Interval& b) {
      return a.start != b.start ? a.start < b.start : a.end > b.end;
    });
    std::vector<double> open;
    bool nested = true;
    for (const Interval& i : all) {
      while (!open.empty() && open.back() <= i.start + slack) open.pop_back();
      nested = nested && (open.empty() || i.end <= open.back() + slack);
      open.push_back(i.end);
    }
    INFO("rank " << thread.first << ", thread " << thread.second);
    CHECK(nested);
  }
}

TEST_CASE("a trace keeps within its size, says what it left out, and is still JSON") {
  const Traced t;
  const std::string text = report::to_trace(t.stage, t.inside, {.most_bytes = 20000});
  CHECK(text.size() <= 20000);
  CHECK(json::parse(text).at("otherData").at("events_left_out").number > 0);
  CHECK(json::parse(report::to_trace(t.stage, t.inside)).at("otherData").at("events_left_out").number == 0);
}

TEST_CASE("the same step gives the same trace") {
  const Traced t;
  CHECK(report::to_trace(t.stage, t.inside) == report::to_trace(t.stage, t.inside));
}
