#pragma once
// What a precision recipe means for GEMMs: which kernel family multiplies, and how many bytes an operand
// takes with its scales. Left out: padding of scales, one FP32 scale of a whole tensor.
//
//   fp8         1 B, FP32 scale per 128 (activations) or per 128 x 128 (weights): arXiv:2412.19437,
//   section 3.3 fp8_tensor  1 B: one scale a tensor (arXiv:2209.05433, section 3) mxfp8       1 B, an E8M0
//   byte per 32 (OCP Microscaling Formats 1.0, section 5) nvfp4       half a byte, an E4M3 byte per 16
//   (arXiv:2509.25149, section 2)

#include "base/kernel.hpp"
#include "model/ops.hpp"

namespace foretrain::model {

DType dtype_of(Precision precision);
Family gemm_family(Precision precision, bool grouped);
Family weight_gradient_family(Precision precision, bool grouped);
double operand_size(Precision precision, double elements);  // of an activation or a gradient
double weight_operand_size(Precision precision, double elements);

}  // namespace foretrain::model
