// Parameter counts against the reports of published models.

#include "catch.hpp"
#include "model/specs.hpp"

using namespace foretrain;
using namespace foretrain::model;
using namespace foretrain::testing;

TEST_CASE("GPT-3 has the parameters that Megatron-LM's formula gives") {
  // arXiv:2104.04473, equation 2: 12 l h^2 (1 + 13 / (12 h) + (V + s) / (12 l h)), without the last norm
  const double h = 12288, l = 96;
  const double formula = 12 * l * h * h * (1 + 13 / (12 * h) + (51200 + 2048) / (12 * l * h));
  const auto counts = count_parameters(gpt3());
  CHECK(counts.total == Approx(formula + 2 * h).epsilon(1e-12));
  CHECK(counts.total == Approx(174.6e9).epsilon(0.0005));
}

TEST_CASE("parameters of published grouped-query models") {
  CHECK(count_parameters(llama3_8b()).total == 8030261248.0);  // of the checkpoint
  CHECK(count_parameters(llama3_70b()).total == Approx(70.55e9).epsilon(0.0005));
  CHECK(count_parameters(llama3_405b()).total == Approx(405.85e9).epsilon(0.0005));
  CHECK(count_parameters(mixtral_8x7b()).total == Approx(46.7e9).epsilon(0.0005));
  CHECK(count_parameters(qwen3_30b()).total == Approx(30.53e9).epsilon(0.0005));
}

TEST_CASE("parameters that a token of a mixture meets") {
  CHECK(count_parameters(mixtral_8x7b()).per_token_with_embedding == Approx(12.9e9).epsilon(0.005));
  CHECK(count_parameters(qwen3_30b()).per_token_with_embedding == Approx(3.35e9).epsilon(0.005));
}

TEST_CASE("biases, tied tables and ungated MLPs are counted where they are") {
  auto spec = llama3_8b();
  const double before = count_parameters(spec, Unit::dense_layer);
  spec.attention_biases = true;
  CHECK(count_parameters(spec, Unit::dense_layer) == before + (32 + 2 * 8) * 128);
  spec.biases = true;
  CHECK(count_parameters(spec, Unit::dense_layer) == before + (32 + 2 * 8) * 128 + 4096 + 2 * 14336 + 4096);
  spec = llama3_8b();
  spec.activation = Activation::squared_relu;
  CHECK(count_parameters(spec, Unit::dense_layer) == before - 4096.0 * 14336);
  const double total = count_parameters(spec).total, per_token = count_parameters(spec).per_token;
  spec.tied_embedding = true;
  CHECK(count_parameters(spec).total == total - 128256.0 * 4096);
  CHECK(count_parameters(spec).per_token == per_token);  // it multiplies all the same
  auto experts = mixtral_8x7b();
  experts.biases = true;
  CHECK(count_expert_parameters(experts, Unit::moe_layer) == 8 * (3.0 * 4096 * 14336 + 2 * 14336 + 4096));
}

TEST_CASE("one layer in so many has experts or a window, in the order that reports give") {
  auto spec = mixtral_8x7b();
  spec.layers = 7;
  spec.dense_layers = 1;
  spec.dense_ffn = 14336;
  spec.moe.every = 2;
  spec.attention.window = 128;
  spec.attention.window_every = 3;
  using U = Unit;
  CHECK(list_units(spec) == std::vector<U>{U::embedding, U::dense_window_layer, U::dense_layer, U::moe_layer,
                                           U::dense_window_layer, U::moe_layer, U::dense_layer,
                                           U::moe_window_layer, U::head});
  CHECK(count_parameters(spec, U::moe_window_layer) == count_parameters(spec, U::moe_layer));
  CHECK(count_matmul_parameters(spec, U::dense_window_layer) ==
        count_matmul_parameters(spec, U::dense_layer));
}

TEST_CASE("keys that a query sees through a window") {
  CHECK(causal_keys(4096) == 2048);
  CHECK(causal_keys(4096, 4096) == 2048);
  CHECK(causal_keys(4096, 8192) == 2048);
  double sum = 0;  // counted one by one: query i sees min(i, w) keys
  for (int i = 0; i < 4096; ++i) sum += std::min(i, 1024);
  CHECK(static_cast<double>(causal_keys(4096, 1024)) == Approx(sum / 4096).epsilon(1e-3));
}

TEST_CASE("model FLOPs count the window of windowed layers") {
  auto spec = llama3_8b();
  const double all = model_flops_per_token(spec, 8192, true).base();
  spec.attention.window = 128;
  spec.attention.window_every = 2;
  const double attention_saved = 3 * 16 * 2.0 * (4096 - (128 - 1.0)) * 32 * 256;
  CHECK(model_flops_per_token(spec, 8192, true).base() == Approx(all - attention_saved).epsilon(1e-9));
  spec.attention.window = 8192;
  CHECK(model_flops_per_token(spec, 8192, true).base() == all);
}

TEST_CASE("model FLOPs of a GPT layer as Megatron-LM counts them") {
  // arXiv:2205.05198, equation 7: 72 B L s h^2 (1 + s / (6 h) + v / (12 h L)), the whole square
  const double h = 12288, l = 96, s = 2048, v = 51200;
  CHECK(model_flops_per_token(gpt3(), 2048, false).base() ==
        Approx(72 * l * h * h * (1 + s / (6 * h) + v / (12 * h * l))).epsilon(1e-9));
}
