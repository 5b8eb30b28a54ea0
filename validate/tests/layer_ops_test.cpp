#include "layer_ops.hpp"

#include <algorithm>
#include <set>

#include "catch.hpp"
#include "points.hpp"

using namespace foretrain::bench;

namespace {

double flops_of(Pass pass, const std::string& suite) {
  double sum = 0;
  for (const LayerOp& op : moe_layer())
    if (op.pass == pass && op.kernel.suite == suite) sum += op.kernel.flops;
  return sum;
}

}  // namespace

TEST_CASE("ops have names of their own, and kernels that suites know") {
  std::set<std::string> names;
  for (const LayerOp& op : moe_layer()) {
    INFO(op.name);
    CHECK(names.insert(op.name).second);
    CHECK(op.kernel.read_bytes > 0);
    const std::set<std::string> suites{"gemm", "grouped", "attention", "memory"};
    CHECK(suites.count(op.kernel.suite) == 1);
    if (op.kernel.kernel == "quantise_row" || op.kernel.kernel == "dequantise_row")
      CHECK(op.kernel.n % 128 == 0);
    if (op.kernel.kernel == "quantise_column") CHECK((op.kernel.n % 64 == 0 && op.kernel.m % 128 == 0));
    if (op.kernel.kernel == "transpose_fp8") CHECK((op.kernel.n % 64 == 0 && op.kernel.m % 64 == 0));
    if (op.kernel.suite == "gemm")
      CHECK((op.kernel.m % 4 == 0 && op.kernel.n % 4 == 0 && op.kernel.k % 16 == 0));
    if (op.kernel.suite == "grouped") CHECK((op.kernel.n % 128 == 0 && op.kernel.k % 128 == 0));
  }
}

// Of one MoE layer's projections and experts for 4,096 tokens: attention's (1536 + 576) 7168 + 24576 1536 +
// 32768 512 + 16384 7168 weights, the shared expert's 3 x 7168 x 2048 on all tokens, the routed ones' on
// 8,192 rows each. Each pass multiplies by each weight once.
TEST_CASE("every weight is multiplied once in each pass") {
  const double attention = 7168.0 * (1536 + 576) + 1536.0 * 24576 + 512.0 * 32768 + 16384.0 * 7168;
  const double expert = 3 * 7168.0 * 2048, gate = 256 * 7168.0, tokens = 4096, rows = 32768;
  CHECK(flops_of(Pass::forward, "gemm") == Approx(2 * tokens * (attention + expert + gate)));
  CHECK(flops_of(Pass::forward, "grouped") == Approx(2 * rows * expert));
  CHECK(flops_of(Pass::forward, "attention") == Approx(687.19e9).epsilon(1e-4));
  const double again = 1536.0 * 24576 + 512.0 * 32768;  // heads are made once more before the gradient
  CHECK(flops_of(Pass::input_gradient, "gemm") ==
        Approx(2 * tokens * (attention + expert + again + 2 * gate)));
  CHECK(flops_of(Pass::input_gradient, "grouped") == Approx(2 * rows * expert));
  CHECK(flops_of(Pass::weight_gradient, "gemm") == Approx(2 * tokens * (attention + expert)));
  CHECK(flops_of(Pass::weight_gradient, "grouped") == Approx(2 * rows * expert));
}

TEST_CASE("rows of the layer: one an op, three passes, and all of it") {
  const auto rows = list_layer();
  REQUIRE(rows.size() == moe_layer().size() + 4);
  const Row &all = rows.back(), &forward = rows[rows.size() - 4];
  CHECK((all.kernel == "moe_layer" && forward.kernel == "moe_layer_forward"));
  CHECK((is_whole(all) && !pass_of(all) && pass_of(forward) == Pass::forward && !is_whole(rows.front())));
  CHECK(all.launches == static_cast<int>(moe_layer().size()));
  double flops = 0;
  for (std::size_t i = rows.size() - 4; i + 1 < rows.size(); ++i) flops += rows[i].flops;
  CHECK(all.flops == Approx(flops));
  for (const Row& row : rows) {
    CHECK((row.suite == "layer" && row.family.empty()));
    CHECK(tolerance_of(row));
  }
}

TEST_CASE("an op passes as its own kernel does") {
  for (Row row : list_layer()) {
    const auto kernel = kernel_of(row);
    CHECK(kernel.has_value() != is_whole(row));
    if (kernel) CHECK(tolerance_of(row) == tolerance_of(*kernel));
    row.error = 0.5;
    CHECK_FALSE(passes(row));
  }
}
