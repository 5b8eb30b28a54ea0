// A whole layer beside its op list: rows made by a part's own curves are met, others are told apart.

#include "calibrate/check_layer.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "calibrate/h200.hpp"
#include "calibrate/results_text.hpp"
#include "calibrate/synthetic_layer.hpp"
#include "calibrate/trace_files.hpp"
#include "catch.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using namespace foretrain::calibrate;
using testing::h200;
using testing::row;
using namespace foretrain::testing;
using Catch::Matchers::Contains;

namespace {

const std::string layer_fixture = FORETRAIN_ROOT "/validate/results/synthetic-h200-layer.csv";

const model::TransformerSpec& v3() {
  static const auto model = spec::load_model(FORETRAIN_ROOT "/models/deepseek-v3.yaml");
  return model;
}
const model::Work& work() {
  return published_rules().work;
}
Results layer_measured(double noise) {
  return synthetic::measured_layer(h200(), v3(), work(), noise);
}
LayerCheck check(const Results& results) {
  return check_layer(results, h200(), v3(), work());
}
std::string wrong(const Results& results) {
  return complaint([&] { check(results); });
}

}  // namespace

TEST_CASE("a layer timed by a part's own curves is met to the last op, its gaps included") {
  const auto found = check(layer_measured(0));
  CHECK(found.ops.size() > 100);
  CHECK(found.other.empty());
  CHECK(found.only_listed.empty());
  CHECK(found.work.routed_rows == 33024);
  CHECK(found.work.precision == model::Precision::fp8);
  for (const auto& op : found.ops) CHECK(op.error() == Approx(0).margin(1e-9));
  Seconds sum{};
  for (const auto& pass : found.passes) {
    REQUIRE(pass.whole);
    CHECK(pass.error() == Approx(0).margin(1e-9));
    CHECK((pass.named + pass.gaps).base() == Approx(pass.measured.base()).epsilon(1e-9));
    CHECK(pass.covered() < 1);
    CHECK(pass.covered() > 0.8);
    sum += pass.predicted;
  }
  CHECK(found.all.predicted.base() == Approx(sum.base()));
}

TEST_CASE("noise of 1 % averages out over the layer; a slow op shows where it is") {
  auto results = layer_measured(0.01);
  const auto noisy = check(results);
  CHECK(std::abs(noisy.all.error()) < 0.005);
  Point& slow = row(results, "mlp_f routed_gateup");
  row(results, "moe_layer_forward").measured.time += slow.measured.time;
  slow.measured.time = 2 * slow.measured.time;
  const auto found = check(results);
  CHECK(found.passes[0].error() < -0.1);
  CHECK(found.passes[1].error() == noisy.passes[1].error());
  for (const auto& op : found.ops)
    CHECK((op.error() < -0.4) == (op.block == "mlp_f" && op.name == "routed_gateup"));
}

TEST_CASE("one kernel may stand for several ops of a block") {
  auto results = layer_measured(0);
  const Seconds second = row(results, "attention_f q_a_scale_T").measured.time;
  Point& fused = row(results, "attention_f q_a_in_cast");
  fused.kernel = "attention_f q_a_in_cast & q_a_scale_T";
  fused.measured.time += second;
  row(results, "attention_f q_a_scale_T").suite = "other";
  const auto found = check(results);
  CHECK(found.only_listed.empty());
  bool met = false;
  for (const auto& op : found.ops)
    if (op.name == "q_a_in_cast & q_a_scale_T") {
      met = true;
      CHECK(op.error() == Approx(0).margin(1e-9));
      CHECK(op.families == std::vector{Family::fp8_cast, Family::scale_transpose});
    }
  CHECK(met);
}

TEST_CASE("what has another name or shape is not compared, and what is missing is named") {
  auto results = layer_measured(0);
  row(results, "mlp_f routed_swiglu+cast").kernel = "mlp_f routed_swiglu+cats";
  row(results, "mlp_f shared_down").measured.kernel.n = 7000;
  const auto before = check(layer_measured(0));
  const auto found = check(results);
  REQUIRE(found.other.size() == 2);
  CHECK(found.other[0].remark == "not in the list; is it 'routed_swiglu+cast'?");
  CHECK_THAT(found.other[1].remark, Contains("of another shape than listed: m 4096, n 7168, k 2048"));
  CHECK_THAT(found.other[1].place, Contains("synthetic.csv:"));
  CHECK(found.only_listed == std::vector<std::string>{"mlp_f routed_swiglu+cast", "mlp_f shared_down"});
  CHECK(found.passes[0].covered() < before.passes[0].covered());
  CHECK(found.passes[0].error() == before.passes[0].error());
}

TEST_CASE("blocks may be left out: the first that lists the name, and NAME_recompute where it stands again") {
  auto results = layer_measured(0);
  for (auto& point : results.points) {
    if (point.kernel.starts_with("moe_layer")) continue;
    const auto blank = point.kernel.find(' ');
    const std::string block = point.kernel.substr(0, blank), name = point.kernel.substr(blank + 1);
    const bool twice =
        block == "attention_i" && (name == "q_b_in_cast" || name == "rope_q" || name == "v_copy");
    if (block == "attention_f" || name == "routed_gateup" || twice)
      point.kernel = name + (twice ? "_recompute" : "");
  }
  const auto found = check(results);
  CHECK(found.other.empty());
  CHECK(found.only_listed.empty());
  for (const auto& op : found.ops) CHECK(op.error() == Approx(0).margin(1e-9));
}

