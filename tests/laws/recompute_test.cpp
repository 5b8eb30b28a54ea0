// Laws of recomputing some layers whole: between none and all of them, one by one.

#include "catch.hpp"
#include "laws/toy.hpp"
#include "plan/memory.hpp"
#include "plan/stages.hpp"

namespace {

using namespace foretrain;

toy::Toy standard(bool routed, std::int64_t pipeline = 1) {
  toy::Toy t;
  t.model = routed ? toy::moe_model(8) : toy::dense_model(8);
  t.model.attention = {
      .kind = model::AttentionSpec::Kind::grouped, .heads = 8, .kv_heads = 8, .head_dim = 128};
  t.software.kernels.stack = model::Kernels::Stack::standard;
  t.software.p2p_waits.value = false;
  t.plan.precision = model::Precision::bf16;
  t.plan.data = t.plan.expert = routed ? 8 : 1;
  t.plan.pipeline = pipeline;
  t.plan.stages = plan::default_stages(t.model, pipeline);
  t.cluster.gpus = t.plan.data * pipeline;
  t.cluster.gpus_per_node = t.cluster.nics_per_node = t.cluster.fabric.planes = t.plan.data;
  return t;
}

toy::Toy with(toy::Toy t, std::int64_t layers, const model::Recompute& others = {}) {
  t.plan.recompute = others;
  t.plan.recompute.full_layers = layers;
  t.plan.stages = plan::recompute_first(t.plan.stages, layers);
  return t;
}

double recomputed_time(const toy::Toy& t) {
  return toy::step(t.spec(), 6).result.step_time.base();
}

Bytes kept_of(const toy::Toy& t, std::size_t stage = 0) {
  return plan::kept_by_stage(t.model, t.plan,
                             cluster::work_of(t.spec(), cluster::token_spread(t.spec())))[stage];
}

}  // namespace

TEST_CASE("all layers one by one are full recompute, none are none") {
  const bool routed = GENERATE(false, true);
  const auto t = standard(routed, GENERATE(1, 2));
  auto full = t;
  full.plan.recompute.layers = true;
  CHECK(recomputed_time(with(t, 8)) == recomputed_time(full));
  CHECK(recomputed_time(with(t, 100)) == recomputed_time(full));
  CHECK(recomputed_time(with(t, 0)) == recomputed_time(t));
  CHECK(kept_of(with(t, 8)) == kept_of(full));
  CHECK(kept_of(with(t, 0)) == kept_of(t));
  CHECK(recomputed_time(full) > recomputed_time(t));
}

TEST_CASE("each layer more costs its forward and frees what it kept but for its input") {
  const auto t = standard(GENERATE(false, true));
  const double step = recomputed_time(with(t, 1)) - recomputed_time(t);
  const Bytes freed = kept_of(t) - kept_of(with(t, 1));
  CHECK(step > 0);
  CHECK(freed > Bytes{});
  for (const std::int64_t layers : {1, 2, 5, 8}) {
    CAPTURE(layers);
    const auto n = static_cast<double>(layers);
    CHECK(recomputed_time(with(t, layers)) - recomputed_time(t) == Approx(n * step).epsilon(1e-5));
    CHECK((kept_of(t) - kept_of(with(t, layers))).base() == Approx(n * freed.base()));
  }
}

TEST_CASE("what other layers recompute is no business of the first ones") {
  const auto t = standard(false);
  const model::Recompute others{.norms = true, .swiglu = true};
  auto alike = t;
  alike.plan.recompute = others;
  CHECK(kept_of(with(t, 3, others)) < kept_of(with(t, 3)));
  CHECK(kept_of(with(t, 3, others)) < kept_of(alike));
  CHECK(recomputed_time(with(t, 3, others)) > recomputed_time(with(t, 3)));
}
