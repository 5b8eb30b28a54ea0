// The public trace beside its prediction. The totals are those of the trace's labelled summary
// (deepseek-ai/profile-data@4496024); bounds on errors are aims or what was found, rounded up.

#include "study/validate_trace.hpp"

#include <cmath>
#include <iostream>
#include <map>

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using namespace foretrain::study;

namespace {

const std::string root = FORETRAIN_ROOT;

spec::TracedPair traced() {
  static const spec::TracedPair pair =
      spec::load_traced_pair({root + "/tests/published/deepseek_v3_trace_ops.csv",
                              root + "/tests/published/deepseek_v3_trace_beside.csv",
                              root + "/tests/published/deepseek_v3_trace_routed.csv",
                              root + "/tests/published/deepseek_v3_trace_pair.csv"});
  return pair;
}

spec::Scenario traced_scenario(const std::vector<std::string>& changes = {}) {
  return spec::load(root + "/scenarios/deepseek-v3.yaml", changes);
}

const TraceCheck& shipped() {
  static const TraceCheck check = validate_trace(traced_scenario(), traced());
  return check;
}

const ClassCheck& class_named(const TraceCheck& check, const std::string& name) {
  for (const auto& c : check.classes)
    if (c.name == name) return c;
  FAIL("no class " << name);
  return check.classes.front();
}

double us(Seconds time) {
  return time.base() * 1e6;
}

}  // namespace

TEST_CASE("classes measured add up to the trace's own totals") {
  const std::map<std::string, double> totals{{"ggemm_fp8", 22926},     {"wgrad_fp8_grouped", 20997},
                                             {"gemm_fp8", 18838},      {"attn_bwd", 17017},
                                             {"wgrad_fp8", 11759},     {"fp8_cast_T", 5913},
                                             {"permute", 5297},        {"attn_fwd", 4948},
                                             {"rmsnorm", 2085},        {"rmsnorm_bwd", 1363},
                                             {"e5m6_cast", 1304},      {"swiglu", 2611},
                                             {"layout_copy", 2387},    {"rope", 1512},
                                             {"gating", 1328},         {"weight_transpose", 1317},
                                             {"elementwise", 1074},    {"gemm_bf16", 537},
                                             {"scale_transpose", 501}, {"memset_copy", 35}};
  for (const auto& [name, total] : totals) {
    CAPTURE(name);
    CHECK(us(class_named(shipped(), name).durations) == Approx(total));
  }
  const auto &casts = class_named(shipped(), "fp8_cast"), &packs = class_named(shipped(), "e5m6_cast"),
             &starved = class_named(shipped(), "fp8_cast, starved");
  CHECK(us(casts.durations + packs.durations + starved.durations) == Approx(8184));
  CHECK(us(class_named(shipped(), "wgrad_fp8_grouped").all.measured) ==
        Approx(5104 + 10631));                                        // by wall time
  CHECK(us(shipped().compute.measured) == Approx(124286).margin(2));  // at least one compute stream busy
  CHECK(us(shipped().notify) == Approx(32988));
}

TEST_CASE("shares, classes and blocks are the same time cut twice") {
  double share = 0;
  for (const auto& c : shipped().classes) share += c.share;
  CHECK(share == Approx(1));
  Estimate blocks;
  for (const auto& b : shipped().blocks) {
    blocks.predicted += b.all.predicted;
    blocks.measured += b.all.measured;
  }
  CHECK(us(blocks.predicted) == Approx(us(shipped().compute.predicted)));
  CHECK(us(blocks.measured) == Approx(us(shipped().compute.measured)));
  CHECK(shipped().only_measured.empty());
  CHECK(shipped().only_listed.empty());
}

TEST_CASE("fitted classes are judged on the rounds that they were not fitted to") {
  CHECK(rounds_named("trace rounds 0 and 2") == std::vector{0, 2});
  CHECK(rounds_named("profile-data@4496024 rounds 0, 1 and 3 (us)") == std::vector{0, 1, 3});
  CHECK(rounds_named("profile-data@4496024: one rank over four rounds").empty());
  CHECK(rounds_named("").empty());
  const auto& rms = class_named(shipped(), "rmsnorm");
  CHECK(rms.fitted_on == std::vector{0, 2});
  REQUIRE(rms.held_out);
  double held_out = 0;
  for (const auto& op : traced().ops)
    if (op.op_class == "rmsnorm") held_out += us(op.wall[1]) + us(op.wall[3]);
  CHECK(us(rms.held_out->measured) == Approx(held_out));
  CHECK(!class_named(shipped(), "attn_fwd").held_out);
  const auto& gemm = class_named(shipped(), "gemm_fp8");
  CHECK(gemm.fitted_on == std::vector{0, 2});  // its rate in a long run
  CHECK(gemm.without->predicted < gemm.all.predicted);
}

