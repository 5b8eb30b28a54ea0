// Decoding and forward lists of DeepSeek-V3: figures by hand, and what must hold of any list.

#include "model/inference_ops.hpp"
#include "catch.hpp"
#include "model/v3.hpp"

using namespace foretrain;
using namespace foretrain::model;

namespace {

const TransformerSpec v3 = testing::deepseek_v3();

const Op& named(const std::vector<Op>& ops, const std::string& name) {
  for (const Op& op : ops)
    if (op.name == name) return op;
  FAIL("no op named " << name);
  return ops.front();
}

DecodeWork work_of(std::int64_t requests, std::int64_t tokens_per_request = 1) {
  return {.requests = requests,
          .tokens_per_request = tokens_per_request,
          .context = 4989,
          .local_experts = 2,
          .routed_rows = requests * tokens_per_request * 8,
          .precision = Precision::fp8};
}

Flops gemm_work(const DecodeOps& ops) {
  Flops sum{};
  for (const auto* list : {&ops.attention, &ops.mlp})
    for (const Op& op : *list)
      if (op.kernel.k > 0 && op.kernel.family != Family::attention_decode) sum += op.kernel.work;
  return sum;
}

}  // namespace

TEST_CASE("a cached token of DeepSeek-V3 takes 70.272 KB") {  // arXiv:2505.09343, table 1
  CHECK(cache_per_token(v3).base() == 70272);
  CHECK(cache_per_token(v3, true).base() == 70272 / 61 * 62);
}

TEST_CASE(
    "decode attention by hand: every latent once a request, scores and values for every head and query") {
  const auto ops = list_decode_ops(v3, Unit::moe_layer, work_of(128, 2));
  const auto& kernel = named(ops.attention, "mla_decode").kernel;
  CHECK(kernel.work.base() == Approx(2.0 * 256 * 128 * 4989 * (576 + 512)));
  CHECK(kernel.read.base() == Approx(128.0 * 4989 * 576 * 2 + 256.0 * 128 * 576 * 2));
  CHECK(kernel.family == Family::attention_decode);
}

TEST_CASE("a decoded token meets the layer's matmul parameters, gate and experts as the router says") {
  for (const std::int64_t requests : {1, 16, 128}) {
    const auto ops = list_decode_ops(v3, Unit::moe_layer, work_of(requests));
    const double parameters =
        count_matmul_parameters(v3, Unit::moe_layer);  // kv_b absorbed: the same weights
    CHECK(gemm_work(ops).base() == Approx(2.0 * static_cast<double>(requests) * parameters));
    CHECK(ops.has_exchange);
  }
  const auto dense = list_decode_ops(v3, Unit::dense_layer, work_of(16));
  CHECK(gemm_work(dense).base() == Approx(2.0 * 16 * count_matmul_parameters(v3, Unit::dense_layer)));
  CHECK(!dense.has_exchange);
}

TEST_CASE("slicing a GEMM of few rows keeps its FLOPs and never reaches a GPU's worth of tiles") {
  for (const std::int64_t requests : {1, 64, 128, 200, 1000}) {
    const auto ops = list_decode_ops(v3, Unit::moe_layer, work_of(requests));
    for (const auto* list : {&ops.attention, &ops.mlp})
      for (const Op& op : *list) {
        const auto& k = op.kernel;
        if (k.k == 0 || k.family == Family::attention_decode) continue;
        CAPTURE(op.name);
        CHECK(k.work.base() == Approx(2.0 * static_cast<double>(k.m) * static_cast<double>(k.n * k.k)));
      }
  }
  const auto few = list_decode_ops(v3, Unit::moe_layer, work_of(128));
  CHECK(named(few.attention, "qkv_a_proj").kernel.n == 2112);  // as in DeepGEMM's tables
  CHECK(named(few.attention, "qkv_a_proj").kernel.groups == 4);
  CHECK(named(few.attention, "q_b_proj").kernel.groups == 1);  // 192 tiles already
}

TEST_CASE("an MTP head projects one position a request, the main head every token") {
  const auto work = work_of(32, 2);
  CHECK(named(list_decode_ops(v3, Unit::head, work).mlp, "final_rmsnorm").kernel.m == 64);
  CHECK(named(list_decode_ops(v3, Unit::mtp_head, work).mlp, "final_rmsnorm").kernel.m == 32);
}

TEST_CASE("forward lists are training's without what waits for a backward") {
  const auto work = testing::v3_work();
  const auto all = list_ops(v3, Unit::moe_layer, work);
  const auto forward = list_forward_ops(v3, Unit::moe_layer, work);
  CHECK(all.attention_f.size() - forward.attention.size() == 1);  // the packed copy of the attention's output
  CHECK(all.mlp_f.size() - forward.mlp.size() == 4);  // two activation caches, two weight transposes
  Flops kept{}, listed{};
  for (const auto* list : {&forward.attention, &forward.mlp})
    for (const Op& op : *list) {
      CHECK(op.kept.base() == 0);
      if (op.kernel.k > 0) kept += op.kernel.work;
    }
  for (const auto* list : {&all.attention_f, &all.mlp_f})
    for (const Op& op : *list)
      if (op.kernel.k > 0) listed += op.kernel.work;
  CHECK(kept.base() == listed.base());
}

TEST_CASE("inference weights: FP8 layers, BF16 embedding and head, experts shared out whole") {
  const auto one = inference_weights(v3, 1, Precision::fp8);
  const double wide = count_parameters(v3, Unit::embedding) + count_parameters(v3, Unit::head);
  CHECK(one.total().base() == Approx(count_parameters(v3).total + wide).epsilon(1e-6));
  CHECK(inference_weights(v3, 128, Precision::fp8).experts.base() == Approx(one.experts.base() / 128));
  CHECK(inference_weights(v3, 144, Precision::fp8).experts ==
        inference_weights(v3, 128, Precision::fp8).experts);
  CHECK(inference_weights(v3, 64, Precision::fp8, true).total() >
        inference_weights(v3, 64, Precision::fp8).total());
  CHECK(local_experts(v3, 144) == 2);
  CHECK(local_experts(v3, 256) == 1);
}
