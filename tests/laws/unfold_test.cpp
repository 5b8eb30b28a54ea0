// Laws of the step in which every GPU runs its own program: where nothing differs it is the folded step to
// the nanosecond; sub-groups that remain identical may be folded and nothing changes.

#include "catch.hpp"
#include "cluster/unfolded.hpp"
#include "laws/toy.hpp"

namespace {

using namespace foretrain;
using cluster::Unevenness;
using plan::Schedule;

struct Shape {
  Schedule schedule;
  std::int32_t stages, micro_batches;
};
const std::vector<Shape> shapes{{Schedule::one_f_one_b, 1, 3}, {Schedule::one_f_one_b, 4, 8},
                                {Schedule::zb1p, 4, 8},        {Schedule::dualpipe, 2, 4},
                                {Schedule::dualpipe, 4, 10},   {Schedule::dualpipe_v, 4, 6}};

struct Unfolded {
  cluster::UnfoldedStep step;
  std::vector<cluster::ReplicaWork> works;
  std::vector<cluster::ReplicaResult> results;
  cluster::UnfoldedResult result;
};

// With fold, alike replicas and lanes are simulated once; without, all of them.
Unfolded unfold(const cluster::StepSpec& spec, const toy::Stepped& stepped, const Unevenness& unevenness,
                bool fold) {
  Unfolded u;
  u.step = cluster::unfold(spec, stepped.prepared, stepped.pools, stepped.result.program, unevenness);
  if (!fold) {
    u.step.replicas.clear();
    for (std::int32_t r = 0; r < u.step.shape.replicas(); ++r) u.step.replicas.push_back({r, 1});
  }
  for (const auto& replica : u.step.replicas) {
    u.works.push_back(cluster::replica_work(spec, stepped.prepared, u.step, replica, fold));
    u.results.push_back(cluster::simulate_replica(u.step.plan, u.works.back()));
  }
  u.result = cluster::combine(spec, stepped.prepared, u.step, u.works, u.results);
  return u;
}

void check_spans(const std::vector<cluster::Span>& a, const std::vector<cluster::Span>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].instruction == b[i].instruction);
    REQUIRE(a[i].start == b[i].start);
    REQUIRE(a[i].end == b[i].end);
  }
}

Seconds distance(Seconds a, Seconds b) {
  return a > b ? a - b : b - a;
}

}  // namespace

TEST_CASE("every GPU by itself gives the folded step to the nanosecond when nothing differs") {
  const Shape shape = shapes[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  CAPTURE(plan::name_of(shape.schedule), shape.stages, shape.micro_batches);
  const auto t = toy::moe(shape.schedule, shape.stages, 32, 16);  // two groups of 16 GPUs on two nodes each
  const auto spec = t.spec();
  const auto folded = toy::step(spec, shape.micro_batches);
  const auto all = unfold(spec, folded, {}, false);
  CHECK(all.result.makespan == folded.result.timeline.makespan);
  CHECK(all.result.step_time == folded.result.step_time);
  CHECK(all.result.simulated == t.cluster.gpus);
  CHECK(all.results.size() == 2);
  for (const auto& replica : all.results)
    for (const auto& lane : replica.timeline.spans)
      for (std::size_t r = 0; r < lane.size(); ++r) check_spans(lane[r], folded.result.timeline.spans[0][r]);
  for (std::size_t r = 0; r < folded.result.ranks.size(); ++r) {
    const auto &a = all.result.ranks[r], &b = folded.result.ranks[r];
    for (const auto row :
         {&cluster::Breakdown::forward, &cluster::Breakdown::backward, &cluster::Breakdown::weight,
          &cluster::Breakdown::overlapped, &cluster::Breakdown::bubble, &cluster::Breakdown::optimizer,
          &cluster::Breakdown::exposed_communication})
      CHECK(distance(a.*row, b.*row) < seconds(1e-11));
  }
  const auto one = unfold(spec, folded, {}, true);  // and one lane stands for all
  CHECK(one.result.simulated == static_cast<std::int64_t>(folded.result.program.per_rank.size()));
  CHECK(one.result.step_time == folded.result.step_time);
}

TEST_CASE("so do layouts with tensor parallelism, sharded parameters and overlapped gradients") {
  auto t = toy::moe(Schedule::one_f_one_b, 2, 16, 1);
  t.model = toy::dense_model(4);
  t.model.attention = {
      .kind = model::AttentionSpec::Kind::grouped, .heads = 8, .kv_heads = 8, .head_dim = 128};
  t.software.kernels.stack = model::Kernels::Stack::standard;
  t.plan.precision = model::Precision::bf16;
  t.plan.stages = {{model::Unit::embedding, model::Unit::dense_layer, model::Unit::dense_layer},
                   {model::Unit::dense_layer, model::Unit::dense_layer, model::Unit::head}};
  const int which = GENERATE(0, 1, 2);
  CAPTURE(which);
  if (which == 0) {
    t.plan.tensor = 4;
    t.plan.data = 4;
  }
  if (which == 1) t.plan.zero = 3;
  if (which == 2) t.plan.overlap.gradients = t.plan.overlap.parameters = true;
  const auto spec = t.spec();
  const auto folded = toy::step(spec, 6);
  for (const bool fold : {false, true}) {
    const auto all = unfold(spec, folded, {}, fold);
    CHECK(all.result.makespan == folded.result.timeline.makespan);
    CHECK(all.result.step_time == folded.result.step_time);
  }
}

TEST_CASE("what remains identical beside a slow GPU or a worse link may be folded and nothing changes") {
  const Shape shape = shapes[GENERATE(range(std::size_t{1}, std::size_t{6}))];
  CAPTURE(plan::name_of(shape.schedule), shape.stages, shape.micro_batches);
  const auto t = toy::moe(shape.schedule, shape.stages, 32, 16);
  const auto spec = t.spec();
  const auto base = toy::step(spec, shape.micro_batches);
  Unevenness uneven;
  const int what = GENERATE(0, 1, 2, 3);
  CAPTURE(what);
  if (what == 0) uneven.slow_gpus = {{37, 0.1}};
  if (what == 1) uneven.nics = {{3, 0.5, false}};
  if (what == 2) uneven.nics = {{40, 0, true}};
  if (what == 3) uneven.nvlinks = {{5, 0.25}};
  const auto all = unfold(spec, base, uneven, false), folded = unfold(spec, base, uneven, true);
  CHECK(all.result.simulated == t.cluster.gpus);
  CHECK(folded.result.simulated < t.cluster.gpus / 3);
  CHECK(folded.result.makespan == all.result.makespan);
  CHECK(folded.result.step_time == all.result.step_time);
  CHECK(all.result.makespan > base.result.timeline.makespan);
  REQUIRE(folded.results.size() == 2);
  for (std::size_t r = 0; r < 2; ++r)  // the lane without the fault, and its ranks, where it is first
    for (std::size_t rank = 0; rank < base.result.program.per_rank.size(); ++rank)
      check_spans(folded.results[r].timeline.spans[0][rank], all.results[r].timeline.spans[0][rank]);
}
