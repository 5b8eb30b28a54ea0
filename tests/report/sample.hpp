#pragma once
// A small outcome made by hand: two ranks, one stage with a ramp, every part of a report once.

#include "spec/scenario.hpp"
#include "study/outcome.hpp"

namespace sample {

using namespace foretrain;

inline cluster::Breakdown breakdown(double scale) {
  return {.forward = seconds(1 * scale),
          .backward = seconds(2 * scale),
          .weight = seconds(0.5 * scale),
          .overlapped = seconds(14 * scale),
          .bubble = seconds(2 * scale),
          .optimizer = seconds(0.5 * scale),
          .exposed_communication = seconds(0.7 * scale)};
}

inline plan::MemoryReport memory(double activations_gib) {
  plan::MemoryReport m;
  m.terms = {{"weights", bytes(10 * 1073741824.0), "BF16"},
             {"activations", bytes(activations_gib * 1073741824.0), "17 chunks in flight"}};
  m.total = m.terms[0].bytes + m.terms[1].bytes;
  m.limit = bytes(80 * 1073741824.0);
  return m;
}

inline study::StageOutcome stage() {
  study::StageOutcome s;
  s.name = "pre-training";
  s.kind = spec::StageSpec::Kind::pretraining;
  s.tokens = 14.8e12, s.steps = 235000, s.sequence = 4096, s.batch = 15360;
  s.step.schedule = plan::Schedule::dualpipe;
  s.step.micro_batches = 120;
  s.step.step_time = seconds(20);
  s.step.ranks = {breakdown(1), breakdown(1)};
  s.step.mean = breakdown(1);
  s.step.peak_in_flight = {17, 17};
  s.ramp = {{3072, 24, 1000, seconds(6), plan::Schedule::zb1p},
            {15360, 120, 234000, seconds(20), plan::Schedule::dualpipe}};
  s.duration = seconds(55 * 86400.0);
  s.gpu_hours = 2664000;
  s.cost = dollars(5.328e6);
  s.tflops_causal = 385, s.tflops_noncausal = 432, s.mfu_causal = 0.3894, s.mfu_noncausal = 0.4373;
  s.tokens_per_day = 272.8e9;
  s.memory = {memory(40), memory(50)};
  s.notes = {"batches of 3072 sequences run zb1p instead of dualpipe"};
  return s;
}

inline study::Outcome outcome() {
  study::Outcome o;
  o.scenario = "sample", o.file = "scenarios/sample.yaml";
  o.seed = 7, o.hash = 0xabcdef, o.gpus = 2048;
  o.stages = {stage()};
  o.total = {o.stages[0].duration, o.stages[0].gpu_hours, o.stages[0].cost};
  o.interval = study::Interval{
      seconds(19), seconds(21.5), 0.9, {{"GEMM rate", 0.05, 0.03, "DeepGEMM tables", "a GEMM sweep"}}};
  o.causes = std::vector<study::Cause>{{"pipeline messages", "messages take no time", seconds(0.4)},
                                       {"routing", "balanced rows", seconds(1.2)}};
  spec::PublishedFigure step{"pre-training", "step_time_s", 19.926, {"a table", "sample.yaml:3", 0}};
  spec::PublishedFigure row{"pre-training", "breakdown.bubble_s", 2.5, {"a table", "sample.yaml:4", 0}};
  spec::PublishedFigure unknown{"", "steps", 3, {"a page", "sample.yaml:5", 0}};
  o.comparisons = {{step, 20.0, 20.0 / 19.926 - 1}, {row, 2.0, -0.2}, {unknown, std::nullopt, 0}};
  o.events = 120000;
  return o;
}

inline spec::Scenario scenario() {
  spec::Scenario s;
  s.name = "sample", s.file = "scenarios/sample.yaml";
  s.model.name = "a model", s.model.layers = 4, s.model.hidden = 64;
  s.gpu.name = "a GPU";
  s.gpu.peak_bf16.value = FlopRate::from_base(989e12);
  s.cluster.gpus = 2048;
  s.software.name = "some software";
  s.settings = {{"plan.pipeline", "16", "sample.yaml:2", ""}, {"gpu.sms", "132", "gpu.yaml:1", "data sheet"}};
  return s;
}

}  // namespace sample
