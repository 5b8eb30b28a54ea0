#include "plan/memory.hpp"

#include <algorithm>
#include <numeric>

#include "catch.hpp"
#include "model/v3.hpp"
#include "plan/stages.hpp"

using namespace foretrain;
using namespace foretrain::plan;
using namespace foretrain::literals;
using foretrain::testing::deepseek_v3;
using foretrain::testing::v3_work;

namespace {

PlanSpec v3_plan(const model::TransformerSpec& model) {
  PlanSpec plan;
  plan.pipeline = 16;
  plan.data = 128;
  plan.expert = 64;
  plan.schedule = Schedule::dualpipe;
  plan.recompute = {true, true, true};
  plan.stages = default_stages(model, 16);
  return plan;
}

struct Case {
  model::TransformerSpec model = deepseek_v3();
  PlanSpec plan = v3_plan(model);

  MemoryInputs inputs(std::vector<StageLoad> held) const {
    MemoryInputs in;
    in.model = &model;
    in.plan = &plan;
    in.work = v3_work();
    in.work.precision = plan.precision;
    in.work.recompute = plan.recompute;
    in.held = std::move(held);
    in.reserve = 3_GiB;
    in.reserve_source = "assumed";
    in.limit = 80_GiB;
    return in;
  }
  // Two stages of four layers, 17 micro-batches in flight: an inner rank.
  MemoryInputs inner() const { return inputs({{5, 9}, {10, 8}}); }
};

double term(const MemoryReport& report, const std::string& name) {
  for (const auto& t : report.terms)
    if (t.name == name) return t.bytes.base();
  FAIL("no term " << name);
  return 0;
}

double sum_of(const MemoryReport& report) {
  return std::accumulate(report.terms.begin(), report.terms.end(), 0.0,
                         [](double sum, const MemoryTerm& t) { return sum + t.bytes.base(); });
}

}  // namespace

TEST_CASE("gathered keys and values are a buffer; a ring needs none and keeps the same") {
  Case c;
  auto in = c.inner();
  in.work.context_parallel = 4;
  const auto ring = memory_of_rank(in);
  const auto alone = memory_of_rank(c.inner());
  CHECK(ring.total == alone.total);
  c.plan.context_exchange = ContextExchange::all_gather;
  const auto gathered = memory_of_rank(in);
  CHECK(memory_of_rank(c.inner()).total == alone.total);  // nothing is gathered among one
  const double tokens = 4.0 * static_cast<double>(in.work.tokens);
  CHECK(term(gathered, "gathered_keys") == tokens * 2 * (512 + 64));
  CHECK(term(gathered, "activations") == term(ring, "activations"));
  CHECK(term(gathered, "temporaries") > term(ring, "temporaries"));
  in.work.recompute.mla_up = c.plan.recompute.mla_up = false;
  const double projected = 128 * (192 + 128);
  CHECK(term(memory_of_rank(in), "gathered_keys") == tokens * 2 * (512 + 64 + projected));
}

TEST_CASE("the terms of a DeepSeek-V3 rank, counted by hand") {
  const Case c;
  const auto report = memory_of_rank(c.inner());
  for (const auto& t : report.terms)
    UNSCOPED_INFO(t.name << ": " << t.bytes.base() / 1e9 << " GB (" << t.how << ")");
  UNSCOPED_INFO("total " << report.total.base() / 1e9 << " GB of " << report.limit.base() / 1e9);
  CHECK(report.total.base() == Approx(sum_of(report)));
  const double expert = 8 * 4 * 3.0 * 7168 * 2048;
  const double dense = 8 * (187105280.0 + 2 * 7168 + 1536 + 512 + 3.0 * 7168 * 2048 + 256 * 7168.0 + 256);
  CHECK(term(report, "weights") == 2 * (dense + expert));
  CHECK(term(report, "gradients") == 4 * (dense + expert));
  CHECK(term(report, "optimizer") == Approx(8 * (dense / 256 + expert / 4)));
  CHECK(term(report, "fp8_weights") == Approx(dense + expert).epsilon(0.01));  // all but norms and gate
  CHECK(term(report, "pipeline_buffers") == 2 * 4 * 2.0 * 4096 * 7168);
  const auto layer = list_ops(c.model, model::Unit::moe_layer, v3_work());
  CHECK(term(report, "activations") == Approx(17 * 4 * kept_per_micro_batch(layer).base()));
  CHECK(report.total < 80_GiB);  // it trained
  CHECK(breaking_term(report) == "");
}

TEST_CASE("ZeRO shares optimizer states, expert parallelism divides experts") {
  Case c;
  const auto base = memory_of_rank(c.inner());
  c.plan.data = 256;
  CHECK(term(memory_of_rank(c.inner()), "optimizer") == Approx(term(base, "optimizer") / 2));
  CHECK(term(memory_of_rank(c.inner()), "weights") == term(base, "weights"));
  c.plan.data = 128;
  c.plan.zero = 0;
  const double parameters = term(base, "weights") / 2;
  CHECK(term(memory_of_rank(c.inner()), "optimizer") == Approx(8 * parameters));
  c.plan.zero = 1;
  c.plan.expert = 128;
  const auto wide = memory_of_rank(c.inner());
  CHECK(term(base, "weights") - term(wide, "weights") == Approx(2 * 8 * 2 * 3.0 * 7168 * 2048));
  // twice the expert parallelism halves both the experts held and the GPUs that share their states
  CHECK(term(wide, "optimizer") == Approx(term(base, "optimizer")));
}

TEST_CASE("a mirrored stage shares its optimizer states with its mirror") {
  Case c;
  const auto mirrored = memory_of_rank(c.inner());
  c.plan.schedule = Schedule::one_f_one_b;
  CHECK(term(memory_of_rank(c.inner()), "optimizer") == Approx(2 * term(mirrored, "optimizer")));
}

