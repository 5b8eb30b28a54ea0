#include "model/precision.hpp"

#include "base/check.hpp"
#include "model/kernels.hpp"

namespace foretrain::model {

DType dtype_of(Precision precision) {
  if (precision == Precision::bf16) return DType::bf16;
  return precision == Precision::nvfp4 ? DType::fp4 : DType::fp8;
}

Family gemm_family(Precision precision, bool grouped) {
  switch (precision) {
    case Precision::fp8:
      return grouped ? Family::grouped_gemm_fp8 : Family::gemm_fp8;
    case Precision::bf16:
      return grouped ? Family::grouped_gemm_bf16 : Family::gemm_bf16;
    case Precision::fp8_tensor:
      return grouped ? Family::grouped_gemm_fp8_tensor : Family::gemm_fp8_tensor;
    case Precision::mxfp8:
      return grouped ? Family::grouped_gemm_mxfp8 : Family::gemm_mxfp8;
    case Precision::nvfp4:
      return grouped ? Family::grouped_gemm_nvfp4 : Family::gemm_nvfp4;
  }
  check(false, "unknown precision");
  return {};
}

// Only block scales have weight-gradient kernels of their own (both operands in 1x128 tiles).
Family weight_gradient_family(Precision precision, bool grouped) {
  if (precision != Precision::fp8) return gemm_family(precision, grouped);
  return grouped ? Family::grouped_wgrad_fp8 : Family::wgrad_fp8;
}

double operand_size(Precision precision, double elements) {
  switch (precision) {
    case Precision::fp8:
      return fp8_size(elements);
    case Precision::bf16:
      return bf16_size(elements);
    case Precision::fp8_tensor:
      return elements;
    case Precision::mxfp8:
      return elements * (1.0 + 1.0 / 32);
    case Precision::nvfp4:
      return elements * (0.5 + 1.0 / 16);
  }
  check(false, "unknown precision");
  return 0;
}

double weight_operand_size(Precision precision, double elements) {
  return precision == Precision::fp8 ? fp8_weight_size(elements) : operand_size(precision, elements);
}

}  // namespace foretrain::model
