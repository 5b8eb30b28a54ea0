#include "report/json_outcome.hpp"

#include <limits>

#include "catch.hpp"
#include "report/json_reader.hpp"
#include "report/sample.hpp"

using namespace foretrain;

TEST_CASE("an outcome as JSON: units end the keys, rows and ranks are there") {
  const json::Value doc = json::parse(report::to_json(sample::outcome()));
  CHECK(doc.at("feasible").truth);
  CHECK(doc.at("total").at("gpu_hours").number == 2664000);
  CHECK(doc.at("total").at("cost_usd").number == 5.328e6);
  CHECK(doc.at("total").at("days").number == 55);
  CHECK(doc.at("scenario_hash").text == "0000000000abcdef");
  CHECK(doc.at("seed").number == 7);
  CHECK_FALSE(doc.at("version").text.empty());
  REQUIRE(doc.at("stages").items.size() == 1);
  const json::Value& stage = doc.at("stages").items[0];
  for (const char* key :
       {"name", "tokens", "steps", "step_time_s", "days", "gpu_hours", "cost_usd", "tflops_causal",
        "tflops_noncausal", "mfu_causal", "mfu_noncausal", "tokens_per_day", "breakdown_s", "memory"}) {
    CHECK(stage.has(key));
  }
  double sum = 0;
  for (const auto& [name, value] : stage.at("breakdown_s").members)
    sum += name == "exposed_communication" ? 0 : value.number;
  CHECK(sum == Approx(stage.at("step_time_s").number));
  CHECK(stage.at("ranks").items.size() == 2);
  CHECK(stage.at("ranks").items[1].at("peak_activations").number == 17);
  CHECK(stage.at("memory").items[1].at("terms").items[1].at("name").text == "activations");
  CHECK(stage.at("memory").items[1].at("total_bytes").number == 60 * 1073741824.0);
  CHECK(stage.at("ramp").items[0].at("schedule").text == "zb1p");
  CHECK(doc.at("interval").at("contributions").items[0].at("effect").number == 0.03);
  CHECK(doc.at("causes").items[1].at("share_s").number == 1.2);
  CHECK(doc.at("published").items[1].at("error").number == -0.2);
  CHECK(doc.at("published").items[2].at("predicted").kind == json::Value::Kind::null);
}

TEST_CASE("a step of reinforcement learning is given without and with its rollout") {
  study::Outcome o = sample::outcome();
  CHECK_FALSE(json::parse(report::to_json(o)).at("stages").items[0].has("step_with_rollout_s"));
  study::StageOutcome& rl = o.stages[0];
  rl.rollout.emplace();
  rl.steps = 100;
  rl.duration = seconds(2500);
  const json::Value doc = json::parse(report::to_json(o));
  CHECK(doc.at("stages").items[0].at("step_time_s").number == 20);
  CHECK(doc.at("stages").items[0].at("step_with_rollout_s").number == 25);
}

TEST_CASE("numbers that JSON cannot hold become null") {
  study::Outcome o = sample::outcome();
  o.total->gpu_hours = std::numeric_limits<double>::quiet_NaN();
  CHECK(json::parse(report::to_json(o)).at("total").at("gpu_hours").kind == json::Value::Kind::null);
}

TEST_CASE("experiments that were not asked for are null, not zero") {
  study::Outcome o = sample::outcome();
  o.interval.reset();
  o.causes.reset();
  const json::Value doc = json::parse(report::to_json(o));
  CHECK(doc.at("interval").kind == json::Value::Kind::null);
  CHECK(doc.at("causes").kind == json::Value::Kind::null);
}

TEST_CASE("an infeasible outcome has reasons and no totals") {
  study::Outcome o = sample::outcome();
  o.infeasible = {"no \"room\""};
  const json::Value doc = json::parse(report::to_json(o));
  CHECK_FALSE(doc.at("feasible").truth);
  CHECK(doc.at("infeasible").items[0].text == "no \"room\"");
  CHECK_FALSE(doc.has("total"));
}

TEST_CASE("the same outcome gives the same bytes; a comparison is a list of them") {
  CHECK(report::to_json(sample::outcome()) == report::to_json(sample::outcome()));
  const json::Value doc =
      json::parse(report::to_json({"one", "two"}, {sample::outcome(), sample::outcome()}));
  REQUIRE(doc.items.size() == 2);
  CHECK(doc.items[1].at("variant").text == "two");
  CHECK(doc.items[1].at("outcome").at("gpus").number == 2048);
}
