// Parameters of a unit on one GPU, and who holds the same ones.
#include "plan/parameters.hpp"

#include "catch.hpp"

using namespace foretrain;

TEST_CASE("parameters of a layout: every copy counted once is the model") {
  model::TransformerSpec m;
  m.hidden = 1024, m.vocabulary = 4096, m.layers = 4;
  m.attention = {.kind = model::AttentionSpec::Kind::grouped, .heads = 8, .kv_heads = 2, .head_dim = 128};
  m.moe = {.experts = 32, .shared_experts = 1, .top_k = 4, .expert_ffn = 512};
  plan::PlanSpec p;
  p.data = 16, p.tensor = 2, p.expert = 8, p.expert_tensor = 2;
  double dense = 0, expert = 0;
  for (const auto unit : model::list_units(m)) {
    const auto here = plan::parameters_on_gpu(m, p, unit);
    dense += here.dense;
    expert += here.expert;
  }
  const double experts = 4 * 3.0 * 32 * 512 * 1024;
  const auto copies = plan::copies_of(p);
  CHECK(copies.dense == 16);
  CHECK(copies.expert == 2);
  CHECK(expert * 32 / static_cast<double>(copies.expert) == experts);
  const double whole = 9.0 * 1024 + 4.0 * (1024 + 1) * 32;  // norms and gates are not cut
  CHECK((dense - whole) * 2 + whole == Approx(model::count_parameters(m).total - experts).epsilon(1e-12));
}

TEST_CASE("shard groups: all replicas, or so many of them") {
  plan::PlanSpec p;
  p.data = 64, p.expert = 8, p.zero = 3;
  CHECK(plan::shards_of(p).dense == 64);
  CHECK(plan::shards_of(p).expert == 8);
  CHECK(plan::shards_of(p).dense_copies == 1);
  p.shard_group = 16;
  CHECK(plan::shards_of(p).dense == 16);
  CHECK(plan::shards_of(p).dense_copies == 4);
  CHECK(plan::shards_of(p).expert == 2);
  CHECK(plan::shards_of(p).expert_copies == 4);
  p.schedule = plan::Schedule::dualpipe;
  p.shard_group = 0;
  CHECK(plan::shards_of(p).dense == 128);
}
