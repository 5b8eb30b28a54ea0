#include "model/ops.hpp"

#include "model/lists.hpp"

using namespace foretrain;
using namespace foretrain::model;
using namespace foretrain::testing;

TEST_CASE("without recompute and padding a layer executes its model FLOPs, flash backward apart") {
  Work work;
  work.routed_rows = 8 * work.tokens;  // every token's eight experts, no padding
  const auto spec = deepseek_v3();
  const double attention = 2.0 * 4096 * 2048 * 128 * (192 + 128);
  const double model = 6.0 * 4096 * count_matmul_parameters(spec, Unit::moe_layer) + (1 + 2.6) * attention;
  for (const auto precision : {Precision::fp8, Precision::bf16}) {
    work.precision = precision;
    CHECK(total_work(moe_layer(work)) == Approx(model).epsilon(1e-9));
  }
  work.precision = Precision::fp8;
  const double dense = 6.0 * 4096 * count_matmul_parameters(spec, Unit::dense_layer) + 3.6 * attention;
  CHECK(total_work(list_ops(spec, Unit::dense_layer, work)) == Approx(dense).epsilon(1e-9));
  const double head = 6.0 * 4096 * count_matmul_parameters(spec, Unit::head);
  CHECK(total_work(list_ops(spec, Unit::head, work)) == Approx(head).epsilon(1e-9));
  const double mtp = 6.0 * 4096 * count_matmul_parameters(spec, Unit::mtp_layer) + 3.6 * attention;
  CHECK(total_work(list_ops(spec, Unit::mtp_layer, work)) == Approx(mtp).epsilon(1e-9));
}

TEST_CASE("bytes of memory-bound kernels, counted by hand from the trace's shapes") {
  auto work = v3_work();
  work.routed_rows = 32512;  // means of the four rounds
  work.received_tokens = 30278;
  const auto f = moe_layer(work);
  work.routed_rows = 32128;
  work.received_tokens = 29836;
  const auto b = moe_layer(work);
  CHECK(moved(find(f.attention_f, "q_a_in_cast")) == Approx(89e6).epsilon(0.01));
  CHECK(moved(find(f.attention_f, "o_in_cast")) == Approx(203e6).epsilon(0.01));
  CHECK(moved(find(f.attention_f, "attn_rmsnorm")) == Approx(117e6).epsilon(0.01));
  CHECK(moved(find(f.attention_f, "rope_q")) == Approx(134e6).epsilon(0.01));
  CHECK(moved(find(f.mlp_f, "expand_tokens")) == Approx(464e6).epsilon(0.01));
  CHECK(moved(find(f.mlp_f, "reduce_fused(unpermute)")) == Approx(900e6).epsilon(0.01));
  CHECK(moved(find(f.mlp_f, "routed_swiglu+cast")) == Approx(335e6).epsilon(0.01));
  CHECK(moved(find(f.mlp_f, "cache_routed_act_fp8")) == Approx(404e6).epsilon(0.01));
  CHECK(moved(find(f.mlp_f, "w13_batched_T")) == Approx(235e6).epsilon(0.01));
  CHECK(moved(find(b.mlp_i, "routed_swiglu_fwd_bwd")) == Approx(790e6).epsilon(0.01));
  CHECK(moved(find(b.mlp_w, "routed_x_colcast")) == Approx(467e6).epsilon(0.02));  // 475 with the new scales
  // FP32 accumulation: 8 B for each weight, beside both FP8 operands
  CHECK(moved(find(b.attention_w, "o_wgrad")) ==
        Approx(8.0 * 7168 * 16384 + (7168 + 16384) * 4096.0 * 33 / 32).epsilon(1e-9));
}

TEST_CASE("BF16 needs no casts, no transposed scales and no transposed weights") {
  auto work = v3_work();
  work.precision = Precision::bf16;
  for (const Unit unit : {Unit::dense_layer, Unit::moe_layer, Unit::mtp_layer}) {
    for (const auto& list : all_lists(list_ops(deepseek_v3(), unit, work))) {
      for (const auto& op : list) {
        INFO(op.name);
        CHECK(std::string(name_of(op.kernel.family)).find("fp8") == std::string::npos);
        CHECK(op.kernel.family != Family::scale_transpose);
        CHECK(op.kernel.family != Family::weight_transpose);
        CHECK(op.kernel.dtype != DType::fp8);
      }
    }
  }
  const auto bf16 = moe_layer(work), fp8 = moe_layer(v3_work());
  CHECK(total_work(bf16) == total_work(fp8));
  CHECK(kept_per_micro_batch(bf16) > kept_per_micro_batch(fp8));
}

TEST_CASE("what is recomputed is not kept, and the other way round") {
  for (const auto precision : {Precision::fp8, Precision::bf16}) {
    Work work;
    work.precision = precision;
    const auto kept_with = [&](Recompute recompute) {
      work.recompute = recompute;
      return kept_per_micro_batch(moe_layer(work)).base();
    };
    const double none = kept_with({});
    CHECK(kept_with({true, false, false}) < none);
    CHECK(kept_with({false, true, false}) < none);
    CHECK(kept_with({false, false, true}) < none);
    const double saved = (none - kept_with({true, false, false})) + (none - kept_with({false, true, false})) +
                         (none - kept_with({false, false, true}));
    CHECK(none - kept_with({true, true, true}) == Approx(saved).epsilon(1e-9));
    // queries, keys and values of a layer
    CHECK(none - kept_with({false, true, false}) ==
          Approx(2.0 * 4096 * 128 * (192 + 192 + 128)).epsilon(1e-9));
  }
  const auto plain = moe_layer(Work{});
  CHECK_FALSE(has(plain.attention_i, "q_b_recompute"));
  CHECK_FALSE(has(plain.attention_i, "rope_q"));
  CHECK_FALSE(has(plain.mlp_i, "mlp_rmsnorm_recompute"));
  CHECK(has(plain.mlp_i, "routed_swiglu_bwd"));
}

