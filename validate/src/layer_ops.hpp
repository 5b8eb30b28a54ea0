#pragma once
// One layer of DeepSeek-V3 with its mixture of experts on one GPU, as a list of kernels: 4,096 tokens, all
// 128 heads, the shared expert, and 4 of 256 routed experts with 8,192 rows each, what reaches a GPU when 64
// share the experts evenly. Names and order are those of `foretrain explain --ops`. A row of the layer is the
// row of the kernel's own suite under the op's name; it belongs to no curve, or that kernel would count
// twice.
//
// Left out, because there is no kernel of its own: scale transposes (casts write scales as products read
// them), the 12-bit format of attention's output, counting and mapping of experts, the gate's gradient, small
// elementwise kernels. Rows of experts in FP8 are moved as BF16 rows of as many bytes. Dispatch and combine
// between GPUs are the suite comm's.

#include <optional>
#include <string>
#include <vector>

#include "row.hpp"

namespace foretrain::bench {

enum class Pass : std::uint8_t { forward, input_gradient, weight_gradient };

struct LayerOp {
  Pass pass = Pass::forward;
  std::string name;
  Row kernel;  // of the suite that measures it alone, or attention's products and rounding
};
std::vector<LayerOp> moe_layer();

// Rows of all ops, then of the three passes and of the layer: moe_layer_forward and so on.
std::vector<Row> list_layer();
// The pass of such a row of many ops; nothing for the whole layer. Only for rows for which is_whole says so.
bool is_whole(const Row& row);
std::optional<Pass> pass_of(const Row& whole);

// The row of the kernel behind an op's row; nothing where there is no such op.
std::optional<Row> kernel_of(const Row& row);

}  // namespace foretrain::bench
