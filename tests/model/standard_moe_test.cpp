// Mixtures of experts and latent attention under the standard stack.

#include "model/lists.hpp"
#include "model/specs.hpp"

using namespace foretrain;
using namespace foretrain::model;
using namespace foretrain::testing;

namespace {

// All experts here, every token's copies, no padding.
Work all_experts(const TransformerSpec& spec) {
  auto work = standard_work();
  work.local_experts = spec.moe.experts;
  work.routed_rows = spec.moe.top_k * work.tokens;
  work.received_tokens = work.tokens;
  return work;
}

}  // namespace

TEST_CASE("a mixture's layer executes the parameters that a token meets") {
  for (const auto& spec : {mixtral_8x7b(), qwen3_30b()}) {
    const auto ops = list_ops(spec, Unit::moe_layer, all_experts(spec));
    const double core = 3.5 * 2.0 * 4096 * 2048 * 32 * 256;
    CHECK(total_work(ops) ==
          Approx(6 * 4096 * count_matmul_parameters(spec, Unit::moe_layer) + core).epsilon(1e-12));
    CHECK(ops.has_exchange);
    CHECK_FALSE(ops.exchange_again);
  }
}

TEST_CASE("DeepSeek-V3 does the same work under either stack") {
  const auto spec = deepseek_v3();
  auto work = all_experts(spec);
  const auto standard = list_ops(spec, Unit::moe_layer, work);
  CHECK(find(standard.attention_f, "q_down").kernel.n == 1536);
  work.kernels.stack = Kernels::Stack::deepseek;
  CHECK(total_work(standard) == Approx(total_work(list_ops(spec, Unit::moe_layer, work))).epsilon(1e-12));
  for (const Unit unit : {Unit::mtp_layer, Unit::mtp_head, Unit::dense_layer}) {
    work.kernels.stack = Kernels::Stack::deepseek;
    const double own = total_work(list_ops(spec, unit, work));
    work.kernels.stack = Kernels::Stack::standard;
    CHECK(total_work(list_ops(spec, unit, work)) == Approx(own).epsilon(1e-12));
  }
}

TEST_CASE("latent attention cut in eight: up-projections share their heads, down-projections are whole") {
  const auto spec = deepseek_v3();
  auto work = all_experts(spec);
  work.tensor_parallel = 8;
  work.sequence_parallel = true;
  const auto ops = list_ops(spec, Unit::moe_layer, work);
  CHECK(find(ops.attention_f, "q_up").kernel.n == 16 * 192);
  CHECK(find(ops.attention_f, "q_down").kernel.n == 1536);
  CHECK(find(ops.attention_f, "q_down").kernel.m == 512);  // its own rows
  CHECK(find(ops.attention_f, "q_up_in_gather").communication->buffer.base() == 2.0 * 4096 * 1536);
  CHECK(find(ops.attention_f, "kv_up_in_gather").communication->buffer.base() == 2.0 * 4096 * 512);
}

TEST_CASE("recomputed up-projections are not kept and run again") {
  const auto spec = deepseek_v3();
  auto work = all_experts(spec);
  const auto plain = list_ops(spec, Unit::moe_layer, work);
  work.recompute.mla_up = true;
  const auto again = list_ops(spec, Unit::moe_layer, work);
  const double heads = 2.0 * 4096 * 128 * (192 + 192 + 128);
  CHECK(kept_per_micro_batch(plain).base() - kept_per_micro_batch(again).base() == Approx(heads));
  CHECK(total_work(again) - total_work(plain) ==
        Approx(2.0 * 4096 * (1536.0 * 128 * 192 + 512.0 * 128 * 256)));
}

TEST_CASE("GPUs that share an expert gather its rows and scatter the results") {
  const auto spec = mixtral_8x7b();
  auto work = all_experts(spec);
  const auto whole = list_ops(spec, Unit::moe_layer, work);
  work.expert_tensor_parallel = 2;
  const auto cut = list_ops(spec, Unit::moe_layer, work);
  CHECK(2 * find(cut.mlp_f, "experts_up").kernel.n == find(whole.mlp_f, "experts_up").kernel.n);
  CHECK(2 * find(cut.mlp_f, "experts_down").kernel.k == find(whole.mlp_f, "experts_down").kernel.k);
  for (const auto* name : {"experts_gather", "experts_scatter"}) {
    const auto& op = find(cut.mlp_f, name);
    REQUIRE(op.communication);
    CHECK(op.communication->group == Group::expert_tensor);
    CHECK(op.communication->buffer.base() == 2.0 * 8192 * 4096);
    CHECK_FALSE(has(whole.mlp_f, name));
  }
  CHECK(has(cut.mlp_i, "experts_gather_bwd"));
  CHECK(has(cut.mlp_i, "experts_scatter_bwd"));
}