TEST_CASE("classes that nobody measured elsewhere are told from those that were") {
  const std::map<Without, std::vector<std::string>> sources{
      {Without::measured,
       {"ggemm_fp8", "gemm_fp8", "attn_bwd", "attn_fwd", "fp8_cast", "fp8_cast_T", "rmsnorm", "rmsnorm_bwd",
        "swiglu", "gemm_bf16"}},
      {Without::bound,
       {"wgrad_fp8_grouped", "wgrad_fp8", "permute", "layout_copy", "rope", "weight_transpose", "elementwise",
        "e5m6_cast"}},
      {Without::none, {"gating", "memset_copy", "scale_transpose"}}};
  double fitted_share = class_named(shipped(), "attn_bwd").share * (1025 + 877) / 17017;  // before and after
  std::map<Without, Seconds> sums;
  for (const auto& [source, names] : sources)
    for (const auto& name : names) {
      const auto& c = class_named(shipped(), name);
      CAPTURE(name);
      CHECK(c.source == source);
      CHECK(c.without.has_value() == (source != Without::none));
      CHECK(c.aimed_at() == (source == Without::measured));
      CHECK((source == Without::measured || !c.fitted_on.empty()));
      if (source != Without::measured) fitted_share += c.share;
      if (c.without) sums[source] += c.without->predicted;
    }
  CHECK(shipped().fitted_share == Approx(fitted_share));
  CHECK(us(shipped().compute_measured.predicted) == Approx(us(sums[Without::measured])));
  CHECK(us(shipped().compute_bound.predicted) == Approx(us(sums[Without::bound])));
  CHECK(shipped().compute_measured.within(class_aim));
  CHECK(!class_named(shipped(), "fp8_cast, starved").aimed_at());
}

TEST_CASE("what is said to be without the trace does not move when the trace's curves do") {
  auto changed = traced_scenario();
  auto& backward = *changed.gpu.curves[static_cast<std::size_t>(Family::attention_backward)];
  for (double& efficiency : backward.efficiencies) efficiency /= 2;
  for (auto* rate : {&changed.software.overlapped_dispatch, &changed.software.overlapped_combine})
    rate->value /= 4;
  const auto check = validate_trace(changed, traced());
  CHECK(us(class_named(check, "attn_bwd").all.predicted) >
        1.7 * us(class_named(shipped(), "attn_bwd").all.predicted));
  CHECK(check.pairs[0].wall.predicted > shipped().pairs[0].wall.predicted);
  CHECK(check.exchanges[1].beside.predicted > shipped().exchanges[1].beside.predicted * 3.9);
  CHECK(check.pairs[1].wall.predicted > shipped().pairs[1].wall.predicted);  // rates only
  for (const std::size_t line : {2, 3})
    CHECK(check.pairs[line].wall.predicted == shipped().pairs[line].wall.predicted);
  CHECK(check.exchanges[1].alone.predicted == shipped().exchanges[1].alone.predicted);
  CHECK(check.compute_measured.predicted == shipped().compute_measured.predicted);

  auto& weights = *changed.gpu.curves[static_cast<std::size_t>(Family::grouped_wgrad_fp8)];
  weights.efficiency /= 2;  // a bound only: its fitted curve stays where measurements are asked for
  const auto slower = validate_trace(changed, traced());
  CHECK(slower.pairs[2].wall.predicted > shipped().pairs[2].wall.predicted);
  CHECK(slower.pairs[3].wall.predicted == shipped().pairs[3].wall.predicted);
  CHECK(slower.compute_bound.predicted == shipped().compute_bound.predicted);
}

TEST_CASE("the pair: within 8 percent, with fitted classes and with curves measured elsewhere") {
  REQUIRE(shipped().pairs.size() == 4);
  for (const auto& p : shipped().pairs) {
    CAPTURE(p.name, us(p.wall.predicted), us(p.wall.measured));
    std::cout << "pair " << p.name << ": " << us(p.wall.predicted) << " us, " << *p.wall.error() * 100
              << " %\n";
    CHECK(us(p.wall.measured) == Approx(129012));
    CHECK(p.wall.within(0.15));
    CHECK(p.compute <= p.wall.predicted);
    CHECK(p.peers_deviation > seconds(0));
  }
  for (const std::size_t line : {0, 1, 2}) {
    CHECK(shipped().pairs[line].judged);
    CHECK(shipped().pairs[line].wall.within(pair_aim));
  }
  CHECK(!shipped().pairs[3].judged);
  CHECK(shipped().pairs[3].wall.predicted < shipped().pairs[2].wall.predicted);
}

TEST_CASE("more rows make a longer pair") {
  auto more = traced();
  for (auto& round : more.rounds) round.forward_rows = round.forward_rows * 5 / 4;
  const auto check = validate_trace(traced_scenario(), more);
  CHECK(check.pairs[0].wall.predicted > shipped().pairs[0].wall.predicted);
  CHECK(check.blocks[1].all.predicted > shipped().blocks[1].all.predicted * 1.1);  // mlp(F)
  CHECK(check.blocks[0].all.measured == shipped().blocks[0].all.measured);
}

TEST_CASE("a scenario that does not do what was traced is told so") {
  CHECK_THROWS_AS(validate_trace(traced_scenario({"plan.expert=32"}), traced()), SpecError);
  const auto check = validate_trace(traced_scenario({"plan.precision=bf16"}), traced());
  CHECK(!check.only_measured.empty());  // casts that BF16 does without
}
