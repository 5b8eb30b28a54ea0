// Laws of layouts: what cutting a model in other ways may and may not do to a step.

#include <algorithm>

#include "catch.hpp"
#include "laws/standard_toy.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::literals;
using cluster::Switches;
using toy::standard, toy::time_of;

toy::Toy with_fast_links(toy::Toy t, double factor) {
  t.nic.achieved.value = t.nic.achieved.value * factor;
  t.gpu.nvlink_achieved.value = t.gpu.nvlink_achieved.value * factor;
  return t;
}
toy::Toy with_free_links(toy::Toy t) {
  t.nic.latency_same_leaf.value = t.nic.latency_cross_leaf.value = t.gpu.nvlink_latency.value = seconds(0);
  return with_fast_links(std::move(t), 1e12);
}

// Every collective of one micro-batch on one GPU.
Seconds collectives_of(const toy::Toy& t, const cluster::Prepared& prepared) {
  Seconds sum{};
  for (const auto& stage : t.plan.stages)
    for (const auto unit : stage) {
      const auto ops = model::list_ops(t.model, unit, prepared.inputs.work);
      for (std::size_t k = 0; k < cluster::block_kinds; ++k)
        for (const auto& op : cluster::ops_of(ops, static_cast<cluster::BlockKind>(k)))
          if (op.communication)
            sum += cluster::exposed_time(op, cluster::ops_of(ops, static_cast<cluster::BlockKind>(k)),
                                         prepared.inputs.collectives, t.gpu, {});
    }
  return sum;
}

}  // namespace

TEST_CASE("free_tensor takes away the tensor-parallel collectives and nothing else") {
  const auto tensor = GENERATE(2, 8, 16);
  const bool sequence_parallel = GENERATE(false, true), overlap = GENERATE(false, true);
  auto t = standard(3, tensor, 1);
  t.model.attention.kv_heads = t.model.attention.heads = 16;
  t.model.attention.head_dim = 64;
  t.plan.sequence_parallel = sequence_parallel;
  t.plan.overlap.tensor = overlap;
  t.software.tensor_overlap.scheme.value = plan::TensorOverlap::Scheme::backward;
  CAPTURE(tensor, sequence_parallel, overlap);
  const auto with = toy::step(t.spec(), 4);
  const double without = time_of(t, 4, {.free_tensor = true});
  const Seconds all = collectives_of(t, with.prepared);
  CHECK(all > seconds(0));
  CHECK(with.result.step_time.base() - without == Approx(4 * all.base()).epsilon(1e-4));
  CHECK(with.result.mean.exposed_communication.base() == Approx(4 * all.base()).epsilon(1e-4));
  if (!overlap) return;
  t.software.tensor_overlap.scheme.value = plan::TensorOverlap::Scheme::userbuffers;
  t.software.tensor_overlap.piece_loss.value = 0;  // pieces as fast as the whole
  CHECK(time_of(t, 4) >= without);
}

TEST_CASE("a tensor group of one communicates nothing, and a wider one computes less") {
  const auto one = toy::step(standard(3, 1, 1).spec(), 2);
  CHECK(collectives_of(standard(3, 1, 1), one.prepared) == seconds(0));
  CHECK(one.result.mean.exposed_communication == seconds(0));
  const Switches free{.free_optimizer = true, .free_tensor = true};
  CHECK(time_of(standard(3, 2, 1), 2, free) < time_of(standard(3, 1, 1), 2, free));
  CHECK(time_of(standard(3, 4, 1), 2, free) < time_of(standard(3, 2, 1), 2, free));
}

TEST_CASE("links twice as fast never lengthen a step") {
  const auto kind = GENERATE(0, 1, 2, 3, 4);
  auto t = kind == 1 ? standard(4, 2, 4, 4) : standard(4, 4, 4);
  if (kind == 2) t.plan.zero = 3;
  if (kind == 3) t.plan.overlap = {true, true, true, true};
  if (kind == 4) t.plan.context = 4, t.cluster.gpus *= 4;
  CAPTURE(kind);
  const double slow = time_of(t, 8), fast = time_of(with_fast_links(t, 2), 8);
  CHECK(fast < slow);
}

TEST_CASE("with free links sharded parameters cost nothing") {
  auto t = with_free_links(standard(4, 1, 16));
  const double whole = time_of(t, 3, {.free_optimizer = true});
  t.plan.zero = 3;
  for (const bool reshard : {false, true}) {
    t.plan.reshard = reshard;
    CHECK(time_of(t, 3, {.free_optimizer = true}) == Approx(whole).epsilon(1e-6));
  }
}

