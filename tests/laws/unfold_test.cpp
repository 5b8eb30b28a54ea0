// Laws of the step in which every GPU runs its own program: where nothing differs it is the folded step to
// the nanosecond; sub-groups that remain identical may be folded and nothing changes.

#include "catch.hpp"
#include "cluster/critical_path.hpp"
#include "cluster/unfolded.hpp"
#include "laws/toy.hpp"

namespace {

using namespace foretrain;
using cluster::Unevenness;
using plan::Schedule;
using toy::Shape, toy::shapes;

struct Unfolded {
  cluster::UnfoldedStep step;
  std::vector<cluster::ReplicaPart> parts;
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
    auto work = cluster::replica_work(spec, stepped.prepared, u.step, replica, fold);
    auto result = cluster::simulate_replica(u.step.plan, work, true);
    u.parts.push_back({std::move(work), std::move(result)});
  }
  std::vector<const cluster::ReplicaPart*> parts;
  for (const auto& part : u.parts) parts.push_back(&part);
  u.result = cluster::combine(spec, stepped.prepared, u.step, parts);
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
  CHECK(all.parts.size() == 2);
  for (const auto& replica : all.parts)
    for (const auto& lane : replica.result.timeline.spans)
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
  if (what == 0) uneven.faults.slow_gpus = {{37, 0.1}};
  if (what == 1) uneven.faults.nics = {{3, 0.5, false}};
  if (what == 2) uneven.faults.nics = {{40, 0, true}};
  if (what == 3) uneven.faults.nvlinks = {{5, 0.25}};
  const auto all = unfold(spec, base, uneven, false), folded = unfold(spec, base, uneven, true);
  CHECK(all.result.simulated == t.cluster.gpus);
  CHECK(folded.result.simulated < t.cluster.gpus / 3);
  CHECK(folded.result.makespan == all.result.makespan);
  CHECK(folded.result.step_time == all.result.step_time);
  CHECK(all.result.makespan > base.result.timeline.makespan);
  REQUIRE(folded.parts.size() == 2);
  for (std::size_t r = 0; r < 2; ++r)  // the lane without the fault, and its ranks, where it is first
    for (std::size_t rank = 0; rank < base.result.program.per_rank.size(); ++rank)
      check_spans(folded.parts[r].result.timeline.spans[0][rank],
                  all.parts[r].result.timeline.spans[0][rank]);
}

TEST_CASE("the critical path is as long as the step, whatever differs") {
  const Shape shape = shapes[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  CAPTURE(plan::name_of(shape.schedule), shape.stages, shape.micro_batches);
  auto t = toy::moe(shape.schedule, shape.stages, 32, 16);
  const bool differ = GENERATE(false, true);
  if (differ) {
    t.software.routing_spread.value = 0.08;
    t.software.kernel_jitter.value = 0.02;
    t.gpu.gpu_spread.value = 0.02;
  }
  const auto spec = t.spec();
  const auto base = toy::step(spec, shape.micro_batches);
  const auto u = unfold(spec, base, {}, true);
  for (const auto& part : u.parts) {
    const auto path = cluster::find_critical_path(u.step.plan, part.result);
    CHECK(path.total() == part.result.timeline.makespan.time_since_epoch());
    sim::Ticks ranks{}, longer{};
    for (const auto time : path.by_rank) ranks += time;
    for (const auto time : path.longer) longer += time;
    CHECK(ranks == path.total());
    CHECK(path.exchange.count() > 0);
    CHECK(path.barrier.count() > 0);
    CHECK((path.message.count() > 0) == (shape.stages > 1));
    CHECK((path.barriers > 0) == differ);  // of equal GPUs the first arrives last, by itself
    if (differ) CHECK(longer.count() > 0);
  }
}

TEST_CASE("the critical path of 1F1B with one long stage is the known one") {
  auto t = toy::dense(4);
  t.cluster.gpus = 2;
  t.plan.pipeline = 2;
  t.software.p2p_waits.value = false;
  t.plan.stages = {{model::Unit::dense_layer},
                   {model::Unit::dense_layer, model::Unit::dense_layer, model::Unit::dense_layer}};
  const std::int32_t n = 6;
  const auto spec = t.spec();
  const auto folded = toy::step(spec, n);
  const auto u = unfold(spec, folded, {}, true);
  const auto path = cluster::find_critical_path(u.step.plan, u.parts.front().result);
  // The first forward, a message, all of the long stage, a message back, the last backward.
  const auto& durations = folded.result.durations[0];
  const auto& program = folded.result.program.per_rank;
  sim::Ticks whole{};
  for (const auto time : durations[1]) whole += time;
  const sim::Ticks message = folded.prepared.p2p.wire + folded.prepared.p2p.latency;
  CHECK(path.by_rank[1] == whole + message);
  CHECK(path.by_rank[0] == durations[0].front() + durations[0].back() + message);
  CHECK(path.message == 2 * message);
  CHECK(path.messages == 2);
  CHECK(path.barriers == 0);
  CHECK((path.exchange + path.barrier + path.sending).count() == 0);
  using enum plan::Action;
  CHECK(path.priced[static_cast<std::size_t>(forward)] == durations[0].front() + n * durations[1].front());
  CHECK(program[0].back().action == backward);
  for (const auto time : path.longer) CHECK(time.count() == 0);
}

TEST_CASE("the less equally tokens choose experts, the longer the step; biases give it back") {
  auto t = toy::moe(Schedule::one_f_one_b, 2, 16, 16);
  const auto spec = t.spec();
  const auto base = toy::step(spec, 8);
  const auto time = [&](const model::Popularity& popularity) {
    return unfold(spec, base, {{}, popularity}, true).result.step_time;
  };
  using Kind = model::Popularity::Kind;
  const Seconds balanced = time({.kind = Kind::balanced}), drawn = time({.kind = Kind::multinomial});
  CHECK(balanced == base.result.step_time);
  CHECK(balanced < drawn);
  const Seconds slight = time({.kind = Kind::zipf, .exponent = 0.2}),
                more = time({.kind = Kind::zipf, .exponent = 0.6});
  CHECK(drawn < slight);
  CHECK(slight < more);
  CHECK(drawn < time({.kind = Kind::hot, .times = 4}));
  const auto after = [&](std::int64_t steps) {
    return time({.kind = Kind::zipf, .exponent = 0.6, .balancing_steps = steps});
  };
  CHECK(after(20) < more);
  CHECK(after(400) < after(20));
  CHECK(after(400) < drawn * 1.02);
  std::vector<double> equal(32, 7);
  CHECK(time({.kind = Kind::counts, .tokens = {equal, equal}}) == drawn);  // the same draws, equal chances
  equal[3] = 70;
  CHECK(time({.kind = Kind::counts, .tokens = {equal, {}}}) > drawn);
}
