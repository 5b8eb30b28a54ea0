// Precision recipes of the standard stack: which GEMMs, which casts, which families.

#include <algorithm>
#include <set>

#include "model/lists.hpp"
#include "model/precision.hpp"
#include "model/specs.hpp"

using namespace foretrain;
using namespace foretrain::model;
using namespace foretrain::testing;

namespace {

const std::vector<Precision> quantised{Precision::fp8, Precision::fp8_tensor, Precision::mxfp8,
                                       Precision::nvfp4};

bool uses(const std::vector<Family>& families, Family family) {
  return std::find(families.begin(), families.end(), family) != families.end();
}

}  // namespace

TEST_CASE("a recipe changes no work, and leaves router, core and head in BF16") {
  for (const auto& spec : {llama3_8b(), mixtral_8x7b()}) {
    auto work = standard_work();
    work.local_experts = 1;
    work.routed_rows = 8192;
    const Unit layer = spec.moe.experts > 0 ? Unit::moe_layer : Unit::dense_layer;
    const auto bf16 = list_ops(spec, layer, work), head = list_ops(spec, Unit::head, work);
    for (const auto precision : quantised) {
      work.precision = precision;
      const auto ops = list_ops(spec, layer, work);
      CHECK(total_work(ops) == Approx(total_work(bf16)).epsilon(1e-12));
      CHECK(find(ops.attention_f, "qkv").kernel.family == gemm_family(precision, false));
      CHECK(find(ops.attention_w, "qkv_wgrad").kernel.family == weight_gradient_family(precision, false));
      CHECK(find(ops.attention_f, "qkv").kernel.dtype == dtype_of(precision));
      CHECK(find(ops.attention_f, "flash_attention").kernel.dtype == DType::bf16);
      CHECK(find(list_ops(spec, Unit::head, work).mlp_f, "head").kernel.family == Family::gemm_bf16);
      if (spec.moe.experts == 0) continue;
      CHECK(find(ops.attention_f, "router").kernel.family == Family::gemm_bf16);
      CHECK(find(ops.mlp_f, "experts_up").kernel.family == gemm_family(precision, true));
    }
  }
}

TEST_CASE("a fused cast writes both layouts from one read; NVFP4 reads twice") {
  auto work = standard_work();
  const double n = 4096.0 * 4096;
  work.precision = Precision::fp8_tensor;
  const auto fused = find(list_ops(llama3_8b(), Unit::dense_layer, work).attention_f, "qkv_in_cast").kernel;
  CHECK(fused.family == Family::fp8_cast_transpose);
  CHECK(fused.read.base() == 2 * n);
  CHECK(fused.written.base() == 2 * n);
  work.kernels.current_scaling = true;  // the largest value first
  const auto current = find(list_ops(llama3_8b(), Unit::dense_layer, work).attention_f, "qkv_in_cast").kernel;
  CHECK(current.read.base() == 4 * n);
  CHECK(current.launches == 2);
  work.kernels.current_scaling = false;
  work.kernels.fused_cast_transpose = false;
  const auto two = list_ops(llama3_8b(), Unit::dense_layer, work);
  CHECK(moved(find(two.attention_f, "qkv_in_cast")) == 3 * n);
  CHECK(moved(find(two.attention_f, "qkv_in_colcast")) == 2 * n);
  work.kernels.fused_cast_transpose = true;
  work.precision = Precision::nvfp4;
  const auto narrow = find(list_ops(llama3_8b(), Unit::dense_layer, work).attention_f, "qkv_in_cast").kernel;
  CHECK(narrow.read.base() == 4 * n);
  CHECK(narrow.written.base() == 2 * n * (0.5 + 1.0 / 16));
}

