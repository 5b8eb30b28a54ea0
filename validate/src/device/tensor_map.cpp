#include "device/tensor_map.hpp"

#include "device/failure.hpp"

namespace foretrain::bench {

namespace {

using Encode = decltype(&cuTensorMapEncodeTiled);

Encode find_encode() {
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  constexpr unsigned since = 12000;  // CUDA 12.0
  check(
      cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, since, cudaEnableDefault, &found),
      "cudaGetDriverEntryPointByVersion");
  if (found != cudaDriverEntryPointSuccess || function == nullptr)
    throw Failure("this driver has no cuTensorMapEncodeTiled");
  return reinterpret_cast<Encode>(function);
}

}  // namespace

CUtensorMap make_tensor_map(const MatrixBox& box) {
  const std::uint64_t element = box.fp8 ? 1 : 4;
  const cuuint64_t sizes[] = {static_cast<cuuint64_t>(box.columns), static_cast<cuuint64_t>(box.rows)};
  const cuuint64_t pitches[] = {sizes[0] * element};
  const cuuint32_t box_sizes[] = {box.box_columns, box.box_rows};
  const cuuint32_t steps[] = {1, 1};
  CUtensorMap map{};
  const CUresult status = find_encode()(
      &map, box.fp8 ? CU_TENSOR_MAP_DATA_TYPE_UINT8 : CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 2,
      const_cast<void*>(box.data), sizes, pitches, box_sizes, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
      box.swizzled ? CU_TENSOR_MAP_SWIZZLE_128B : CU_TENSOR_MAP_SWIZZLE_NONE,
      CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS)
    throw Failure("cuTensorMapEncodeTiled refuses a matrix: CUDA driver error " + std::to_string(status));
  return map;
}

}  // namespace foretrain::bench
