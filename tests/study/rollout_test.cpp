// Serving figures as published beside what the op lists and curves give, with no number adjusted; and the
// laws that any rollout obeys.

#include <fmt/core.h>

#include "catch.hpp"
#include "spec/load.hpp"
#include "study/inference.hpp"
#include "study/rollout.hpp"

using namespace foretrain;
using namespace foretrain::study;

namespace {

const spec::Scenario& v3_scenario() {
  static const spec::Scenario scenario = spec::load(FORETRAIN_ROOT "/scenarios/deepseek-v3.yaml");
  return scenario;
}
const spec::StageSpec& rl_stage() {
  for (const auto& stage : v3_scenario().stages)
    if (stage.rollout) return stage;
  FAIL("the scenario has a reinforcement stage");
  return v3_scenario().stages.front();
}
Machine machine() {
  return {.model = &v3_scenario().model,
          .gpu = &v3_scenario().gpu,
          .nic = &v3_scenario().nic,
          .software = &v3_scenario().software};
}
DecodeSetting serving(std::int64_t batch, bool speculate = false, std::int64_t context = 4989) {
  return {.batch = batch, .expert = 144, .context = context, .speculate = speculate};
}
double real(std::int64_t n) {
  return static_cast<double>(n);
}
double step_s(const DecodeSetting& setting) {
  return decode_step(machine(), setting).time.base();
}

RolloutOutcome priced(const spec::RolloutSpec& rollout) {
  auto stage = rl_stage();
  stage.rollout = rollout;
  return price_rollout(v3_scenario(), stage, seconds(3));
}

}  // namespace

// Published (deepseek-ai/open-infra-index, 2025-02-27): decoding at EP144, mean context 4989, 20-22 tokens/s
// a user, 14.8 K tokens/s a node as a day's mean; prefill at EP32, 56.3 % cache hits, 73.7 K tokens/s a node,
// hits included.
TEST_CASE("decoding as served: batch against rate") {
  std::string table = "  batch  speculated  tokens/s/node  tokens/s/user  step ms  compute ms  exchange ms\n";
  for (const bool speculate : {false, true})
    for (const std::int64_t batch : {16, 32, 64, 96, 128, 160, 192, 256}) {
      const auto step = decode_step(machine(), serving(batch, speculate));
      const double kept = speculate ? 1.85 : 1, user = kept / step.time.base();
      table += fmt::format("{:7} {:>11} {:14.0f} {:14.1f} {:8.1f} {:11.1f} {:12.1f}\n", batch,
                           speculate ? "yes" : "no", 8 * real(batch) * user, user, step.time.base() * 1e3,
                           step.compute.base() * 1e3, step.communication.base() * 1e3);
      CHECK(step.time <= step.compute + step.communication);
      CHECK(step.time >= std::max(step.compute, step.communication));
    }
  WARN("published: 14800 tokens/s/node at 20 to 22 tokens/s/user\n" + table);
}

TEST_CASE("prefill as served: tokens a second of a node") {
  constexpr double prompt = 4096, hits = 0.563, tokens = 16384;
  std::string table;
  for (const auto& [name, cached] : {std::pair{"no hits", 0.0}, std::pair{"hits", hits}}) {
    // New tokens attend to the cached ones before them: mean keys = cached + new / 2.
    const double sequence = prompt * (1 - cached) + 2 * prompt * cached;
    const auto time = forward_time(machine(), {.tokens = tokens,
                                               .mean_tokens = tokens,
                                               .sequence = std::llround(sequence),
                                               .expert = 32,
                                               .head_positions = 8});
    table +=
        fmt::format("  {}: {:.0f} ms a pass, {:.0f} tokens/s/node computed, {:.0f} with hits\n", name,
                    time.base() * 1e3, 8 * tokens / time.base(), 8 * tokens / time.base() / (1 - cached));
    CHECK(time > seconds(0));
  }
  WARN("published: 73700 tokens/s/node, hits included\n" + table);
}

TEST_CASE("decoding takes longer with more context and with more requests, and gains by batching") {
  for (const bool speculate : {false, true}) {
    double last = 0;
    for (const std::int64_t context : {128, 1024, 4096, 16384, 65536}) {
      const double time = step_s(serving(64, speculate, context));
      CHECK(time > last);
      last = time;
    }
    last = 0;
    double rate = 0;
    for (const std::int64_t batch : {1, 2, 4, 16, 64, 256}) {
      const double time = step_s(serving(batch, speculate));
      CHECK(time > last);
      CHECK(real(batch) / time > rate);
      last = time;
      rate = real(batch) / time;
    }
  }
}

