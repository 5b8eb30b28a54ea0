// Prices of single kernels against kernels that no curve was fitted to: the trace's GEMMs and forward
// attention (curves from other tables), and rounds 1 and 3 of its other families (curves from rounds 0 and
// 2). Bounds are what was found, rounded up; signs are (predicted - measured) / measured.

#include <cmath>

#include "catch.hpp"
#include "curve_data.hpp"
#include "spec/load.hpp"
#include "trace_data.hpp"

using namespace foretrain;
using namespace foretrain::hardware;
using namespace foretrain::published;

namespace {

const std::vector<std::size_t> all_rounds{0, 1, 2, 3}, held_out{1, 3};

const GpuSpec& h800_gpu() {
  static const GpuSpec gpu = spec::load_gpu(FORETRAIN_ROOT "/topologies/parts/h800.yaml");
  return gpu;
}

FitError judged(Family family, const std::vector<std::size_t>& rounds, Sources sources = Sources::any) {
  auto points = trace(family, rounds);
  for (auto& point : points) point.conditions.sources = sources;
  return judge(points, h800_gpu());
}

void within(Family family, const std::vector<std::size_t>& rounds, double least, double most,
            Sources sources = Sources::any) {
  const double bias = judged(family, rounds, sources).bias;
  CAPTURE(std::string(name_of(family)), bias);
  CHECK(bias >= least);
  CHECK(bias <= most);
}

// Mean time of an op in the rounds where it ran beside an exchange of this kind, and in those without any.
struct Pair {
  double beside = 0, without = 0;
};
Pair mean_times(const Row& shares, const Row& times, const std::string& kind) {
  double beside = 0, without = 0, beside_count = 0, without_count = 0;
  for (int round = 0; round < 4; ++round) {
    const auto text = std::to_string(round);
    const double us = number(times, "us_round" + text);
    const double dispatch = number(shares, "dispatch_round" + text);
    const double combine = number(shares, "combine_round" + text);
    if ((kind == "dispatch" ? dispatch : combine) > 0.9) beside += us, ++beside_count;
    if (dispatch + combine < 0.02) without += us, ++without_count;
  }
  if (beside_count < 1 || without_count < 1) return {};
  return {beside / beside_count, without / without_count};
}

bool same_work_every_round(const std::string& op) {
  for (const char* part : {"routed", "routing", "expand", "reduce_fused", "expert"})
    if (op.find(part) != std::string::npos) return false;
  return true;
}

}  // namespace

TEST_CASE("FP8 GEMMs of the trace follow from DeepGEMM's table, waves on 112 SMs and nothing else") {
  within(Family::gemm_fp8, all_rounds, -0.06, 0.0, Sources::measured);
  within(Family::grouped_gemm_fp8, all_rounds, -0.06, 0.0, Sources::measured);
  CHECK(judged(Family::gemm_fp8, all_rounds, Sources::measured).worst < 0.19);
  CHECK(judged(Family::grouped_gemm_fp8, all_rounds, Sources::measured).worst < 0.11);
}

TEST_CASE("the sustained rate is what rounds 0 and 2 leave of DeepGEMM's, and rounds 1 and 3 bear it out") {
  const auto ratio = [](const std::vector<std::size_t>& rounds) {
    double predicted = 0, measured = 0;
    for (const Family family : {Family::gemm_fp8, Family::grouped_gemm_fp8})
      for (auto [kernel, conditions, time] : trace(family, rounds)) {
        conditions.sources = Sources::measured;
        predicted += price(kernel, h800_gpu(), conditions).busy.base();
        measured += time.base();
      }
    return predicted / measured;
  };
  CHECK(h800_gpu().sustained_rate.value == Approx(ratio({0, 2})).margin(0.005));
  within(Family::gemm_fp8, held_out, -0.015, 0.015);
  within(Family::grouped_gemm_fp8, held_out, -0.015, 0.015);
}

TEST_CASE("forward attention of the trace follows from FlashAttention-3 on H100, less the reserved SMs") {
  within(Family::attention_forward, all_rounds, -0.04, 0.0);
}

