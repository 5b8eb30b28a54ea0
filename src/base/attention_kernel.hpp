#pragma once
// Generations of flash attention. Software names one, and a GPU part may hold a curve for it beside that of
// its fastest library. Left out: versions within a generation.

#include <array>
#include <cstdint>
#include <string_view>

namespace foretrain {

enum class AttentionKernel : std::uint8_t {
  fastest,  // the curves of the part itself
  flash1,   // FlashAttention of 2022 and its Triton port, which are a few percent apart
  flash2,   // FlashAttention-2 of 2023, whose tensor core instructions are those of the A100
};
inline constexpr auto attention_kernel_names =
    std::to_array<std::string_view>({"fastest", "flash1", "flash2"});
constexpr std::string_view name_of(AttentionKernel k) {
  return attention_kernel_names[static_cast<std::size_t>(k)];
}

}  // namespace foretrain
