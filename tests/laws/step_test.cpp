// Laws of a whole step, on clusters small enough to check by hand: one stage is the sum of its ops, folded is
// unfolded, and taking away a cause of time takes time away.

#include <array>
#include <cmath>

#include "catch.hpp"
#include "hardware/kernel_cost.hpp"
#include "laws/toy.hpp"

namespace {

using namespace foretrain;
using cluster::BlockKind;
using cluster::Switches;
using plan::Schedule;
using toy::Shape, toy::shapes;

Seconds sum_of(const std::vector<model::Op>& ops, const hardware::GpuSpec& gpu) {
  Seconds total{};
  for (const auto& op : ops) total += hardware::price(op.kernel, gpu, {}).time;
  return total;
}

// Every op of every unit priced alone, each block rounded to the nanosecond as the engine's clock does.
struct Sum {
  sim::Ticks rounded{};
  Seconds exact{};
  int blocks = 0;
};
Sum sum_of(const toy::Toy& t, const model::Work& work) {
  Sum sum;
  for (const auto& stage : t.plan.stages)
    for (const auto unit : stage) {
      const auto ops = model::list_ops(t.model, unit, work);
      for (std::size_t k = 0; k < cluster::block_kinds; ++k) {
        const Seconds block = sum_of(cluster::ops_of(ops, static_cast<BlockKind>(k)), t.gpu);
        sum.exact += block;
        sum.rounded += sim::to_ticks(block);
        ++sum.blocks;
      }
    }
  return sum;
}

// The same step with every GPU and every group simulated: a jitter and a spread too small to change any
// number make GPUs differ in the eyes of the simulator, and in nothing else.
toy::Toy unfolded(toy::Toy t) {
  t.software.kernel_jitter.value = 1e-18;
  t.gpu.gpu_spread.value = 1e-30;
  return t;
}

toy::Toy with_all_causes(toy::Toy t) {
  t.software.routing_spread.value = 0.08;
  t.software.kernel_jitter.value = 0.02;
  t.gpu.gpu_spread.value = 0.02;
  return t;
}

struct Named {
  const char* name;
  bool Switches::*off;
  bool drawn = false;  // a cause that is a random draw around a mean
};
const std::vector<Named> switches{
    {"free_p2p", &Switches::free_p2p},           {"balanced_routing", &Switches::balanced_routing, true},
    {"equal_gpus", &Switches::equal_gpus, true}, {"steady_kernels", &Switches::steady_kernels, true},
    {"free_exchange", &Switches::free_exchange}, {"free_barrier", &Switches::free_barrier},
    {"free_launches", &Switches::free_launches}, {"whole_gpu", &Switches::whole_gpu},
    {"private_hbm", &Switches::private_hbm},     {"free_optimizer", &Switches::free_optimizer}};

Switches only(bool Switches::*off) {
  Switches s;
  s.*off = true;
  return s;
}
Switches all_drawn() {
  Switches s;
  for (const auto& each : switches) s.*each.off = each.drawn;
  return s;
}
Switches all_off() {
  Switches s;
  for (const auto& each : switches) s.*each.off = true;
  return s;
}

}  // namespace

TEST_CASE("a step on one GPU is the sum of its priced ops and the optimizer") {
  const std::int32_t n = GENERATE(1, 5);
  const auto schedule = GENERATE(Schedule::one_f_one_b, Schedule::zb1p);
  auto t = toy::dense(3);
  t.plan.schedule = schedule;
  const auto step = toy::step(t.spec(), n).result;
  model::Work work;
  work.tokens = work.sequence = 2048;
  const Sum sum = sum_of(t, work);
  const Seconds optimizer =
      cluster::optimizer_time(
          {.model = &t.model, .gpu = &t.gpu, .nic = &t.nic, .cluster = &t.cluster, .plan = &t.plan},
          t.plan.stages[0])
          .total();
  CAPTURE(n, plan::name_of(schedule), sum.blocks);
  CHECK(step.timeline.makespan.time_since_epoch() == n * sum.rounded);
  CHECK(step.step_time == sim::to_seconds(n * sum.rounded) + optimizer);
  const double rounding = 0.5e-9 * n * sum.blocks;
  CHECK(std::abs((step.step_time - optimizer - n * sum.exact).base()) <= rounding + 1e-15);
  CHECK(optimizer > seconds(0));
  CHECK(step.mean.bubble.base() == Approx(0).margin(1e-12));
}

