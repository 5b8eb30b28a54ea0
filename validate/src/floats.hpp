#pragma once
// The number formats of tensors, on the host: what a stored element is worth, and the nearest element to a
// number. Used by the references that kernels are checked against; E4M3 as in arXiv:2209.05433 (no
// infinities, largest 448), BF16 the upper half of an FP32. Rounding is to nearest, ties to even.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace foretrain::bench {

enum class Format : std::uint8_t { bf16, fp8, fp32 };
constexpr std::size_t size_of(Format f) {
  return f == Format::fp8 ? 1 : f == Format::bf16 ? 2 : 4;
}

float from_bf16(std::uint16_t bits);
std::uint16_t to_bf16(float value);
float from_e4m3(std::uint8_t bits);
std::uint8_t to_e4m3(float value);  // beyond 448: 448

inline constexpr float e4m3_max = 448;

// `count` elements of the format as numbers.
std::vector<float> decode(const void* elements, std::size_t count, Format format);

// ||result - reference|| / ||reference||; not_a_number (row.hpp) when either holds a NaN or an infinity.
double relative_error(const std::vector<double>& result, const std::vector<double>& reference);

}  // namespace foretrain::bench
