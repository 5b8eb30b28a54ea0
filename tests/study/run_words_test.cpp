// Words of publications as values of a plan.

#include "study/run_words.hpp"

#include "catch.hpp"

using namespace foretrain::study;
using Precision = foretrain::model::Precision;

TEST_CASE("precisions by the names in use") {
  for (const char* word : {"BF16", "amp_bf16", "FP16", "BF16 eager"})
    CHECK(precision_word(word, false) == Precision::bf16);
  for (const char* word : {"FP8", "FP8 hybrid", "FP8-CS", "float8 rowwise", "amp_fp8"})
    CHECK(precision_word(word, true) == Precision::fp8_tensor);
  CHECK(precision_word("FP8(1x128/128x128 E4M3)+BF16", false) == Precision::fp8);
  for (const char* word : {"MXFP8", "FP8-MX"}) CHECK(precision_word(word, true) == Precision::mxfp8);
  CHECK(precision_word("NVFP4", true) == Precision::nvfp4);
  CHECK(precision_word("FP8 finer granularity", true) == Precision::mxfp8);
  CHECK(precision_word("FP8 finer granularity", false) == Precision::fp8);
  CHECK_FALSE(precision_word("INT4", true));
}

TEST_CASE("what is recomputed") {
  CHECK(recompute_word("full (uniform)")->layers);
  CHECK(recompute_word("selective (attention core)")->attention_core);
  CHECK_FALSE(recompute_word("none stated")->layers);
  const auto per_op = recompute_word("selective per op");
  CHECK((per_op->norms && per_op->swiglu && !per_op->attention_core));
  const auto v3 = recompute_word("RMSNorm + MLA up-projection + SwiGLU output");
  CHECK((v3->norms && v3->mla_up && v3->swiglu && !v3->layers));
  CHECK_FALSE(recompute_word("whatever"));
  const auto some = recompute_word("full (block, 12)");
  CHECK((some->full_layers == 12 && !some->layers));
  CHECK_FALSE(recompute_word("full (block)"));
  CHECK_FALSE(recompute_word("full (block, 0)"));
  CHECK_FALSE(recompute_word("full (uniform, 2)"));  // units of two layers
  const auto modules = recompute_word("layernorm, moe_act");
  CHECK((modules->norms && modules->experts_act && !modules->swiglu && !modules->attention_core));
  CHECK(recompute_word("core_attn")->attention_core);
  CHECK(recompute_word("mla_up_proj")->mla_up);
}

TEST_CASE("exchanges of tokens, and what CUDA graphs capture") {
  CHECK(exchange_word("deepep") == foretrain::plan::TokenExchange::deepep);
  CHECK(exchange_word("alltoall") == foretrain::plan::TokenExchange::all_to_all);
  CHECK(exchange_word("hybridep") == foretrain::plan::TokenExchange::hybridep);
  CHECK_FALSE(exchange_word("pigeons"));
  CHECK(graphs_word("all")->all);
  CHECK_FALSE(graphs_word("none")->attention);
  const auto router = graphs_word("router"), both = graphs_word("attention and router");
  CHECK((router->router && !router->attention && both->router && both->attention && !both->all));
  CHECK_FALSE(graphs_word("some"));
}

TEST_CASE("stages of ZeRO") {
  CHECK(zero_word("ZeRO-1 (distributed optimizer)") == 1);
  CHECK(zero_word("ZeRO-3") == 3);
  CHECK(zero_word("FSDP") == 3);
  CHECK(zero_word("0") == 0);
  CHECK(zero_word("none") == 0);
  CHECK_FALSE(zero_word("some"));
}
