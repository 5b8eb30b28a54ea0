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

bool is_attention(const Kernel& kernel) {
  return kernel.family == Family::attention_forward || kernel.family == Family::attention_backward;
}

}  // namespace

TEST_CASE("documents as long as the sequence are no packing, to the byte") {
  const bool deepseek = GENERATE(false, true);
  const auto t = grouped(deepseek);
  auto spec = t.spec();
  const auto whole = toy::step(spec, 3).result;
  spec.document = spec.sequence;
  const auto one = toy::step(spec, 3).result;
  CHECK(one.fingerprint == whole.fingerprint);
  CHECK(one.step_time == whole.step_time);
  spec.document = spec.sequence / 2;
  CHECK(toy::step(spec, 3).result.step_time < whole.step_time);
}

TEST_CASE("halves halve the FLOPs of causal attention, and no other kernel changes") {
  const bool deepseek = GENERATE(false, true);
  const auto t = grouped(deepseek);
  auto work = cluster::prepare(t.spec()).inputs.work;
  const auto whole = model::list_ops(t.model, model::Unit::dense_layer, work);
  work.document = work.sequence / 2;
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

TEST_CASE("documents of unequal length attend as much as longer equal ones: the sum of their squares") {
  CHECK(model::attended_tokens(1024, 0) == 1024);
  CHECK(model::attended_tokens(1024, 1) == 2048);  // exponential: E[L^2] = 2 E[L]^2
  // 300, 500 and 1200 tokens: mean 2000 / 3, and the sum of squares over the sum
  const double mean = 2000.0 / 3, square = (300.0 * 300 + 500.0 * 500 + 1200.0 * 1200) / 3;
  const double spread = std::sqrt(square / (mean * mean) - 1);
  CHECK(model::attended_tokens(mean, spread) == std::llround(square / mean));
}

TEST_CASE("model FLOPs count attention within documents, so that shorter ones are fewer") {
  const auto m = toy::dense_model(4);
  const auto of = [&](std::int64_t s) { return model::model_flops_per_token(m, s, true).base(); };
  const double linear = 3 * 2 * model::count_parameters(m).per_token;
  CHECK(of(4096) - linear == Approx(2 * (of(2048) - linear)));
  CHECK(of(4096) - linear == Approx(3 * 2.0 * 2048 * 4 * 8 * (192 + 128)));
}
