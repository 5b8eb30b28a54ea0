// Which matrix products of a layer selective recompute repeats, and what is no longer kept for it.

#include "model/lists.hpp"
#include "model/specs.hpp"

using namespace foretrain;
using namespace foretrain::model;
using namespace foretrain::testing;

namespace {

double kept(const Work& work) {
  return kept_per_micro_batch(list_ops(llama3_8b(), Unit::dense_layer, work)).base();
}
double work_of(const Work& work) {
  return total_work(list_ops(llama3_8b(), Unit::dense_layer, work));
}
double width(const UnitOps& ops, const std::string& name) {
  for (const auto& list : all_lists(ops))
    for (const auto& op : list)
      if (op.name == name) return static_cast<double>(op.kernel.n);
  return 0;
}

}  // namespace

TEST_CASE("every second product of a Llama layer: keys, output, up") {
  auto work = standard_work();
  const double t = static_cast<double>(work.tokens);
  const double before = work_of(work), all = kept(work);
  work.recompute.products = Products::second;
  CHECK(work_of(work) - before == Approx(2 * t * 4096 * (1024 + 4096 + 14336)));
  CHECK(all - kept(work) == Approx(2 * t * (1024 + 14336)));
  work.tensor_parallel = 2;  // the sum over both GPUs is kept, and with it the output
  work.sequence_parallel = true;
  const auto cut = list_ops(llama3_8b(), Unit::dense_layer, work);
  CHECK(width(cut, "proj_again") == 0);
  CHECK(width(cut, "qkv_again") == 512);
  CHECK(width(cut, "mlp_up_again") == 14336 / 2);
}

TEST_CASE("all products but attention: one forward of the linear layers less down, and casts with it") {
  auto work = standard_work();
  const double t = static_cast<double>(work.tokens);
  const double before = work_of(work), all = kept(work);
  work.recompute.products = Products::all;
  CHECK(work_of(work) - before == Approx(2 * t * 4096 * (4096 + 2 * 1024 + 4096 + 2 * 14336)));
  CHECK(all - kept(work) == Approx(2 * t * (4096 + 2 * 1024 + 2 * 14336)));
  work.precision = Precision::fp8_tensor;
  const auto ops = list_ops(llama3_8b(), Unit::dense_layer, work);
  CHECK(has(ops.mlp_i, "mlp_up_in_again_cast"));
  CHECK(find(ops.mlp_i, "mlp_up_again").kernel.family == Family::gemm_fp8_tensor);
}

TEST_CASE(
    "an MLP without a gate keeps its first product: the output before it is the fourth, it is the fifth") {
  auto work = standard_work();
  work.recompute.products = Products::second;
  const auto ops = list_ops(gpt3(), Unit::dense_layer, work);
  CHECK(width(ops, "mlp_up_again") == 0);
  CHECK(width(ops, "proj_again") == 12288);
}