TEST_CASE("a step is never faster than reading its caches and weights once") {
  const auto& gpu = v3_scenario().gpu;
  for (const std::int64_t batch : {1, 32, 256})
    for (const std::int64_t context : {512, 4989, 65536}) {
      const Bytes caches = model::cache_per_token(v3_scenario().model) * real(batch * context);
      const Bytes weights =
          model::inference_weights(v3_scenario().model, 144, model::Precision::fp8).total() -
          bytes(2 * model::count_parameters(v3_scenario().model, model::Unit::embedding));  // gathered
      CHECK(step_s(serving(batch, false, context)) > ((caches + weights) / gpu.hbm_bandwidth.value).base());
    }
}

TEST_CASE("speculation gains at most the tokens it keeps") {
  auto rollout = *rl_stage().rollout;
  rollout.mtp_acceptance = 0;
  const Seconds without = priced(rollout).decode;
  for (const double acceptance : {0.1, 0.5, 0.85, 1.0}) {
    rollout.mtp_acceptance = acceptance;
    CHECK(without / priced(rollout).decode <= 1 + acceptance);
  }
}

TEST_CASE("low-latency exchanges meet DeepEP's table of 128 tokens a GPU to 3 percent") {
  const std::vector<std::array<double, 3>> rows{{8, 163, 318},  {16, 173, 329},  {32, 182, 350},
                                                {64, 186, 353}, {128, 192, 369}, {256, 194, 360}};
  for (const auto& [ranks, dispatch, combine] : rows) {
    const auto us = [&, r = ranks](bool back) {
      return low_latency_exchange(machine(), back, 128, static_cast<std::int64_t>(r)).base() * 1e6;
    };
    CHECK(us(false) == Approx(dispatch).epsilon(0.03));
    CHECK(us(true) == Approx(combine).epsilon(0.03));
  }
}

TEST_CASE("rollout time follows its sizes: answers, samples, waves, scored share") {
  const auto rollout = *rl_stage().rollout;
  const auto base = priced(rollout);
  auto longer = rollout;
  longer.response_tokens *= 2;
  CHECK(priced(longer).decode / base.decode > 2);  // twice the steps, at more context
  CHECK(priced(longer).reference > base.reference);
  auto unscored = rollout;
  unscored.reward_model_share = 0;
  CHECK(priced(unscored).reward == seconds(0));
  CHECK(base.reward < base.reference);
  auto many = rollout;
  many.prompts_per_step *= 256;  // 256 samples a GPU: two waves of 128
  CHECK(priced(many).decode / base.decode > 2);
  CHECK(priced(many).decode_tokens_per_s_node > base.decode_tokens_per_s_node);
  CHECK(priced(many).kv_cache_per_gpu.base() == Approx(base.kv_cache_per_gpu.base() * 128));
  CHECK(priced(many).weight_sync == base.weight_sync);
}

TEST_CASE("memory bounds the requests in flight: waves, never an overfull GPU") {
  auto rollout = *rl_stage().rollout;
  rollout.prompts_per_step *= 128;
  rollout.decode_batch = 128;
  rollout.response_tokens = 16384;
  const auto out = priced(rollout);
  const auto weights =
      model::inference_weights(v3_scenario().model, rollout.decode_expert, model::Precision::fp8, true);
  CHECK(out.kv_cache_per_gpu + weights.total() < v3_scenario().gpu.memory.value);
  CHECK(out.kv_cache_per_gpu.base() > 0.5 * (v3_scenario().gpu.memory.value - weights.total()).base());
}

TEST_CASE("the scenario's own rollout, phase by phase") {
  const auto out = priced(*rl_stage().rollout);
  std::string text = fmt::format(
      "prefill {:.3f} s, decode {:.2f}, reward {:.3f}, reference {:.3f}, sync {:.3f}; decode {:.0f}, prefill "
      "{:.0f} "
      "tokens/s/node; {:.1f} MB of cache\n",
      out.prefill.base(), out.decode.base(), out.reward.base(), out.reference.base(), out.weight_sync.base(),
      out.decode_tokens_per_s_node, out.prefill_tokens_per_s_node, out.kv_cache_per_gpu.base() / 1e6);
  for (const auto& note : out.notes) text += "  " + note + "\n";
  WARN(text);
  CHECK(out.update == seconds(3));
  for (const Seconds phase : {out.prefill, out.decode, out.reward, out.reference, out.weight_sync})
    CHECK(phase > seconds(0));
  CHECK(out.notes.size() >= 6);
}