TEST_CASE("activations that a DeepSeek-V3 layer keeps for each token") {
  const auto ops = moe_layer(v3_work());
  double sum = 0;
  for (const auto& list : all_lists(ops)) {
    for (const auto& op : list) {
      if (op.kept.base() == 0) continue;
      sum += op.kept.base();
      UNSCOPED_INFO(op.name << ": " << op.kept.base() / 4096 << " B a token");
    }
  }
  CHECK(sum == kept_per_micro_batch(ops).base());
  // Counted by hand elsewhere: 152 KB (residuals and norm inputs 33 KB, attention output 25 KB, received
  // tokens 55 KB, SwiGLU inputs 38 KB). The list adds the gate's scores and the row maps.
  CHECK(sum / 4096 == Approx(152e3).epsilon(0.02));
}

TEST_CASE("routed work follows the rows, everything else does not") {
  auto work = v3_work();
  const auto base = moe_layer(work);
  work.routed_rows *= 2;
  const auto more = moe_layer(work);
  CHECK(find(more.mlp_f, "routed_gateup").kernel.work == 2.0 * find(base.mlp_f, "routed_gateup").kernel.work);
  CHECK(find(more.mlp_f, "shared_gateup").kernel.work == find(base.mlp_f, "shared_gateup").kernel.work);
  CHECK(find(more.mlp_w, "expert_down_wgrad").kernel.k == 2 * find(base.mlp_w, "expert_down_wgrad").kernel.k);
  CHECK(find(more.attention_f, "o_proj").kernel.work == find(base.attention_f, "o_proj").kernel.work);
}

TEST_CASE("context parallelism shortens no query's view") {
  auto work = v3_work();
  work.sequence = 32768;
  work.context_parallel = 8;
  const auto ops = moe_layer(work), base = moe_layer(v3_work());
  const auto& far = find(ops.attention_f, "flash_attn_fwd").kernel;
  const auto& near = find(base.attention_f, "flash_attn_fwd").kernel;
  CHECK(far.work == 8.0 * near.work);
  CHECK(far.m == near.m);
  CHECK(far.k == 8 * near.k);
  CHECK(far.read > near.read);  // keys and values of all tokens
}

TEST_CASE("only layers with experts exchange tokens") {
  const auto spec = deepseek_v3();
  CHECK(list_ops(spec, Unit::moe_layer, v3_work()).has_exchange);
  CHECK(list_ops(spec, Unit::mtp_layer, v3_work()).has_exchange);
  for (const Unit unit : {Unit::embedding, Unit::dense_layer, Unit::head, Unit::mtp_head})
    CHECK_FALSE(list_ops(spec, unit, v3_work()).has_exchange);
}

TEST_CASE("embedding and head work in one block each") {
  const auto embedding = list_ops(deepseek_v3(), Unit::embedding, v3_work());
  CHECK(embedding.mlp_f.size() == 1);
  CHECK(embedding.mlp_i.empty());
  CHECK(embedding.mlp_w.size() == 1);
  const auto head = list_ops(deepseek_v3(), Unit::head, v3_work());
  CHECK(head.attention_f.empty());
  CHECK(find(head.mlp_f, "head_gemm").kernel.n == 129280);
  CHECK(find(head.mlp_f, "head_gemm").kept.base() == 2.0 * 4096 * 129280);
}

TEST_CASE("the MTP module is a projection and one more layer") {
  const auto mtp = list_ops(deepseek_v3(), Unit::mtp_layer, v3_work());
  const auto layer = moe_layer(v3_work());
  CHECK(mtp.mlp_f.size() == layer.mlp_f.size());
  CHECK(mtp.attention_f.size() == layer.attention_f.size() + 6);
  CHECK(find(mtp.attention_f, "mtp_proj").kernel.k == 2 * 7168);
  CHECK(total_work(mtp) == total_work(layer) + 6.0 * 4096 * 2 * 7168 * 7168);
}

TEST_CASE("a model without a query latent projects queries directly and keeps them") {
  auto spec = deepseek_v3();
  spec.attention.q_lora_rank = 0;
  const auto ops = list_ops(spec, Unit::moe_layer, v3_work());
  CHECK(find(ops.attention_f, "q_proj").kernel.n == 24576);
  CHECK_FALSE(has(ops.attention_f, "q_b_proj"));
  CHECK_FALSE(has(ops.attention_i, "q_b_recompute"));
  CHECK(find(ops.attention_f, "rope_q").kept.base() == 2.0 * 4096 * 24576);
}

TEST_CASE("a token on the wire, as DeepEP lays it out") {
  const auto fp8 = exchange_row(deepseek_v3(), Precision::fp8);
  CHECK(fp8.dispatch.base() == 7472);
  CHECK(fp8.dispatch_gradient.base() == 7408);
  CHECK(fp8.combine.base() == 14352);
  CHECK(fp8.combine_gradient.base() == 14384);
  const auto bf16 = exchange_row(deepseek_v3(), Precision::bf16);
  CHECK(bf16.dispatch.base() == 14336 + 80);  // 8 + 64 of metadata, rounded up to 16
  CHECK(bf16.combine == fp8.combine);
}