TEST_CASE("without replicas the optimizer is its own kernels, nothing is sent") {
  const auto t = toy::dense(2);
  const auto time = cluster::optimizer_time(
      {.model = &t.model, .gpu = &t.gpu, .nic = &t.nic, .cluster = &t.cluster, .plan = &t.plan},
      t.plan.stages[0]);
  const double held = model::count_parameters(t.model).total;
  Seconds kernels{};
  for (const Kernel& kernel : cluster::list_optimizer_kernels(held, held, t.plan.precision))
    kernels += hardware::price(kernel, t.gpu, {}).time;
  CHECK(time.dense_parameters + time.expert_parameters == Approx(held).epsilon(1e-12));
  CHECK(time.reduce_scatter == seconds(0));
  CHECK(time.all_gather == seconds(0));
  CHECK(time.compute.base() == Approx(kernels.base()).epsilon(1e-9));
}

TEST_CASE("a whole step folded equals the same step unfolded, to the nanosecond") {
  const Shape shape = shapes[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  CAPTURE(plan::name_of(shape.schedule), shape.stages, shape.micro_batches);
  const auto t = toy::moe(shape.schedule, shape.stages, 32, 16);  // two groups of 16 GPUs on two nodes each
  const auto folded = toy::step(t.spec(), shape.micro_batches).result;
  const auto u = unfolded(t);
  const auto whole = toy::step(u.spec(), shape.micro_batches).result;
  CHECK(folded.schedule == shape.schedule);
  REQUIRE(folded.durations.size() == 1);
  REQUIRE(whole.durations.size() == 2);
  CHECK(whole.durations[0] == folded.durations[0]);
  CHECK(whole.durations[1] == folded.durations[0]);
  CHECK(whole.timeline.makespan == folded.timeline.makespan);
  CHECK(whole.step_time == folded.step_time);
  CHECK(whole.events > 10 * folded.events);
  for (std::size_t r = 0; r < whole.ranks.size(); ++r) {
    CHECK(whole.ranks[r].bubble == folded.ranks[r].bubble);
    CHECK(whole.ranks[r].overlapped == folded.ranks[r].overlapped);
  }
}

TEST_CASE("a folded chunk equals eight GPUs with equal draws, to the nanosecond") {
  const auto t = toy::moe(Schedule::dualpipe, 4, 8, 8);
  const auto stepped = toy::step(t.spec(), 8);
  REQUIRE(stepped.prepared.inputs.identical());
  int kinds = 0;
  for (const auto& [key, samples] : stepped.pools.samples) {
    CAPTURE(static_cast<int>(key.action), key.forward_kind, key.backward_kind);
    auto work = cluster::group_work(stepped.prepared.inputs, stepped.prepared.prices, stepped.pools, key, 3);
    const auto one = cluster::simulate_group(work);
    const std::vector<double> ones(8, 1.0);
    work.ranks = 8;
    work.draws.assign(3 * std::size_t{work.chunk.draws}, {ones, ones});
    work.slowness.assign(8, 0.0);
    const auto eight = cluster::simulate_group(work);
    CHECK(one.samples[0].duration == samples[0].duration);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(eight.samples[i].duration == one.samples[i].duration);
      CHECK(eight.samples[i].compute == one.samples[i].compute);
      CHECK(eight.samples[i].weight == one.samples[i].weight);
      CHECK(eight.samples[i].exchange == one.samples[i].exchange);
    }
    ++kinds;
  }
  CHECK(kinds >= 6);
}