TEST_CASE("each matrix casts its input once and its output's gradient once") {
  auto work = standard_work();
  for (const auto precision : quantised) {
    work.precision = precision;
    const auto ops = list_ops(llama3_8b(), Unit::dense_layer, work);
    int casts = 0;
    for (const auto& list : all_lists(ops))
      for (const auto& op : list) casts += op.kernel.family == Family::fp8_cast_transpose ? 1 : 0;
    CHECK(casts == 2 * 4);
  }
  work.precision = Precision::bf16;
  for (const auto& list : all_lists(list_ops(llama3_8b(), Unit::dense_layer, work)))
    for (const auto& op : list)
      CHECK(std::string(name_of(op.kernel.family)).find("fp8") == std::string::npos);
}

TEST_CASE("what one scale a tensor gathers is turned afterwards") {
  auto work = standard_work();
  work.precision = Precision::fp8_tensor;
  work.tensor_parallel = 4;
  work.sequence_parallel = true;
  const auto ops = list_ops(llama3_8b(), Unit::dense_layer, work);
  CHECK(find(ops.attention_f, "qkv_in_cast").kernel.family == Family::fp8_cast);
  CHECK(find(ops.attention_f, "qkv_in_cast").kernel.m == 1024);
  CHECK(moved(find(ops.attention_i, "qkv_in_turn")) == 2.0 * 4096 * 4096);
  CHECK(moved(find(ops.attention_i, "proj_dy_turn")) == 2.0 * 4096 * 4096);
  work.precision = Precision::mxfp8;
  CHECK_FALSE(has(list_ops(llama3_8b(), Unit::dense_layer, work).attention_i, "qkv_in_turn"));
}

TEST_CASE("a forward that will be recomputed casts for itself alone, the second one for both") {
  auto work = standard_work();
  work.precision = Precision::mxfp8;
  work.recompute.layers = true;
  work.kernels.fused_cast_transpose = GENERATE(true, false);
  const auto ops = list_ops(llama3_8b(), Unit::dense_layer, work);
  const double n = 4096.0 * 4096;
  CHECK(moved(find(ops.attention_f, "qkv_in_cast")) == 2 * n + n * 33 / 32);
  CHECK_FALSE(has(ops.attention_f, "qkv_in_colcast"));
  double again = 0;
  for (const auto& op : ops.mlp_i)
    if (op.name.rfind("qkv_in_", 0) == 0) again += moved(op);
  CHECK(again == (work.kernels.fused_cast_transpose ? 2 * n : 4 * n) + 2 * n * 33 / 32);
}

TEST_CASE("operands of a recipe with their scales") {
  CHECK(operand_size(Precision::bf16, 1024) == 2048);
  CHECK(operand_size(Precision::fp8, 1024) == 1024 + 32);
  CHECK(operand_size(Precision::fp8_tensor, 1024) == 1024);
  CHECK(operand_size(Precision::mxfp8, 1024) == 1024 + 32);
  CHECK(operand_size(Precision::nvfp4, 1024) == 512 + 64);
}

TEST_CASE("families that a model and its work need") {
  auto work = standard_work();
  const auto dense = families_of(llama3_8b(), work);
  CHECK(std::is_sorted(dense.begin(), dense.end()));
  CHECK(uses(dense, Family::attention_backward));
  CHECK(uses(dense, Family::rmsnorm));
  CHECK_FALSE(uses(dense, Family::layernorm));
  CHECK_FALSE(uses(dense, Family::grouped_gemm_bf16));
  CHECK_FALSE(uses(dense, Family::batched_gemm));
  const auto gpt = families_of(gpt3(), megatron_2022());
  for (const Family f :
       {Family::batched_gemm, Family::softmax, Family::dropout, Family::layernorm, Family::gelu})
    CHECK(uses(gpt, f));
  CHECK_FALSE(uses(gpt, Family::attention_forward));
  CHECK_FALSE(uses(gpt, Family::rope));
  work.precision = Precision::mxfp8;
  const auto mixture = families_of(mixtral_8x7b(), work);
  CHECK(uses(mixture, Family::grouped_gemm_mxfp8));
  CHECK(uses(mixture, Family::gating));
  Work v3;
  CHECK(uses(families_of(deepseek_v3(), v3), Family::wgrad_fp8));
  CHECK_FALSE(uses(families_of(deepseek_v3(), v3), Family::gemm_fp8_tensor));
}