TEST_CASE("sharded parameters: no step is shorter than its compute or its transfers, nor longer than both") {
  const double factor = GENERATE(0.01, 0.3, 1.0, 10.0);
  auto t = with_fast_links(standard(6, 1, 16), factor);
  const Switches free{.free_optimizer = true};
  const double compute = time_of(t, 2, free);
  t.plan.zero = 3;
  const auto prepared = cluster::prepare(t.spec(free));
  double gathers = 0, scatters = 0;  // of one micro-batch: layers are gathered twice
  for (const auto unit : t.plan.stages[0]) {
    const auto u = static_cast<std::size_t>(unit);
    gathers += prepared.inputs.gather[u].base() * (model::is_layer(unit) ? 2 : 1);
    scatters += prepared.inputs.scatter[u].base();
  }
  const double sharded = time_of(t, 2, free);
  CAPTURE(factor, compute, gathers, scatters);
  CHECK(sharded > std::max(compute, 2 * (gathers + scatters)));
  CHECK(sharded < compute + 2 * (gathers + scatters) + 1e-7);
  CHECK(time_of(t, 2, {.free_optimizer = true, .free_sharding = true}) == Approx(compute).epsilon(1e-6));
  t.plan.reshard = false;
  CHECK(time_of(t, 2, free) <= sharded);
}

TEST_CASE("one shard group is plain ZeRO 3; smaller ones reduce across groups at the end") {
  auto t = standard(4, 1, 32);
  t.plan.zero = 3;
  const double plain = time_of(t, 2);
  t.plan.shard_group = 32;
  CHECK(time_of(t, 2) == plain);
  t.plan.shard_group = 8;
  const auto hybrid = cluster::prepare(t.spec());
  CHECK(hybrid.optimizer[0].reduce_scatter > seconds(0));  // an all-reduce of the shares
  CHECK(hybrid.inputs.gather[1] < cluster::prepare(standard(4, 1, 32).spec()).optimizer[0].all_gather);
}

TEST_CASE("overlapped gradients hide behind the last backward, no more") {
  const double factor = GENERATE(0.02, 0.2, 1.0, 5.0);
  const auto pipeline = GENERATE(1, 4);
  auto t = with_fast_links(standard(8, 1, 16, pipeline), factor);
  const auto prepared = cluster::prepare(t.spec());
  const double serial = time_of(t, 8), free = time_of(t, 8, {.free_optimizer = true});
  double update = 0, longest = 0;
  for (const auto& o : prepared.optimizer) {
    update = std::max(update, o.compute.base());
    longest = std::max(longest, (o.reduce_scatter + o.compute).base());
  }
  t.plan.overlap.gradients = true;
  const double beside = time_of(t, 8);
  CAPTURE(factor, pipeline, serial, free, beside);
  CHECK(beside <= serial * (1 + 1e-9) + 1e-4);  // a bucket a unit: some latencies more
  CHECK(beside > free + update);
  CHECK(beside > longest);
  t.plan.overlap.parameters = true;
  CHECK(time_of(t, 8) <= beside + 1e-4);
  CHECK(time_of(t, 8) > free + update);
}

TEST_CASE("interleaving divides the bubble by the virtual stages") {
  const auto v = GENERATE(2, 4);
  auto t = standard(16, 2, 1, 4);
  t.plan.stages.assign(4, std::vector<model::Unit>(4, model::Unit::dense_layer));
  const Switches free{.free_p2p = true, .free_optimizer = true};
  const auto plain = toy::step(t.spec(free), 8).result;
  t.plan.schedule = plan::Schedule::interleaved;
  t.plan.virtual_stages = v;
  t.plan.stages.assign(static_cast<std::size_t>(4 * v),
                       std::vector<model::Unit>(static_cast<std::size_t>(4 / v), model::Unit::dense_layer));
  const auto interleaved = toy::step(t.spec(free), 8).result;
  CAPTURE(v);
  CHECK(plain.mean.bubble > seconds(0));
  CHECK(interleaved.mean.bubble.base() * static_cast<double>(v) ==
        Approx(plain.mean.bubble.base()).epsilon(1e-4));
  CHECK(interleaved.ranks.size() == 4);
}

TEST_CASE("messages of a tensor group add up to one micro-batch's activations") {
  for (const std::int64_t tensor : {1, 2, 8}) {
    const auto t = standard(4, tensor, 1, 2);
    const auto prepared = cluster::prepare(t.spec());
    CHECK(prepared.p2p_bytes.base() * static_cast<double>(tensor) == 2.0 * 2048 * 1024);
  }
}

