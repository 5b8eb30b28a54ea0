// Laws of an optimizer in host memory: its times in closed form, and what a faster host may and may not do.

#include "catch.hpp"
#include "laws/toy.hpp"
#include "plan/memory.hpp"
#include "plan/stages.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::literals;
using cluster::Switches;

hardware::HostSpec host() {
  hardware::HostSpec h;
  h.name = "toy host";
  h.memory_bandwidth.value = 400_GBps;
  h.memory.value = 2000_GB;
  h.to_host.value = 20_GBps;
  h.to_gpu.value = 25_GBps;
  h.adam.value = 0.5;
  return h;
}

// Eight replicas in one node, the states shared among them.
toy::Toy offloaded(std::int64_t pipeline = 1) {
  toy::Toy t = toy::dense(8);
  t.model.attention = {
      .kind = model::AttentionSpec::Kind::grouped, .heads = 8, .kv_heads = 8, .head_dim = 128};
  t.software.kernels.stack = model::Kernels::Stack::standard;
  t.software.p2p_waits.value = false;
  t.plan.precision = model::Precision::bf16;
  t.plan.data = 8;
  t.plan.pipeline = pipeline;
  t.plan.stages = plan::default_stages(t.model, pipeline);
  t.plan.offload_optimizer = true;
  t.cluster.gpus = 8 * pipeline;
  t.cluster.gpus_per_node = t.cluster.nics_per_node = t.cluster.fabric.planes = 8;
  return t;
}

cluster::OptimizerTime time_of(const toy::Toy& t, const hardware::HostSpec& h) {
  return cluster::optimizer_time({.model = &t.model,
                                  .gpu = &t.gpu,
                                  .nic = &t.nic,
                                  .cluster = &t.cluster,
                                  .plan = &t.plan,
                                  .software = &t.software,
                                  .host = &h},
                                 t.plan.stages[0]);
}

double step_of(const toy::Toy& t, const hardware::HostSpec& h, const Switches& off = {}) {
  auto spec = t.spec(off);
  spec.host = &h;
  return toy::step(spec, 4).result.step_time.base();
}

}  // namespace

TEST_CASE("copies and update on the host have closed times, shared by the GPUs of a node") {
  auto t = offloaded();
  t.plan.zero = GENERATE(0, 1, 2, 3);
  t.cluster.gpus_per_node = GENERATE(4, 8);
  auto h = host();
  const double held = model::count_parameters(t.model).total;
  const double mine = t.plan.zero == 0 ? held : held / 8;
  const double share = 400e9 / static_cast<double>(t.cluster.gpus_per_node);
  const auto time = time_of(t, h);
  CHECK(time.to_host.base() == Approx(4 * mine / 20e9));
  // FP32 master weight and BF16 moments both ways, an FP32 gradient read, a BF16 weight written.
  CHECK(time.on_host.base() == Approx((2 * 8 + 4 + 2) * mine / (0.5 * share)));
  h.to_gpu.value = 0.1_GBps;  // weights return beside the update: the longer of the two shows
  CHECK(time_of(t, h).on_host.base() == Approx(2 * mine / 0.1e9));
  h = host();
  h.to_host.value = 1000_GBps;  // all GPUs at once draw no more than the host's memory gives
  CHECK(time_of(t, h).to_host.base() == Approx(4 * mine / share));
}

TEST_CASE("an exposed optimizer on the host adds its times and takes the GPU's update away") {
  auto t = offloaded();
  const auto time = time_of(t, host());
  auto on_gpu = t;
  on_gpu.plan.offload_optimizer = false;
  const auto before = time_of(on_gpu, host());
  CHECK(before.to_host == seconds(0));
  CHECK(before.on_host == seconds(0));
  CHECK(time.compute < before.compute);
  CHECK(time.reduce_scatter == before.reduce_scatter);
  CHECK(time.all_gather == before.all_gather);
  const Seconds added = time.to_host + time.on_host - (before.compute - time.compute);
  CHECK(step_of(t, host()) - step_of(on_gpu, host()) == Approx(added.base()));
  const Switches free{.free_host = true};
  CHECK(step_of(t, host()) - step_of(t, host(), free) == Approx((time.to_host + time.on_host).base()));
  CHECK(step_of(t, host(), {.free_optimizer = true}) == step_of(on_gpu, host(), {.free_optimizer = true}));
}

TEST_CASE("a faster host never lengthens a step, more GPUs on it never shorten one") {
  const bool overlap = GENERATE(false, true);
  const int kind = GENERATE(0, 1, 2, 3);
  auto t = offloaded(GENERATE(1, 4));
  t.plan.overlap.gradients = t.plan.overlap.parameters = overlap;
  auto fast = host();
  if (kind == 0) fast.memory_bandwidth.value = fast.memory_bandwidth.value * 2;
  if (kind == 1) fast.to_host.value = fast.to_host.value * 2;
  if (kind == 2) fast.to_gpu.value = fast.to_gpu.value * 2;
  if (kind == 3) fast.adam.value = 0.9;
  CAPTURE(overlap, kind);
  const double usual = step_of(t, host());
  CHECK(step_of(t, fast) <= usual);
  auto alone = t;
  // Four GPUs a host instead of eight, NVLink joins the same eight.
  alone.cluster.gpus_per_node = alone.cluster.nics_per_node = alone.cluster.fabric.planes = 4;
  alone.cluster.nvlink_domain = t.cluster.nvlink_domain = 8;
  CHECK(step_of(alone, host()) <= step_of(t, host()));
}

TEST_CASE("copies beside the backward show no more than exposed ones, and no less than the last of them") {
  auto t = offloaded();
  t.plan.overlap.gradients = false;
  auto h = host();
  h.to_host.value = GENERATE(0.05, 1.0, 100.0) * 1_GBps;
  const double exposed = step_of(t, h);
  const Switches free{.free_host = true};
  t.plan.overlap.gradients = true;
  const double beside = step_of(t, h), without = step_of(t, h, free);
  const auto time = time_of(t, h);
  const auto first = cluster::optimizer_time({.model = &t.model,
                                              .gpu = &t.gpu,
                                              .nic = &t.nic,
                                              .cluster = &t.cluster,
                                              .plan = &t.plan,
                                              .software = &t.software,
                                              .host = &h},
                                             {model::Unit::embedding});
  CAPTURE(h.to_host.value.base());
  CHECK(beside <= exposed * (1 + 1e-12));
  CHECK(beside - without >= (time.on_host + first.to_host).base() * (1 - 1e-9));
  CHECK(beside - without <= (time.on_host + time.to_host).base() * (1 + 1e-9));
}

TEST_CASE("states in host memory leave the GPU, and nothing else does") {
  const auto t = offloaded();
  auto on_gpu = t;
  on_gpu.plan.offload_optimizer = false;
  const auto report = [](const toy::Toy& toy) {
    plan::MemoryInputs in;
    in.model = &toy.model;
    in.plan = &toy.plan;
    in.work = cluster::work_of(toy.spec(), {});
    in.held = {{0, 1}};
    return plan::memory_of_rank(in);
  };
  const auto with = report(t), without = report(on_gpu);
  const double held = model::count_parameters(t.model).total;
  CHECK((without.total - with.total).base() == Approx(8 * held / 8));
  CHECK(with.host.base() == Approx((8 + 4) * held / 8));
  CHECK(without.host == Bytes{});
}