TEST_CASE("activations follow the micro-batches in flight and what is recomputed") {
  Case c;
  const double kept = term(memory_of_rank(c.inner()), "activations");
  CHECK(term(memory_of_rank(c.inputs({{5, 18}, {10, 16}})), "activations") == Approx(2 * kept));
  c.plan.recompute = {};
  CHECK(term(memory_of_rank(c.inner()), "activations") > 2 * kept);  // queries, keys and values come back
}

TEST_CASE("a plan that does not fit names the term that breaks it") {
  const Case c;
  auto in = c.inner();
  const auto report = memory_of_rank(in);
  in.limit = report.total;
  CHECK(breaking_term(memory_of_rank(in)) == "");
  in.limit = report.total - 1_B;
  CHECK(breaking_term(memory_of_rank(in)) == report.terms.back().name);
  in.limit = 1_GB;
  CHECK(breaking_term(memory_of_rank(in)) == "weights");
  in.limit = 30_GB;
  CHECK(breaking_term(memory_of_rank(in)) == "activations");
}

TEST_CASE("an MTP module away from embedding and head holds copies") {
  Case c;
  auto stages = c.plan.stages;
  c.plan.stages.back() = {model::Unit::mtp_layer, model::Unit::mtp_head};
  c.plan.stages[14] = {model::Unit::head};
  const auto alone = memory_of_rank(c.inputs({{15, 1}}));
  const double own = count_parameters(c.model, model::Unit::mtp_layer) -
                     count_expert_parameters(c.model, model::Unit::mtp_layer) * 63 / 64 + 7168;
  CHECK(term(alone, "weights") == Approx(2 * (own + 2 * 129280.0 * 7168)));
  const auto joined = memory_of_rank(c.inputs({{0, 1}, {14, 1}, {15, 1}}));
  const auto first = memory_of_rank(c.inputs({{0, 1}, {14, 1}}));
  CHECK(term(joined, "weights") - term(first, "weights") == Approx(2 * own));
}

TEST_CASE("the load at the peak counts as the schedule does") {
  const Case c;
  for (const auto schedule : {Schedule::one_f_one_b, Schedule::zb1p, Schedule::dualpipe}) {
    const auto program = list_program(schedule, 16, 48);
    const auto peaks = peak_activations(program);
    const std::vector<Bytes> equal(16, 1_B);
    for (std::size_t rank = 0; rank < 16; ++rank) {
      const auto load = load_at_peak(program, rank, equal);
      CHECK(load.size() == (schedule == Schedule::dualpipe ? 2u : 1u));
      double chunks = 0;
      for (const auto& l : load) chunks += l.chunks;
      CHECK(chunks == peaks[rank]);
    }
  }
}

TEST_CASE("every rank of DeepSeek-V3 under DualPipe fits 80 GiB") {
  const Case c;
  const auto program = list_program(Schedule::dualpipe, 16, 120);
  const auto kept = kept_by_stage(c.model, c.plan, v3_work());
  for (std::size_t rank = 0; rank < 16; ++rank) {
    const auto report = memory_of_rank(c.inputs(load_at_peak(program, rank, kept)));
    UNSCOPED_INFO("rank " << rank << ": " << report.total.base() / 1e9 << " GB");
    for (const auto& t : report.terms) UNSCOPED_INFO("  " << t.name << " " << t.bytes.base() / 1e9);
    CHECK(report.total.base() == Approx(sum_of(report)));
    CHECK(report.total < report.limit);
  }
}

TEST_CASE("tensor parallelism divides weights and activations, ZeRO 3 shares what ZeRO 1 holds") {
  Case c;
  c.model = deepseek_v3();
  c.model.attention = {
      .kind = model::AttentionSpec::Kind::grouped, .heads = 64, .kv_heads = 8, .head_dim = 128};
  c.model.moe = {};
  c.model.mtp_depth = 0;
  c.model.dense_layers = c.model.layers = 32;
  c.plan = {};
  c.plan.data = 16;
  c.plan.precision = model::Precision::bf16;
  c.plan.stages = default_stages(c.model, 1);
  const auto report = [&c] {
    auto in = c.inputs({{0, 1}});
    in.work.kernels.stack = model::Kernels::Stack::standard;
    in.work.recompute = {};
    in.work.tensor_parallel = c.plan.tensor;
    in.work.sequence_parallel = c.plan.tensor > 1;
    return memory_of_rank(in);
  };
  const auto one = report();
  const double parameters = count_parameters(c.model).total;
  CHECK(term(one, "weights") == 2 * parameters);
  CHECK(term(one, "gradients") == 4 * parameters);
  CHECK(term(one, "optimizer") == Approx(8 * parameters / 16));
  c.plan.zero = 3;
  const auto shared = report();
  const double layer = count_parameters(c.model, model::Unit::dense_layer);
  const double table = count_parameters(c.model, model::Unit::embedding);
  CHECK(term(shared, "weights") == Approx(2 * parameters / 16));
  CHECK(term(shared, "optimizer") == Approx(term(one, "optimizer")));
  CHECK(term(shared, "gradients") == Approx(4 * (parameters / 16 + std::max(layer, table + 7168))));
  CHECK(term(shared, "gathered_weights") == Approx(2 * (layer + table + 7168)));
  c.plan.zero = 1;
  c.plan.tensor = 8;
  const auto cut = report();
  const double norms = 65.0 * 7168;
  CHECK(term(cut, "weights") == Approx(2 * ((parameters - norms) / 8 + norms)));
  CHECK(term(cut, "activations") == Approx(term(one, "activations") / 8).epsilon(0.02));
  CHECK(report().total < one.total);
}