TEST_CASE("the layer measured at once is its sum; received tokens that nobody states are the rows") {
  auto results = layer_measured(0);
  Point at_once = row(results, "moe_layer_forward");
  at_once.kernel = layer_at_once;
  at_once.measured.time = seconds(0.030);
  results.points.push_back(at_once);
  auto found = check(results);
  CHECK(found.all.measured == seconds(0.030));
  CHECK(found.all.predicted ==
        found.passes[0].predicted + found.passes[1].predicted + found.passes[2].predicted);
  for (auto& point : results.points)
    if (point.kernel.starts_with("moe_layer")) point.measured.kernel.k = 0;
  CHECK(check(results).work.received_tokens == 33024);
}

TEST_CASE("a pass without its row is predicted, and left out of the sum") {
  auto results = layer_measured(0);
  row(results, "moe_layer_weight_gradient").suite = "other";
  const auto found = check(results);
  CHECK_FALSE(found.passes[2].whole);
  CHECK(found.passes[2].predicted > Seconds{});
  CHECK(found.all.measured == found.passes[0].measured + found.passes[1].measured);
}

TEST_CASE("rows that cannot be of one layer are refused with their line") {
  auto results = layer_measured(0);
  row(results, "mlp_f routed_gateup").kernel = "mlp_g routed_gateup";
  CHECK_THAT(wrong(results), Contains("synthetic.csv:") &&
                                 Contains("'mlp_g' is no block of a layer\n    did you mean 'mlp_f'?"));
  results = layer_measured(0);
  row(results, "mlp_f shared_down").kernel = "mlp_f routed_gateup";
  CHECK_THAT(wrong(results), Contains("'routed_gateup' stands in line"));
  results = layer_measured(0);
  row(results, "mlp_f shared_down").kernel = "mlp_f shared_down & shared_down";
  CHECK_THAT(wrong(results), Contains("'shared_down' stands twice in one name"));
  results = layer_measured(0);
  row(results, "moe_layer_input_gradient").measured.kernel.m = 8192;
  CHECK_THAT(wrong(results), Contains("not of one layer"));
  results = layer_measured(0);
  for (const char* pass : layer_passes) row(results, pass).measured.kernel.m = 0;
  CHECK_THAT(wrong(results), Contains("moe_layer_forward needs m"));
  results = layer_measured(0);
  for (const char* pass : layer_passes) row(results, pass).measured.kernel.n = 5120;
  CHECK_THAT(wrong(results), Contains("n 5120 is not the hidden size 7168"));
  results = layer_measured(0);
  row(results, "mlp_f routed_gateup").suite = "other";
  CHECK_THAT(wrong(results), Contains("no row of routed_gateup: how many rows the experts had"));
  results = layer_measured(0);
  row(results, "moe_layer_forward").kernel = "moe_layer_input_gradient";
  CHECK_THAT(wrong(results), Contains("moe_layer_input_gradient stands twice"));
  for (auto& point : results.points) point.suite = "other";
  CHECK_THAT(wrong(results), Contains("has no rows of suite 'layer'"));
  results = layer_measured(0);
  for (const char* pass : layer_passes) row(results, pass).suite = "other";
  CHECK_THAT(wrong(results), Contains("has no row of a whole pass"));
}

TEST_CASE("another part's layer is not this one's") {
  const auto h800 = spec::load_gpu(FORETRAIN_ROOT "/topologies/parts/h800.yaml");
  const auto found = check_layer(synthetic::measured_layer(h800, v3(), work(), 0), h200(), v3(), work());
  CHECK(found.all.error() < -0.03);
  for (const auto& op : found.ops)  // less bandwidth, same launches
    if (op.name == "reduce_fused(unpermute)") CHECK(op.error() == Approx(3350.0 / 4800 - 1).margin(0.05));
}

TEST_CASE("the synthetic layer is what the curves of the H200 part say, and says that it is synthetic") {
  auto results = layer_measured(0.01);
  std::string made = to_csv(results);
  const std::string remark =
      "# No GPU made these times: they are the curves of topologies/parts/h200.yaml with noise of 1 %, for "
      "tests.\n";
  made.insert(made.find("suite,"), remark);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(layer_fixture, std::ios::binary) << made;
  std::ostringstream kept;
  kept << std::ifstream(layer_fixture, std::ios::binary).rdbuf();
  CHECK(kept.str() == made);
  const auto read = join(read_results({layer_fixture}));
  CHECK(read.device.state == State::synthetic);
  CHECK(check(read).all.error() == Approx(check(results).all.error()).margin(1e-6));
  const auto calibration = calibrate::calibrate(read, h200());
  CHECK(calibration.families.empty());
  CHECK(calibration.unused.layer == read.points.size());
}
