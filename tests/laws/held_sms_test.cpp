// Laws of the SMs that collectives hold: compute beside them slows by exactly their share, and nothing else
// does.

#include "catch.hpp"
#include "cluster/blocks.hpp"
#include "laws/toy.hpp"
#include "plan/stages.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::literals;

toy::Toy sharded(std::int64_t data) {
  toy::Toy t;
  t.model = toy::dense_model(6);
  t.model.attention = {
      .kind = model::AttentionSpec::Kind::grouped, .heads = 8, .kv_heads = 8, .head_dim = 128};
  t.software.kernels.stack = model::Kernels::Stack::standard;
  t.plan.precision = model::Precision::bf16;
  t.plan.data = data;
  t.plan.pipeline = 1;
  t.plan.stages = plan::default_stages(t.model, 1);
  t.cluster.gpus = data;
  t.cluster.gpus_per_node = t.cluster.nics_per_node = t.cluster.fabric.planes = 8;
  return t;
}

double time_of(const toy::Toy& t, const cluster::Switches& off = {}) {
  return toy::step(t.spec(off), 2).result.step_time.base();
}

}  // namespace

TEST_CASE("a kernel bound by the SMs takes S / (S - h) as long beside a collective that holds h of S") {
  auto gpu = toy::Toy{}.gpu;
  const auto family = static_cast<std::size_t>(Family::attention_forward);
  auto& curve = *gpu.curves[family];
  curve.kind = hardware::Curve::Kind::table;
  curve.at = {1024};
  curve.efficiencies = {0.5};
  Kernel kernel;
  kernel.family = Family::attention_forward;
  kernel.k = 1024;
  kernel.work = flops(1e12);
  const double sms = static_cast<double>(gpu.sms.value);
  const auto alone = hardware::price(kernel, gpu, {}).compute,
             beside = hardware::price(kernel, gpu, {.sms_taken = 16}).compute;
  CHECK(beside / alone == Approx(sms / (sms - 16)).epsilon(1e-12));
}

TEST_CASE("collectives that run alone take no SMs from anyone") {
  auto t = sharded(16);
  const double before = time_of(t);
  t.software.nccl_sms.value = 16;
  CHECK(time_of(t) == before);
}

TEST_CASE("gathers and scatters of sharded parameters slow the compute beside them, and only that") {
  auto t = sharded(16);
  t.plan.zero = 3;
  const double before = time_of(t), free = time_of(t, {.free_sharding = true});
  t.software.nccl_sms.value = 16;
  const double sms = static_cast<double>(t.gpu.sms.value), held = time_of(t);
  CHECK(held > before);
  CHECK(held < before + free * 16 / (sms - 16) * 1.5);  // waves of whole tiles lose a little more
  CHECK(time_of(t, {.whole_gpu = true}) == before);
  CHECK(time_of(t, {.free_sharding = true}) == Approx(free).epsilon(1e-9));
}

TEST_CASE("an overlapped reduction costs its share of the SMs while it runs beside the backward") {
  auto t = sharded(16);
  t.plan.overlap.gradients = true;
  const double before = time_of(t);
  const auto prepared = cluster::prepare(t.spec());
  double reduction = 0;
  for (const auto& o : prepared.optimizer) reduction = std::max(reduction, o.reduce_scatter.base());
  const double sms = static_cast<double>(t.gpu.sms.value);
  double last = before;
  std::vector<double> grown;
  for (const std::int64_t held : {8, 16}) {
    t.software.nccl_sms.value = held;
    const double now = time_of(t), h = static_cast<double>(held);
    CHECK(now > last);
    CHECK(now - before <= reduction * 1.2 * h / (sms - h));
    grown.push_back((now - before) * (sms - h) / h);
    last = now;
  }
  CHECK(grown[0] == Approx(grown[1]).epsilon(1e-6));  // time beside, times the share bound by the SMs
}