TEST_CASE("of many groups the few that look slowest give the step of all") {
  const auto seed = GENERATE(1U, 2U, 3U, 4U);
  const auto pipeline = GENERATE(1, 4);
  auto t = standard(8, 8, 64, pipeline);
  t.gpu.gpu_spread.value = 0.02;
  auto spec = t.spec();
  spec.seed = seed;
  const auto few = toy::step(spec, 8);
  REQUIRE(few.result.durations.size() == 4);
  const auto all = cluster::slowest_groups(few.prepared.inputs, few.pools, few.result.program, 64, 64);
  REQUIRE(all.size() == 64);
  const auto times = cluster::list_durations(few.prepared.inputs, few.pools, few.result.program, all);
  const auto whole = cluster::simulate(few.result.program, times, few.prepared.p2p, {64, 1});
  const double exact = sim::to_seconds(whole.makespan.time_since_epoch()).base();
  const double folded = sim::to_seconds(few.result.timeline.makespan.time_since_epoch()).base();
  CAPTURE(seed, pipeline);
  CHECK(folded <= exact);
  CHECK(folded == Approx(exact).epsilon(0.001));
}

TEST_CASE("the slowest chip stands for its expert group where nothing else varies") {
  auto t = toy::moe(plan::Schedule::one_f_one_b, 2, 32, 16);
  t.gpu.gpu_spread.value = 0.02;
  const auto folded = toy::step(t.spec(), 6).result;
  t.software.kernel_jitter.value = 1e-18;  // too small to change a number: all 16 GPUs are simulated
  const auto whole = toy::step(t.spec(), 6).result;
  CHECK(whole.events > 5 * folded.events);
  // The whole group's other chips lie on fixed scores, of which one passes the slowest of a good group.
  CHECK(folded.step_time.base() == Approx(whole.step_time.base()).epsilon(0.002));
}

TEST_CASE("context parallelism of grouped attention: rings hide behind attention until links are slow") {
  auto t = standard(2, 2, 1);
  t.plan.context = 4;
  t.cluster.gpus = t.cluster.gpus_per_node = 8;
  const auto near = cluster::prepare(with_free_links(t).spec());
  CHECK(near.inputs.context.forward == seconds(0));
  const auto far = cluster::prepare(with_fast_links(t, 0.01).spec());
  // keys and values of 512 tokens, 4 of 8 heads: three rounds, less what attention hides
  const double block = 2.0 * 512 * (2 * 4 * 128), round = 3e-6 + block / 1e9;
  CHECK(far.inputs.context.forward.base() < 3 * round);
  CHECK(far.inputs.context.forward.base() > 2.5 * round);
  CHECK(far.inputs.context.backward > far.inputs.context.forward);
}

TEST_CASE("experts: an all-to-all sends every copy, capacity cuts rows to a figure") {
  auto t = toy::moe(plan::Schedule::one_f_one_b, 1, 16, 16);
  t.software.kernels.stack = model::Kernels::Stack::standard;
  t.software.exchange = plan::TokenExchange::all_to_all;
  t.plan.precision = model::Precision::bf16;
  t.plan.recompute = {};
  const auto dropless = cluster::prepare(t.spec());
  CHECK(dropless.inputs.exchange_alone[1].inter_node > seconds(0));
  CHECK(dropless.inputs.exchange_alone[1].intra_node == seconds(0));
  t.plan.capacity_factor = 2;
  t.software.routing_spread.value = 0.1;
  const auto twice = cluster::prepare(t.spec());
  CHECK(twice.inputs.work.routed_rows == 2 * 2048 * 4);
  CHECK(twice.inputs.routing_spread == 0);
  CHECK(twice.inputs.exchange_alone[1].inter_node > dropless.inputs.exchange_alone[1].inter_node);
  t.plan.capacity_factor = 0;
  t.plan.tensor = 2, t.plan.data = 8, t.plan.sequence_parallel = true;
  const auto folded = cluster::prepare(t.spec());  // each GPU sends its half of the tokens
  CHECK(folded.inputs.unpadded_rows == 2048 * 4 / 2.0);
}

TEST_CASE("an optimizer in host memory is refused where nothing is said of the hosts") {
  auto t = standard(2, 1, 2);
  CHECK(cluster::why_not_step(t.spec()) == "");
  t.plan.offload_optimizer = true;
  CHECK(cluster::why_not_step(t.spec()).find("cluster.host") != std::string::npos);
}
