// What publications print, as the time of a step: each definition on a row reckoned by hand.

#include "study/run_measured.hpp"

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::study;

namespace {

// GPT of 2 layers, h = 4, V = 10, s = 8. Forward FLOPs a token: layers 2 x (24 h^2 + 4 s h) = 2 x (384 + 128)
// = 1024, head 2 h V = 80. Three times that in training: 3312.
spec::Scenario measured_scenario() {
  spec::Scenario s;
  s.model.layers = s.model.dense_layers = 2;
  s.model.hidden = 4;
  s.model.dense_ffn = 16;
  s.model.vocabulary = 10;
  s.model.activation = model::Activation::gelu;
  s.model.attention.kind = model::AttentionSpec::Kind::grouped;
  s.model.attention.heads = s.model.attention.kv_heads = 2;
  s.model.attention.head_dim = 2;
  s.cluster.gpus = 4;
  s.gpu.peak_bf16.value = FlopRate::from_base(1e6);
  spec::StageSpec stage;
  stage.sequence = 8;
  stage.batch = {16, 16, 0};  // 128 tokens
  s.stages.push_back(stage);
  return s;
}

spec::RunRow row(const std::string& key, const std::string& value) {
  return {"r", "s", "here", {{{key, value, "here"}}}};
}

double step(const std::string& key, const std::string& value, spec::FigureDefinition figure = {}) {
  const auto measured = measured_step(row(key, value), figure, measured_scenario());
  REQUIRE(measured);
  CHECK(measured->from == key);
  return measured->time.base();
}

}  // namespace

TEST_CASE("seconds are taken as they stand") {
  CHECK(step("step_time_s", "1.42") == 1.42);
  CHECK(step("step_time_s_derived", "2.5") == 2.5);
  CHECK(step("step_time_ms", "372.16") == Approx(0.37216));
}

TEST_CASE("tokens a second, of all GPUs or of one") {
  CHECK(step("tokens_per_s", "64") == Approx(2));
  CHECK(step("tokens_per_s_per_gpu", "64") == Approx(0.5));
}

TEST_CASE("FLOPs are those that the set counts") {
  const double tokens = 128;
  CHECK(counted_flops({}, measured_scenario().model, 8, 16).base() == Approx(3312 * tokens));
  // Half of the attention matrix: keys 4 instead of 8, 3 x 2 layers x 4 x 4 x 4 FLOPs less a token.
  CHECK(counted_flops({false, true, ""}, measured_scenario().model, 8, 16).base() ==
        Approx((3312 - 384) * tokens));
  // One more forward of both layers, without the head.
  CHECK(counted_flops({true, false, ""}, measured_scenario().model, 8, 16).base() ==
        Approx((3312 + 1024) * tokens));
  // Of one of the two layers.
  CHECK(counted_flops({true, false, ""}, measured_scenario().model, 8, 16, 0.5).base() ==
        Approx((3312 + 512) * tokens));
}

TEST_CASE("hardware FLOPs are those of the formula in Megatron-LM's paper") {
  // F = 96 B s l h^2 (1 + s / 6h + V / 16 l h), arXiv:2104.04473, section 5
  const double B = 16, s = 8, l = 2, h = 4, V = 10;
  CHECK(counted_flops({true, false, ""}, measured_scenario().model, 8, 16).base() ==
        Approx(96 * B * s * l * h * h * (1 + s / (6 * h) + V / (16 * l * h))));
}

TEST_CASE("TFLOP/s and MFU") {
  CHECK(step("tflops_per_gpu", "1e-6") == Approx(3312.0 * 128 / (1e6 * 4)));
  CHECK(step("mfu_pct", "50") == Approx(3312.0 * 128 / (0.5e6 * 4)));
}

TEST_CASE("seconds stand before rates, and a row without a figure has no step") {
  spec::RunRow both = row("mfu_pct", "50");
  both.fields.fields.push_back({"step_time_s", "3", "here"});
  CHECK(measured_step(both, {}, measured_scenario())->from == "step_time_s");
  CHECK_FALSE(measured_step(row("gpus", "4"), {}, measured_scenario()));
}
