// Packed documents through a whole step: what a mask saves, and what waiting for long documents takes of it.

#include <fmt/core.h>

#include "catch.hpp"
#include "spec/load.hpp"
#include "study/predict.hpp"
#include "study/stage.hpp"
#include "study/unfold.hpp"

using namespace foretrain;
using namespace foretrain::study;

namespace {

const std::string small_file = FORETRAIN_ROOT "/scenarios/small.yaml";

spec::Scenario small_with(const std::string& documents) {
  return spec::load(small_file, {"stages.pre-training.documents=" + documents});
}
StepPrediction predict(const spec::Scenario& scenario) {
  return predict_step(scenario, scenario.stages.front());
}
double step_of(const std::string& documents) {
  return predict(small_with(documents)).step.step_time.base();
}

}  // namespace

TEST_CASE("a mask saves attention, and unlike documents take a part of that back, never more") {
  const auto scenario = spec::load(small_file);
  const double crossed = predict(scenario).step.step_time.base();
  for (const char* lengths :
       {"median: 700, sigma: 1.2", "median: 700, sigma: 1.2, packing: whole",
        "lengths: [512, 8192], shares: [90 %, 10 %]", "lengths: [128, 65536], shares: [99 %, 1 %]"}) {
    CAPTURE(lengths);
    const auto masked = small_with(fmt::format("{{{}}}", lengths));
    auto spec = step_spec(masked, masked.stages.front());
    CHECK_FALSE(spec.attention_loads.empty());
    const auto program = predict(masked).step.program;
    const double waiting = steady_step(spec, program).result.step_time.base();
    spec.off.even_documents = true;
    const double even = steady_step(spec, program).result.step_time.base();
    CHECK(even < waiting);
    CHECK(waiting < crossed * 1.005);  // rows and jitter are drawn otherwise
    CHECK(step_of(fmt::format("{{{}, mask: none}}", lengths)) == crossed);
  }
}

TEST_CASE("every GPU by itself finds nearly what the folded step draws") {
  const auto scenario = small_with("{median: 700, sigma: 1.2}");
  const auto& stage = scenario.stages.front();
  const auto base = steady_step(step_spec(scenario, stage), predict(scenario).step.program);
  const auto all = unfold(base, {}, 1).result;
  CHECK(all.step_time.base() == Approx(base.result.step_time.base()).epsilon(0.03));
}
