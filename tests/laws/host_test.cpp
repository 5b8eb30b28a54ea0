// Laws of the host that launches kernels: when it is behind the GPU, and by how much.

#include "catch.hpp"
#include "laws/standard_toy.hpp"

using namespace foretrain;
using namespace foretrain::literals;
using toy::standard, toy::time_of;

TEST_CASE("a host that launches slowly bounds small kernels, not large ones") {
  auto t = standard(3, 1, 1);
  const double fast = time_of(t, 2);
  t.software.host_launch.value = 1_us;
  CHECK(time_of(t, 2) == fast);  // the GPU is slower than that all along
  t.software.host_launch.value = 1_ms;
  double launches = 0;
  for (const auto unit : t.plan.stages[0]) {
    const auto ops = model::list_ops(t.model, unit, cluster::prepare(t.spec()).inputs.work);
    for (std::size_t k = 0; k < cluster::block_kinds; ++k)
      for (const auto& op : cluster::ops_of(ops, static_cast<cluster::BlockKind>(k)))
        launches += op.kernel.launches;
  }
  CHECK(time_of(t, 2, {.free_optimizer = true}) == Approx(2e-3 * launches).epsilon(1e-6));
}

TEST_CASE("recomputing a layer costs a host that is behind its fixed time, once a layer") {
  auto t = standard(3, 1, 1);
  t.software.host_launch.value = 1_ms;
  t.software.host_recompute.value = 5_ms;
  const double kept = time_of(t, 2);
  t.plan.recompute.layers = true;
  const double dear = time_of(t, 2);
  t.software.host_recompute.value = seconds(0);
  CHECK(dear == Approx(time_of(t, 2) + 2 * 3 * 5e-3));  // 2 micro-batches of 3 layers
  t.plan.recompute.layers = false;
  CHECK(time_of(t, 2) == kept);
}

TEST_CASE("kernels in CUDA graphs are not launched: with all of them the host takes no time") {
  auto t = standard(3, 1, 1);
  const double free = time_of(t, 2);
  t.software.host_launch.value = 1_ms;
  const double none = time_of(t, 2);
  t.software.graphs.attention = true;
  const double attention = time_of(t, 2);
  CHECK((attention < none && attention > free));
  t.software.graphs.all = true;
  CHECK(time_of(t, 2) == free);
}