TEST_CASE("under the standard stack too routed work follows the rows alone") {
  const auto spec = qwen3_30b();
  auto work = all_experts(spec);
  work.local_experts = 16;
  const auto base = list_ops(spec, Unit::moe_layer, work);
  work.routed_rows *= 2;
  const auto more = list_ops(spec, Unit::moe_layer, work);
  CHECK(find(more.mlp_f, "experts_up").kernel.work == 2.0 * find(base.mlp_f, "experts_up").kernel.work);
  CHECK(find(more.mlp_f, "sort_rows").kernel.read == 2.0 * find(base.mlp_f, "sort_rows").kernel.read);
  CHECK(find(more.attention_f, "copy_tokens").kernel.written ==
        find(base.attention_f, "copy_tokens").kernel.written);
  CHECK(find(base.mlp_f, "experts_up").kernel.groups == 16);
}

TEST_CASE("tokens that travel once are expanded where they arrive") {
  const auto spec = qwen3_30b();
  auto work = all_experts(spec);
  work.kernels.expanded_dispatch = false;
  work.received_tokens = 12345;
  const auto ops = list_ops(spec, Unit::moe_layer, work);
  CHECK_FALSE(has(ops.attention_f, "copy_tokens"));
  CHECK(find(ops.mlp_f, "expand_tokens").kernel.read.base() == 12345 * 2.0 * 2048);
  CHECK(exchange_row(spec, work).dispatch.base() == 2 * 2048 + 8 * 4);
  work.kernels.expanded_dispatch = true;
  CHECK(exchange_row(spec, work).dispatch.base() == 2 * 2048 + 4);
  CHECK(exchange_row(spec, work).combine.base() == 2 * 2048);
  work.kernels.stack = Kernels::Stack::deepseek;
  work.precision = Precision::fp8;
  CHECK(exchange_row(deepseek_v3(), work).dispatch == exchange_row(deepseek_v3(), Precision::fp8).dispatch);
}

TEST_CASE("full recompute of a mixture exchanges tokens again and keeps its input alone") {
  const auto spec = qwen3_30b();
  auto work = all_experts(spec);
  work.recompute.layers = true;
  const auto ops = list_ops(spec, Unit::moe_layer, work);
  CHECK(ops.exchange_again);
  CHECK(kept_per_micro_batch(ops).base() == 2.0 * 4096 * 2048);
  CHECK(has(ops.mlp_i, "experts_up_again"));
}

TEST_CASE("the activation of the experts alone is made again, and its output is not kept") {
  const auto spec = qwen3_30b();
  auto work = all_experts(spec);
  const auto plain = list_ops(spec, Unit::moe_layer, work);
  work.recompute.experts_act = true;
  const auto again = list_ops(spec, Unit::moe_layer, work);
  const double rows = static_cast<double>(work.routed_rows),
               width = 2.0 * static_cast<double>(spec.moe.expert_ffn);
  CHECK(kept_per_micro_batch(plain).base() - kept_per_micro_batch(again).base() == rows * width);
  CHECK_FALSE(has(plain.mlp_i, "experts_act_recompute"));
  CHECK(find(again.mlp_i, "experts_act_recompute").kernel.written ==
        find(plain.mlp_f, "experts_act").kernel.written);
  CHECK(kept_per_micro_batch(list_ops(llama3_8b(), Unit::dense_layer, work)).base() ==
        kept_per_micro_batch(list_ops(llama3_8b(), Unit::dense_layer, all_experts(spec))).base());
}

TEST_CASE("shared experts run beside the routed ones, cut like a dense MLP") {
  auto spec = qwen3_30b();
  auto work = all_experts(spec);
  const double routed = total_work(list_ops(spec, Unit::moe_layer, work));
  spec.moe.shared_ffn = 5632;
  CHECK(total_work(list_ops(spec, Unit::moe_layer, work)) - routed == 6.0 * 4096 * 3 * 2048 * 5632);
  work.tensor_parallel = 4;
  CHECK(find(list_ops(spec, Unit::moe_layer, work).mlp_f, "shared_up").kernel.n == 2 * 5632 / 4);
}

TEST_CASE(
    "biases of experts' results are free where fused, else 28 and 40 bytes an element in eager passes") {
  auto spec = qwen3_30b();
  auto work = all_experts(spec);
  work.kernels.fused_expert_bias = false;
  CHECK_FALSE(has(list_ops(spec, Unit::moe_layer, work).mlp_f, "experts_down_bias"));  // it has no biases
  spec.biases = true;
  const auto eager = list_ops(spec, Unit::moe_layer, work);
  const double elements = static_cast<double>(work.routed_rows * spec.hidden);
  CHECK(moved(find(eager.mlp_f, "experts_down_bias")) == 28 * elements);
  CHECK(moved(find(eager.mlp_i, "experts_down_bias_bwd")) == 40 * elements);
  CHECK(find(eager.mlp_f, "experts_down_bias").kernel.launches == 2 * spec.moe.experts + 2);
  work.kernels.fused_expert_bias = true;
  CHECK_FALSE(has(list_ops(spec, Unit::moe_layer, work).mlp_f, "experts_down_bias"));
}
