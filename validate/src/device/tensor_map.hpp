#pragma once
// Descriptions of matrices for Hopper's copy engine: where a matrix lies, and which box of it one instruction
// brings. The driver encodes them; its function is found while running, so that nothing links against it.

#include <cuda.h>

#include <cstdint>

namespace foretrain::bench {

struct MatrixBox {
  const void* data = nullptr;          // 16-byte aligned
  bool fp8 = true;                     // else FP32
  std::int64_t columns = 0, rows = 0;  // columns next to one another; a row is a multiple of 16 bytes
  std::uint32_t box_columns = 0, box_rows = 0;
  bool swizzled = false;  // 16-byte units of a 128-byte row exchanged by the row's number modulo 8
};

// Throws Failure when the driver does not know the function or refuses the shape.
CUtensorMap make_tensor_map(const MatrixBox& box);

}  // namespace foretrain::bench