TEST_CASE("one lane stands for eight, with the messages of a real step") {
  const Shape shape = shapes[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  CAPTURE(plan::name_of(shape.schedule), shape.stages, shape.micro_batches);
  const auto t = toy::moe(shape.schedule, shape.stages, 16, 8);
  const auto stepped = toy::step(t.spec(), shape.micro_batches);
  const auto& step = stepped.result;
  const auto lanes = cluster::simulate(step.program, step.durations, stepped.prepared.p2p, {2, 4});
  CHECK(stepped.prepared.p2p.wire.count() > 0);
  CHECK(lanes.makespan == step.timeline.makespan);
  CHECK(lanes.messages_sent == 8 * step.timeline.messages_sent);
  REQUIRE(lanes.spans.size() == 8);
  for (const auto& lane : lanes.spans)
    for (std::size_t r = 0; r < lane.size(); ++r) {
      REQUIRE(lane[r].size() == step.timeline.spans[0][r].size());
      for (std::size_t i = 0; i < lane[r].size(); ++i) {
        REQUIRE(lane[r][i].start == step.timeline.spans[0][r][i].start);
        REQUIRE(lane[r][i].end == step.timeline.spans[0][r][i].end);
      }
    }
}

TEST_CASE("the rows of a step's breakdown add up to the step on every rank") {
  const Shape shape = shapes[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  const auto t = with_all_causes(toy::moe(shape.schedule, shape.stages, 32, 16));
  const auto step = toy::step(t.spec(), shape.micro_batches).result;
  for (const auto& row : step.ranks) {
    const Seconds sum = row.forward + row.backward + row.weight + row.overlapped + row.bubble + row.optimizer;
    CHECK(sum.base() == Approx(step.step_time.base()).epsilon(1e-12));
    CHECK(row.bubble >= seconds(-1e-12));
    CHECK(row.exposed_communication > seconds(0));
  }
}

TEST_CASE("no cause taken away alone lengthens a step of one stage") {
  const std::uint64_t seed = GENERATE(1U, 2U, 3U);
  const auto t = with_all_causes(toy::moe(Schedule::one_f_one_b, 1, 16, 16));
  auto spec = t.spec();
  spec.seed = seed;
  const double with = toy::step(spec, 6).result.step_time.base();
  for (const auto& each : switches) {
    if (each.drawn) continue;
    CAPTURE(seed, each.name);
    spec.off = only(each.off);
    const double without = toy::step(spec, 6).result.step_time.base();
    CHECK(without <= with);
    // Messages and what happens inside pairs play no part on one stage; everything else does.
    const bool idle = each.off == &Switches::free_p2p || each.off == &Switches::whole_gpu ||
                      each.off == &Switches::private_hbm;
    CHECK((without == with) == idle);
  }
}

// Together such causes hide one another (the GPU that others wait for may be a fast one this time), so that
// no single draw needs to obey; alone each must cost time.
TEST_CASE("what differs by chance between equal GPUs costs time") {
  const std::uint64_t seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U);
  const auto all = with_all_causes(toy::moe(Schedule::one_f_one_b, 1, 16, 16));
  for (const auto& each : switches) {
    if (!each.drawn) continue;
    CAPTURE(seed, each.name);
    auto spec = all.spec(all_drawn());
    spec.seed = seed;
    const double without = toy::step(spec, 6).result.step_time.base();
    spec.off.*each.off = false;
    CHECK(toy::step(spec, 6).result.step_time.base() > without);
  }
}

TEST_CASE("what slows an overlapped pair alone is given back by its switch") {
  const auto t = toy::moe(Schedule::dualpipe, 2, 16, 16);
  const Seconds with = toy::step(t.spec(), 12).result.step_time;
  for (const auto off : {&Switches::whole_gpu, &Switches::private_hbm, &Switches::free_p2p})
    CHECK(toy::step(t.spec(only(off)), 12).result.step_time < with);
}

TEST_CASE("a step without any cause is the shortest") {
  const Shape shape = shapes[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  CAPTURE(plan::name_of(shape.schedule), shape.stages, shape.micro_batches);
  const auto t = with_all_causes(toy::moe(shape.schedule, shape.stages, 32, 16));
  const Seconds none = toy::step(t.spec(all_off()), shape.micro_batches).result.step_time;
  CHECK(none < toy::step(t.spec(), shape.micro_batches).result.step_time);
  for (const auto& each : switches) {
    CAPTURE(each.name);
    CHECK(none <= toy::step(t.spec(only(each.off)), shape.micro_batches).result.step_time);
  }
}