TEST_CASE("BF16 gate GEMMs of the trace follow from the H100 table within a fifth") {
  within(Family::gemm_bf16, all_rounds, -0.20, 0.0);
}

TEST_CASE("trace-fitted families hold on the rounds they were not fitted to") {
  within(Family::wgrad_fp8, held_out, -0.02, 0.02);
  within(Family::grouped_wgrad_fp8, held_out, -0.02, 0.02);
  within(Family::attention_backward, held_out, -0.06, 0.0);
  for (const Family family : {Family::fp8_cast, Family::fp8_cast_transpose, Family::permute, Family::swiglu,
                              Family::rope, Family::weight_transpose, Family::elementwise})
    within(family, held_out, -0.02, 0.02);
  for (const Family family : {Family::rmsnorm, Family::layout_copy, Family::scale_transpose})
    within(family, held_out, -0.05, 0.05);
  within(Family::gating, held_out, -0.13, 0.0);
  within(Family::memset_copy, held_out, -0.4, 0.0);  // 4 us a layer
}

TEST_CASE("without the trace, its other families are off by what the parts file says") {
  within(Family::attention_backward, all_rounds, 0.0, 0.15, Sources::measured);
  within(Family::fp8_cast, all_rounds, -0.2, 0.0, Sources::measured);
  within(Family::fp8_cast_transpose, all_rounds, -0.2, 0.0, Sources::measured);
  within(Family::wgrad_fp8, all_rounds, -0.25, -0.1, Sources::bounds);
  within(Family::grouped_wgrad_fp8, all_rounds, -0.3, -0.15, Sources::bounds);
}

TEST_CASE("no bound takes longer than the kernels of the trace, and none counts as measured") {
  for (std::size_t i = 0; i < family_count; ++i) {
    const auto& other = h800_gpu().independent_curves[i];
    if (!other || !other->bound) continue;
    const auto family = static_cast<Family>(i);
    within(family, all_rounds, -1.0, 0.0, Sources::bounds);
    CHECK(judged(family, all_rounds, Sources::measured).bias == judged(family, all_rounds).bias);
  }
}

TEST_CASE("all compute of the pair: 3 percent with the trace's own families, 15 without") {
  double predicted = 0, independent = 0, measured = 0;
  for (std::size_t i = 0; i < family_count; ++i)
    for (const auto& [kernel, conditions, time] : trace(static_cast<Family>(i), held_out)) {
      auto alone = conditions;
      alone.sources = Sources::bounds;
      predicted += price(kernel, h800_gpu(), conditions).busy.base();
      independent += price(kernel, h800_gpu(), alone).busy.base();
      measured += time.base();
    }
  CAPTURE(measured, predicted / measured - 1, independent / measured - 1);
  CHECK(measured == Approx(0.061).epsilon(0.03));  // half of the pair's 124 ms of compute
  CHECK(std::abs(predicted / measured - 1) < 0.03);
  CHECK(std::abs(independent / measured - 1) < 0.15);
}

TEST_CASE("memory-bound kernels beside an exchange lose the share of HBM that the price takes") {
  std::map<std::pair<std::string, std::string>, Row> times;
  for (const auto& row : read_csv("deepseek_v3_trace_ops.csv")) times[{row.at("block"), row.at("op")}] = row;
  double logs = 0, count = 0;
  for (const auto& shares : read_csv("deepseek_v3_trace_beside.csv")) {
    const auto& row = times.at({shares.at("block"), shares.at("op")});
    const auto& kind = row.at("class");
    const bool bound = kind == "fp8_cast" || kind == "fp8_cast_T" || kind == "layout_copy" ||
                       kind == "rope" || kind == "elementwise" || kind == "swiglu" ||
                       kind == "weight_transpose";
    if (!bound || !same_work_every_round(row.at("op"))) continue;
    for (const char* exchange : {"dispatch", "combine"}) {
      const auto [beside, without] = mean_times(shares, row, exchange);
      if (without < 15) continue;  // the trace's resolution is 1 us
      logs += std::log(beside / without);
      ++count;
    }
  }
  CHECK(count == 23);
  CHECK(1 - std::exp(-logs / count) == Approx(trace_rules().exchange_hbm).margin(0.005));
}
