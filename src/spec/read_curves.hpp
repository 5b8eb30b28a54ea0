#pragma once
// Efficiency curves of a GPU part: one map from kernel families to curves. Tables that curves name are read
// into the GPU beside them.

#include <array>
#include <optional>

#include "hardware/gpu.hpp"
#include "spec/reader.hpp"

namespace foretrain::spec {

using Curves = std::array<std::optional<hardware::Curve>, family_count>;

// Precondition: the GPU's SMs have been read.
Curves read_curves(Reader& reader, hardware::GpuSpec& gpu);

// `attention_kernels`: the curves of older generations of flash attention.
void read_attention_kernels(Reader& reader, hardware::GpuSpec& gpu);

}  // namespace foretrain::spec
