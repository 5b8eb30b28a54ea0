#pragma once
// Parts and the published GEMM rows they are judged by.

#include <algorithm>

#include "curve_data.hpp"
#include "spec/load.hpp"

namespace foretrain::published {

using hardware::Curve;
using hardware::GpuSpec;

inline GpuSpec part(const std::string& name) {
  return spec::load_gpu(FORETRAIN_ROOT "/topologies/parts/" + name + ".yaml");
}
inline const Curve& curve(const GpuSpec& gpu, Family family) {
  return *gpu.curves[static_cast<std::size_t>(family)];
}

inline Family family_of(const std::string& dtype) {
  return dtype == "bf16"          ? Family::gemm_bf16
         : dtype == "fp8_block"   ? Family::gemm_fp8
         : dtype.ends_with("fp4") ? Family::gemm_nvfp4
                                  : Family::gemm_fp8_tensor;
}
inline DType type_of(const std::string& dtype) {
  return dtype == "bf16" ? DType::bf16 : dtype.ends_with("fp4") ? DType::fp4 : DType::fp8;
}

inline Kernel gemm_of(const Row& row) {
  return gemm(family_of(row.at("dtype")), type_of(row.at("dtype")), whole(row, "m"), whole(row, "n"),
              whole(row, "k"), 1);
}

// At the clock of the tables.
inline double table_time(const GpuSpec& gpu, const Kernel& kernel) {
  return price(kernel, at_full_clock(gpu), {}).compute.base();
}

inline double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

}  // namespace foretrain::published
