#include "model/transformer.hpp"

#include <algorithm>

#include "catch.hpp"
#include "model/v3.hpp"

using namespace foretrain;
using namespace foretrain::model;
using foretrain::testing::deepseek_v3;

TEST_CASE("DeepSeek-V3 has 671 billion parameters, 37 billion of them for each token") {
  const auto counts = count_parameters(deepseek_v3());
  CHECK(counts.total == Approx(671.03e9).epsilon(0.001));
  CHECK(counts.per_token == Approx(36.62e9).epsilon(0.001));
  CHECK(counts.per_token_with_embedding == Approx(37.55e9).epsilon(0.001));
  CHECK(count_attention_parameters(deepseek_v3()) == 187105280.0);
}

TEST_CASE("the checkpoint of DeepSeek-V3 holds 671,026,419,200 parameters without the MTP module") {
  // sum of the tensors published with deepseek-ai/DeepSeek-V3 by shape; the gate's bias of 256 a layer
  // included
  const auto spec = deepseek_v3();
  const double by_shape = 2.0 * 129280 * 7168 + 7168 + 61 * (187105280.0 + 2 * 7168 + 1536 + 512) +
                          3 * 3.0 * 7168 * 18432 + 58 * (257 * 3.0 * 7168 * 2048 + 256 * 7168.0 + 256);
  CHECK(by_shape == 671026419200.0);
  CHECK(count_parameters(spec).total == by_shape);
}

TEST_CASE("the MTP module adds about 11.5 billion parameters of its own") {
  // 11.5 B is the rounded figure of README_WEIGHTS.md (deepseek-ai/DeepSeek-V3); the layer alone has 11.51 B,
  // the projection [2h -> h] another 0.10 B.
  CHECK(count_parameters(deepseek_v3()).mtp == Approx(11.5e9).epsilon(0.012));
}

TEST_CASE("model FLOPs a token with half and with the whole attention matrix") {
  CHECK(model_flops_per_token(deepseek_v3(), 4096, true).base() == Approx(250.4e9).epsilon(0.002));
  CHECK(model_flops_per_token(deepseek_v3(), 4096, false).base() == Approx(281.2e9).epsilon(0.002));
}

TEST_CASE("units come in forward order and their parameters add up") {
  const auto spec = deepseek_v3();
  const auto units = list_units(spec);
  REQUIRE(units.size() == 61 + 4);
  CHECK(units.front() == Unit::embedding);
  CHECK(std::count(units.begin(), units.end(), Unit::dense_layer) == 3);
  CHECK(std::count(units.begin(), units.end(), Unit::moe_layer) == 58);
  CHECK(units[3] == Unit::dense_layer);
  CHECK(units[4] == Unit::moe_layer);
  CHECK(units[62] == Unit::head);
  CHECK(units[64] == Unit::mtp_head);

  const auto counts = count_parameters(spec);
  double sum = 0, experts = 0;
  for (const Unit unit : units) {
    sum += count_parameters(spec, unit);
    experts += count_expert_parameters(spec, unit);
  }
  CHECK(sum == counts.total + counts.mtp);
  CHECK(experts == 59 * 256 * 3.0 * 7168 * 2048);
}

TEST_CASE("a model without experts is dense throughout") {
  auto spec = deepseek_v3();
  spec.moe = {};
  spec.mtp_depth = 0;
  const auto units = list_units(spec);
  CHECK(std::count(units.begin(), units.end(), Unit::dense_layer) == 61);
  const auto counts = count_parameters(spec);
  CHECK(counts.mtp == 0);
  CHECK(counts.per_token < counts.total);  // norms and embedding are no matmuls
  CHECK(counts.per_token_with_embedding == Approx(counts.total).epsilon(1e-4));
}

TEST_CASE("without a query latent queries come from the hidden state") {
  auto spec = deepseek_v3();
  spec.attention.q_lora_rank = 0;
  CHECK(count_attention_parameters(spec) == 187105280.0 - 1536.0 * (7168 + 24576) + 7168.0 * 24576);
}
