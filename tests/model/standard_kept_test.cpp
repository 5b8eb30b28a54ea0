// Activations that a layer keeps, against the closed forms of Korthikanti et al. (arXiv:2205.05198, tables 1
// and 2), exact: BF16, dropout masks of a byte, GELU, two layer norms.

#include "model/lists.hpp"
#include "model/specs.hpp"

using namespace foretrain;
using namespace foretrain::model;
using namespace foretrain::testing;

namespace {

constexpr double s = 2048;

double kept(const TransformerSpec& spec, const Work& work) {
  return kept_per_micro_batch(list_ops(spec, Unit::dense_layer, work)).base();
}

}  // namespace

TEST_CASE("kept activations of a GPT layer follow the published closed forms") {
  const auto spec = gpt3();
  const double h = 12288, a = 96, score = 5 * a * s / h;
  const double t = GENERATE(1, 2, 4, 8);
  const double b = GENERATE(1, 4);
  auto work = megatron_2022();
  work.tokens = static_cast<std::int64_t>(b * s);
  work.tensor_parallel = static_cast<std::int64_t>(t);
  CHECK(kept(spec, work) == Approx(s * b * h * (10 + 24 / t + score / t)).epsilon(1e-12));
  work.recompute.attention_core = true;
  CHECK(kept(spec, work) == Approx(s * b * h * (10 + 24 / t)).epsilon(1e-12));
  work.recompute.layers = true;
  CHECK(kept(spec, work) == Approx(2 * s * b * h).epsilon(1e-12));
  work.recompute = {};
  work.sequence_parallel = true;
  CHECK(kept(spec, work) == Approx(s * b * h * (34 + score) / t).epsilon(1e-12));
  work.recompute.attention_core = true;
  CHECK(kept(spec, work) == Approx(s * b * h * 34 / t).epsilon(1e-12));
}

TEST_CASE("kept activations of embedding and head, with sequence parallelism") {
  // arXiv:2205.05198, section 4.3: dropout mask s b h / t; final norm and projection 2 s b h / t each and
  // FP32 logits 4 s b v / t. Token ids and two sums a row come on top.
  const double h = 12288, v = 51200, t = 8;
  auto work = megatron_2022();
  work.tensor_parallel = 8;
  work.sequence_parallel = true;
  const auto spec = gpt3();
  CHECK(kept_per_micro_batch(list_ops(spec, Unit::embedding, work)).base() == s * h / t + 8 * s);
  CHECK(kept_per_micro_batch(list_ops(spec, Unit::head, work)).base() == 4 * s * h * (1 + v / h) / t + 8 * s);
}

TEST_CASE("flash attention keeps a sum a row instead of the square") {
  const auto spec = gpt3();
  auto work = megatron_2022();
  work.kernels.flash_attention = true;
  CHECK(kept(spec, work) == Approx(s * 12288 * 34 + 4 * s * 96).epsilon(1e-12));
}

TEST_CASE("a SwiGLU layer keeps its norms, queries, grouped keys and three widths of its MLP") {
  const auto spec = llama3_8b();
  auto work = standard_work(8192);
  const double t = 8192, h = 4096, kv = 2 * 8 * 128, ffn = 14336;
  const double rows = 4 * 32;  // FP32 sum of each row and head
  CHECK(kept(spec, work) == Approx(t * (4 * 2 * h + 2 * h + 2 * kv + 2 * h + rows + 2 * 3 * ffn)));
  work.recompute.swiglu = true;
  CHECK(kept(spec, work) == Approx(t * (4 * 2 * h + 2 * h + 2 * kv + 2 * h + rows + 2 * 2 * ffn)));
  work.recompute.norms = true;
  CHECK(kept(spec, work) == Approx(t * (2 * 2 * h + 2 * h + 2 * kv + 2 * h + rows + 2 * 2 * ffn)));
  work.recompute.layers = true;
  CHECK(kept(spec, work) == t * 2 * h);
}

TEST_CASE("FP8 keeps the inputs of its matrices at a byte an element") {
  const auto spec = llama3_8b();
  auto work = standard_work(8192);
  const double bf16 = kept(spec, work), t = 8192, h = 4096, ffn = 14336;
  work.precision = Precision::fp8_tensor;
  // three inputs of h: two halve, the attention output is kept in both; the MLP's second input halves
  CHECK(kept(spec, work) == Approx(bf16 - t * (2 * h - h + ffn)));
  work.precision = Precision::mxfp8;
  CHECK(kept(spec, work) == Approx(bf16 - t * (2 * h - h + ffn) + t * (3 * h + ffn) / 32));
}
