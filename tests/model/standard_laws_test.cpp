// What holds of the standard lists for any shape: random models, cuts and settings.

#include <cmath>

#include "base/random.hpp"
#include "model/lists.hpp"
#include "model/specs.hpp"

using namespace foretrain;
using namespace foretrain::model;
using namespace foretrain::testing;

namespace {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : rng_(seed, "standard_laws") {}
  std::int64_t among(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(rng_.next() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool coin() { return among(0, 1) == 1; }

 private:
  Rng rng_;
};

TransformerSpec random_spec(Draw& draw) {
  TransformerSpec m;
  m.vocabulary = 1024 * draw.among(8, 64);
  m.hidden = 512 * draw.among(1, 16);
  m.layers = draw.among(2, 8);
  m.dense_ffn = 1024 * draw.among(1, 8);
  if (draw.coin()) {
    m.attention = grouped(8 * draw.among(1, 8), 8, 64 * draw.among(1, 3));
    m.attention.qk_norm = draw.coin();
    m.attention.window = draw.coin() ? 64 * draw.among(1, 40) : 0;
  } else {
    m.attention = {.heads = 8 * draw.among(1, 8),
                   .q_lora_rank = 256 * draw.among(0, 4),
                   .kv_lora_rank = 512,
                   .qk_nope_dim = 128,
                   .qk_rope_dim = 64,
                   .v_head_dim = 128};
  }
  m.activation = static_cast<Activation>(draw.among(0, 2));
  m.norm = static_cast<Norm>(draw.among(0, 1));
  m.position = static_cast<Position>(draw.among(0, 2));
  m.biases = draw.coin();
  if (draw.coin()) {
    m.moe = {
        .experts = 8 * draw.among(1, 8), .top_k = draw.among(1, 8), .expert_ffn = 256 * draw.among(1, 8)};
    m.moe.shared_ffn = draw.coin() ? 1024 : 0;
    m.moe.every = draw.among(1, 2);
  }
  m.mtp_depth = draw.among(0, 1);
  return m;
}

Work random_work(Draw& draw, const TransformerSpec& spec) {
  auto work = standard_work(256 * draw.among(1, 16));
  work.tensor_parallel = std::int64_t{1} << draw.among(0, 3);
  work.sequence_parallel = draw.coin();
  work.tokens *= draw.among(1, 3);
  work.local_experts = spec.moe.experts > 0 ? spec.moe.experts / 4 : 1;
  work.routed_rows = work.tokens * std::max<std::int64_t>(1, spec.moe.top_k);
  work.received_tokens = work.tokens;
  work.precision = static_cast<Precision>(draw.among(0, 4));
  auto& k = work.kernels;
  for (bool* flag :
       {&k.flash_attention, &k.fused_softmax, &k.fused_activation, &k.fused_residual, &k.fused_norm,
        &k.fused_rotary, &k.fused_bias, &k.fused_expert_bias, &k.fused_cross_entropy, &k.fused_cast_transpose,
        &k.dropout, &k.accumulate_fp32, &k.fused_accumulation, &k.current_scaling, &k.expanded_dispatch})
    *flag = draw.coin();
  auto& r = work.recompute;
  for (bool* flag : {&r.norms, &r.mla_up, &r.swiglu, &r.attention_core}) *flag = draw.coin();
  return work;
}

void check_op(const Op& op) {
  INFO(op.name);
  CHECK(std::isfinite(op.kept.base()));
  CHECK(op.kept.base() >= 0);
  if (op.communication) {
    CHECK(op.communication->buffer.base() > 0);
    return;
  }
  const auto& k = op.kernel;
  CHECK(k.m > 0);
  CHECK(k.n > 0);
  CHECK(k.launches > 0);
  CHECK(k.work.base() > 0);
  CHECK((k.read + k.written).base() > 0);
  if (k.k > 0 && k.family != Family::attention_forward && k.family != Family::attention_backward)
    CHECK(k.work.base() == Approx(2.0 * double(k.m) * double(k.n) * double(k.k)));
}

double forward_work(const UnitOps& ops) {
  double sum = 0;
  for (const auto& list : {ops.attention_f, ops.mlp_f})
    for (const auto& op : list) sum += op.kernel.k > 0 ? op.kernel.work.base() : 0;
  return sum;
}

double kept(const TransformerSpec& spec, Unit unit, const Work& work) {
  return kept_per_micro_batch(list_ops(spec, unit, work)).base();
}

}  // namespace

TEST_CASE("every op of a random model under random settings is sound") {
  Draw draw(GENERATE(range(0, 60)));
  const auto spec = random_spec(draw);
  const auto work = random_work(draw, spec);
  for (const Unit unit : list_units(spec)) {
    const auto ops = list_ops(spec, unit, work);
    CHECK(ops.has_exchange == has_experts(spec, unit));
    for (const auto& list : all_lists(ops))
      for (const auto& op : list) check_op(op);
  }
}

TEST_CASE("forward work of a random layer is its matrices and its core") {
  Draw draw(GENERATE(range(100, 140)));
  const auto spec = random_spec(draw);
  auto work = random_work(draw, spec);
  work.tensor_parallel = 1;
  const auto t = static_cast<double>(work.tokens);
  for (const Unit unit : list_units(spec)) {
    if (!is_layer(unit)) continue;
    const auto window = is_windowed(unit) ? spec.attention.window : 0;
    const double keys = work.kernels.flash_attention ? static_cast<double>(causal_keys(work.sequence, window))
                                                     : static_cast<double>(work.sequence);
    const auto dims = spec.attention.heads * (query_key_dim(spec.attention) + value_dim(spec.attention));
    const double expected =
        2 * t * count_matmul_parameters(spec, unit) + 2 * t * keys * static_cast<double>(dims);
    CHECK(forward_work(list_ops(spec, unit, work)) == Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("recompute of a random layer trades kept bytes for work, and full recompute is one forward more") {
  Draw draw(GENERATE(range(200, 240)));
  const auto spec = random_spec(draw);
  auto work = random_work(draw, spec);
  for (const Unit unit : list_units(spec)) {
    if (!is_layer(unit)) continue;
    work.recompute = {};
    const auto plain = list_ops(spec, unit, work);
    const double none = kept(spec, unit, work);
    for (bool Recompute::*flag : {&Recompute::norms, &Recompute::mla_up, &Recompute::swiglu,
                                  &Recompute::attention_core, &Recompute::experts_act}) {
      work.recompute = {};
      work.recompute.*flag = true;
      CHECK(kept(spec, unit, work) <= none);
      CHECK(total_work(list_ops(spec, unit, work)) >= total_work(plain));
    }
    work.recompute.layers = true;
    const auto full = list_ops(spec, unit, work);
    CHECK(kept(spec, unit, work) < none);
    CHECK(total_work(full) - total_work(plain) == Approx(forward_work(plain)).epsilon(1e-9));
    work.recompute = {};
  }
}

TEST_CASE("cuts of a random layer never add work or kept bytes") {
  Draw draw(GENERATE(range(300, 340)));
  const auto spec = random_spec(draw);
  auto work = random_work(draw, spec);
  work.tensor_parallel = 8;
  auto whole = work;
  whole.tensor_parallel = 1;
  for (const Unit unit : list_units(spec)) {
    work.sequence_parallel = true;
    const double with = kept(spec, unit, work);
    CHECK(total_work(list_ops(spec, unit, work)) <= total_work(list_ops(spec, unit, whole)));
    work.sequence_parallel = false;
    CHECK(with <= kept(spec, unit, work));
    CHECK(kept(spec, unit, work) <= kept(spec, unit, whole));
  }
}
