// One reinforcement-learning step on a colocated cluster: all GPUs generate, then all score, then all train.

#include "study/rollout.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "base/check.hpp"
#include "base/words.hpp"
#include "study/inference.hpp"

namespace foretrain::study {
namespace {

using spec::RolloutSpec;
using spec::Scenario;

double real(std::int64_t n) {
  return static_cast<double>(n);
}
std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

Machine machine_of(const Scenario& scenario, const spec::StageSpec& stage) {
  return {.model = &scenario.model,
          .gpu = &scenario.gpu,
          .nic = &scenario.nic,
          .software = &scenario.software,
          .gpus_per_node = scenario.cluster.gpus_per_node,
          .precision = stage.plan.precision,
          .seed = scenario.seed};
}

// The widest expert parallelism up to `wanted` that the exchange can be counted for: whole experts a GPU,
// whole nodes or a part of one.
std::int64_t forward_expert(const Scenario& scenario, std::int64_t wanted) {
  const auto per_node = scenario.cluster.gpus_per_node;
  std::int64_t expert = std::min(wanted, scenario.cluster.gpus);
  const auto fits = [&](std::int64_t e) {
    return scenario.model.moe.experts % e == 0 && (e % per_node == 0 || per_node % e == 0);
  };
  while (expert > 1 && !fits(expert)) --expert;
  return std::max<std::int64_t>(1, expert);
}

struct Decoding {
  std::int64_t waiting = 0;  // samples for the fullest GPU
  std::int64_t fitting = 0;  // requests that its memory holds, at full length
  std::int64_t batch = 0;    // in flight
  std::int64_t waves = 0;
  std::int64_t expert = 0, context = 0;
  bool speculate = false;
  Bytes weights{}, cache_per_request{};
  double steps = 0;  // of a wave
  DecodeStep step;
};

// Every wave starts together and runs to the mean length; waves are made equal. Memory is asked for full
// length.
Decoding plan_decoding(const Scenario& scenario, const Machine& machine, const RolloutSpec& rollout) {
  Decoding d;
  d.speculate = rollout.mtp_acceptance > 0 && scenario.model.mtp_depth > 0;
  d.expert = std::min(rollout.decode_expert, scenario.cluster.gpus);
  d.context = rollout.prompt_tokens + std::max<std::int64_t>(1, rollout.response_tokens / 2);
  d.weights = model::inference_weights(scenario.model, d.expert, machine.precision, d.speculate).total();
  d.cache_per_request = model::cache_per_token(scenario.model, d.speculate) *
                        real(rollout.prompt_tokens + rollout.response_tokens);
  const Bytes free = scenario.gpu.memory.value - d.weights - scenario.software.memory_reserve.value;
  d.fitting = free > bytes(0) ? static_cast<std::int64_t>(free / d.cache_per_request) : 0;
  d.waiting = divide_up(rollout.prompts_per_step * rollout.samples_per_prompt, scenario.cluster.gpus);
  const auto most = std::max<std::int64_t>(1, std::min(rollout.decode_batch, d.fitting));
  d.waves = divide_up(d.waiting, most);
  d.batch = divide_up(d.waiting, d.waves);
  d.steps = real(rollout.response_tokens) / (1 + (d.speculate ? rollout.mtp_acceptance : 0));
  d.step = decode_step(
      machine, {.batch = d.batch, .expert = d.expert, .context = d.context, .speculate = d.speculate});
  return d;
}

// Prompts are read once; their caches then go to the GPUs of the prompts' other samples, forwarded as they
// arrive.
Seconds prefill_time(const Scenario& scenario, const Machine& machine, const RolloutSpec& rollout) {
  const auto gpus = scenario.cluster.gpus;
  const double held = real(divide_up(rollout.prompts_per_step, gpus));
  const double tokens = held * real(rollout.prompt_tokens);
  const Seconds forward = forward_time(
      machine, {.tokens = tokens,
                .mean_tokens = real(rollout.prompts_per_step * rollout.prompt_tokens) / real(gpus),
                .sequence = rollout.prompt_tokens,
                .expert = forward_expert(scenario, rollout.prefill_expert),
                .head_positions = held});
  if (rollout.samples_per_prompt < 2 || gpus < 2) return forward;
  return forward + scenario.nic.latency_cross_leaf.value +
         model::cache_per_token(scenario.model) * tokens / scenario.nic.achieved.value;
}

// Forward pass over whole samples. `logits`: of the answers, for the reference policy; a reward model has a
// scalar head, which is left out.
Seconds scoring_time(const Scenario& scenario, const Machine& machine, const RolloutSpec& rollout,
                     double share, bool logits) {
  const double samples = real(rollout.prompts_per_step * rollout.samples_per_prompt) * share;
  if (samples <= 0) return {};
  const double gpus = real(scenario.cluster.gpus), held = std::ceil(samples / gpus);
  const auto length = rollout.prompt_tokens + rollout.response_tokens;
  return forward_time(machine, {.tokens = held * real(length),
                                .mean_tokens = samples * real(length) / gpus,
                                .sequence = length,
                                .expert = forward_expert(scenario, rollout.prefill_expert),
                                .head_positions = logits ? held * real(rollout.response_tokens) : 0});
}

Seconds sync_time(const Scenario& scenario, const Machine& machine, const RolloutSpec& rollout) {
  const bool speculate = rollout.mtp_acceptance > 0;
  const auto decode = std::min(rollout.decode_expert, scenario.cluster.gpus);
  const auto prefill = forward_expert(scenario, rollout.prefill_expert);
  const auto place = [&](std::int64_t expert) {
    return placement_time(machine,
                          model::inference_weights(scenario.model, expert, machine.precision, speculate));
  };
  return decode == prefill ? place(decode) : place(decode) + place(prefill);
}

RolloutOutcome price_phases(const Scenario& scenario, const Machine& machine, const RolloutSpec& rollout,
                            const Decoding& d) {
  RolloutOutcome out;
  const double per_node = real(scenario.cluster.gpus_per_node);
  const double nodes = real(scenario.cluster.gpus) / per_node;
  out.prefill = prefill_time(scenario, machine, rollout);
  out.decode = d.step.time * (d.steps * real(d.waves));
  out.reference = scoring_time(scenario, machine, rollout, 1, true);
  out.reward = scoring_time(scenario, machine, rollout, rollout.reward_model_share, false);
  out.weight_sync = sync_time(scenario, machine, rollout);
  out.kv_cache_per_gpu = d.cache_per_request * real(d.batch);
  // While the fullest GPU works at its batch, others may hold less: count the samples there are.
  const double samples = real(rollout.prompts_per_step * rollout.samples_per_prompt);
  out.decode_tokens_per_s_node = samples * real(rollout.response_tokens) / out.decode.base() / nodes;
  out.prefill_tokens_per_s_node =
      real(rollout.prompts_per_step * rollout.prompt_tokens) / out.prefill.base() / nodes;
  return out;
}

Seconds time_in_all(const RolloutOutcome& out) {
  return out.prefill + out.decode + out.reward + out.reference + out.weight_sync + out.update;
}

// GPU-hours of a step when answers have another mean length; the update keeps its batch of sequences.
double hours_at(const Scenario& scenario, const Machine& machine, RolloutSpec rollout, std::int64_t response,
                Seconds update) {
  rollout.response_tokens = response;
  auto out = price_phases(scenario, machine, rollout, plan_decoding(scenario, machine, rollout));
  out.update = update;
  return gpu_hours(time_in_all(out), real(scenario.cluster.gpus));
}

void add_decode_notes(const Scenario& scenario, const RolloutSpec& rollout, const Decoding& d,
                      RolloutOutcome& out) {
  constexpr double gb = 1e9, ms = 1e3;
  out.notes.push_back(fmt::format(
      "decoding: {} {} a GPU, {} in flight in {} {} (asked for {}, {} fit beside {:.1f} GB of "
      "weights at EP{}); "
      "a step takes {:.2f} ms ({:.2f} compute, {:.2f} exchange{}) at a mean context of {} tokens",
      d.waiting, plural(real(d.waiting), "sample", "samples"), d.batch, d.waves,
      plural(real(d.waves), "wave", "waves"), rollout.decode_batch, d.fitting, d.weights.base() / gb,
      d.expert, d.step.time.base() * ms, d.step.compute.base() * ms, d.step.communication.base() * ms,
      d.step.overlapped ? ", overlapped in two halves" : "", d.context));
  if (d.fitting < 1)
    out.warnings.push_back(
        fmt::format("decoding does not fit: weights at EP{} and one request of {:.1f} GB exceed {:.1f} GB",
                    d.expert, d.cache_per_request.base() / gb, scenario.gpu.memory.value.base() / gb));
  if (d.batch < rollout.decode_batch && d.fitting >= rollout.decode_batch)
    out.warnings.push_back(
        fmt::format("decoding is bound by latency: {} {} for {} GPUs, so {} instead of {} {} a GPU",
                    rollout.prompts_per_step * rollout.samples_per_prompt,
                    plural(real(rollout.prompts_per_step * rollout.samples_per_prompt), "sample", "samples"),
                    scenario.cluster.gpus, d.batch, rollout.decode_batch,
                    plural(real(rollout.decode_batch), "request", "requests")));
  out.notes.push_back(fmt::format(
      "speculation: {}",
      d.speculate ? fmt::format("each step verifies 2 tokens and keeps {:.2f}; the MTP layer is priced",
                                1 + rollout.mtp_acceptance)
                  : "none: one token a step"));
}

void add_notes(const Scenario& scenario, const Machine& machine, const spec::StageSpec& stage,
               const Decoding& d, RolloutOutcome& out) {
  const auto& rollout = *stage.rollout;
  const double gpus = real(scenario.cluster.gpus);
  out.notes.push_back(
      "all GPUs change phase together (colocated): prefill, decode, reward, reference, update, weight sync; "
      "moving "
      "training state, reference and reward models in and out of GPU memory is left out");
  add_decode_notes(scenario, rollout, d, out);
  out.notes.push_back(
      "every answer has the mean length: a synchronous step waits for its longest answer, which is not "
      "published");
  out.notes.push_back(
      fmt::format("weight sync fills the decode (EP{}) and the forward layout (EP{}) at {} a parameter, over "
                  "every GPU's NIC",
                  d.expert, forward_expert(scenario, rollout.prefill_expert),
                  machine.precision == model::Precision::fp8 ? "1 B" : "2 B"));
  if (const auto used = forward_expert(scenario, rollout.prefill_expert); used != rollout.prefill_expert)
    out.warnings.push_back(fmt::format("prefill_expert {} runs as {}: whole experts a GPU and whole nodes",
                                       rollout.prefill_expert, used));
  constexpr std::int64_t short_answer = 500, long_answer = 4000, few_steps = 200, many_steps = 2000;
  const double step = gpu_hours(time_in_all(out), gpus);
  out.notes.push_back(
      fmt::format("a step costs {:.2f} GPU-hours, {:.2f} to {:.2f} for answers of {} to {} tokens (update "
                  "unchanged); {} to {} steps "
                  "at the stated length cost {:.0f} to {:.0f}: neither number is published",
                  step, hours_at(scenario, machine, rollout, short_answer, out.update),
                  hours_at(scenario, machine, rollout, long_answer, out.update), short_answer, long_answer,
                  few_steps, many_steps, step * few_steps, step * many_steps));
}

}  // namespace

RolloutOutcome price_rollout(const Scenario& scenario, const spec::StageSpec& stage, Seconds update) {
  check(stage.rollout.has_value(), "a rollout to price");
  const auto machine = machine_of(scenario, stage);
  const auto decoding = plan_decoding(scenario, machine, *stage.rollout);
  auto out = price_phases(scenario, machine, *stage.rollout, decoding);
  out.update = update;
  add_notes(scenario, machine, stage, decoding, out);
  return out;
}

}  // namespace foretrain::study
