// Laws of packed documents: attention shrinks to what documents hold, and nothing else does.

#include "catch.hpp"
#include "laws/toy.hpp"

namespace {

using namespace foretrain;

toy::Toy grouped(bool deepseek) {
  auto t = toy::dense(3);
  if (deepseek) return t;
  t.model.attention = {
      .kind = model::AttentionSpec::Kind::grouped, .heads = 8, .kv_heads = 4, .head_dim = 128};
  t.software.kernels.stack = model::Kernels::Stack::standard;
  t.plan.precision = model::Precision::bf16;
  return t;
}

model::Pieces alike(std::int64_t length, std::int64_t sequence) {
  return model::pack({{{length, 1}}, false}, sequence);
}

bool is_attention(const Kernel& kernel) {
  return kernel.family == Family::attention_forward || kernel.family == Family::attention_backward;
}

}  // namespace

TEST_CASE("documents as long as the sequence are no packing, to the byte") {
  const bool deepseek = GENERATE(false, true);
  const auto t = grouped(deepseek);
  auto spec = t.spec();
  const auto whole = toy::step(spec, 3).result;
  spec.pieces = alike(spec.sequence, spec.sequence);
  const auto one = toy::step(spec, 3).result;
  CHECK(one.fingerprint == whole.fingerprint);
  CHECK(one.step_time == whole.step_time);
}

TEST_CASE("shorter documents never cost more, and less where attention is computed") {
  const bool deepseek = GENERATE(false, true);
  const auto t = grouped(deepseek);
  auto spec = t.spec();
  Seconds before = toy::step(spec, 3).result.step_time;
  for (std::int64_t length = spec.sequence / 2; length > 0; length /= 2) {
    CAPTURE(length);
    spec.pieces = alike(length, spec.sequence);
    const Seconds now = toy::step(spec, 3).result.step_time;
    CHECK(now <= before);
    if (length >= 1024) CHECK(now < before);
    before = now;
  }
}

TEST_CASE("a mix of documents takes what its parts take, each at the rate of its own length") {
  const auto t = grouped(false);
  auto work = cluster::prepare(t.spec()).inputs.work;
  const auto attention = [&](const model::Pieces& pieces) {
    work.pieces = pieces;
    const auto ops = model::list_ops(t.model, model::Unit::dense_layer, work);
    for (const auto& op : ops.attention_f)
      if (is_attention(op.kernel)) return hardware::price(op.kernel, t.gpu, {}).compute.base();
    return 0.0;
  };
  const double lo = attention({{1024, 1}}), hi = attention({{4096, 1}});
  CHECK(attention({{1024, 0.75}, {4096, 0.25}}) == Approx(0.75 * lo + 0.25 * hi));
}

TEST_CASE("halves halve the FLOPs of causal attention, and no other kernel changes") {
  const bool deepseek = GENERATE(false, true);
  const auto t = grouped(deepseek);
  auto work = cluster::prepare(t.spec()).inputs.work;
  const auto whole = model::list_ops(t.model, model::Unit::dense_layer, work);
  work.pieces = alike(work.sequence / 2, work.sequence);
  const auto halves = model::list_ops(t.model, model::Unit::dense_layer, work);
  int attention = 0;
  for (std::size_t k = 0; k < cluster::block_kinds; ++k) {
    const auto& before = cluster::ops_of(whole, static_cast<cluster::BlockKind>(k));
    const auto& after = cluster::ops_of(halves, static_cast<cluster::BlockKind>(k));
    REQUIRE(before.size() == after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      const Kernel &a = before[i].kernel, &b = after[i].kernel;
      const bool attends = is_attention(a);
      CAPTURE(before[i].name);
      attention += attends ? 1 : 0;
      CHECK(b.work == (attends ? a.work / 2.0 : a.work));
      CHECK(b.read == a.read);
      CHECK(b.written == a.written);
      CHECK(after[i].kept == before[i].kept);
    }
  }
  CHECK(attention == 2);
}

TEST_CASE("model FLOPs count attention within documents, so that shorter ones are fewer") {
  const auto m = toy::dense_model(4);
  const auto of = [&](std::int64_t s, const model::Pieces& pieces = {}, bool causal = true) {
    return model::model_flops_per_token(m, s, causal, pieces).base();
  };
  const double linear = 3 * 2 * model::count_parameters(m).per_token;
  CHECK(of(4096) - linear == Approx(2 * (of(2048) - linear)));
  CHECK(of(4096) - linear == Approx(3 * 2.0 * 2048 * 4 * 8 * (192 + 128)));
  for (const bool causal : {true, false})
    CHECK(of(4096, alike(1024, 4096), causal) == Approx(of(1024, {}, causal)).epsilon(1e-12));
  const auto mix = model::pack({{{300, 0.5}, {1200, 0.5}}, true}, 4096);  // 1500 tokens: 300^2 + 1200^2
  CHECK(of(4096, mix) - linear == Approx((of(4096) - linear) * 1020 / 4096).epsilon(1e-12));
}

TEST_CASE(
    "micro-batches of equal load are those of no load, whether one GPU is simulated or its whole group") {
  auto t = toy::moe(plan::Schedule::one_f_one_b, 4, 8, 8);
  auto spec = t.spec();
  spec.pieces = {{512, 0.5}, {2048, 0.5}};
  const auto mean = toy::step(spec, 8).result;
  spec.attention_loads = {1, 1, 1};
  CHECK(toy::step(spec, 8).result.step_time.base() == Approx(mean.step_time.base()).epsilon(1e-9));
}

TEST_CASE("a group waits for its longest documents; a GPU alone takes the mean of its own") {
  const std::vector<double> loads{0.25, 0.5, 0.75, 2.5};
  auto group = toy::moe(plan::Schedule::one_f_one_b, 1, 8, 8);
  auto spec = group.spec();
  spec.pieces = {{512, 0.5}, {2048, 0.5}};
  const double even = toy::step(spec, 16).result.step_time.base();
  spec.attention_loads = loads;
  const auto waiting = toy::step(spec, 16).result;
  CHECK(waiting.step_time.base() > even * 1.01);
  CHECK(toy::step(spec, 16).result.fingerprint == waiting.fingerprint);
  spec.off.even_documents = true;
  CHECK(toy::step(spec, 16).result.step_time.base() == even);

  auto alone = grouped(true);
  auto lone = alone.spec();
  lone.pieces = spec.pieces;
  const double mean = toy::step(lone, 256).result.step_time.base();
  lone.attention_loads = loads;
  CHECK(toy::step(lone, 256).result.step_time.base() == Approx(mean).epsilon(0.01));
}
