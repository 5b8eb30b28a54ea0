#include "floats.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "row.hpp"

namespace foretrain::bench {

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t to_bf16(float value) {
  if (std::isnan(value)) return 0x7fff;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t half = 0x7fffU + ((bits >> 16U) & 1U);  // ties go to the even neighbour
  return static_cast<std::uint16_t>((bits + half) >> 16U);
}

// One sign, four exponent bits (bias 7), three behind the leading one; 0x7f and 0xff are NaN.
float from_e4m3(std::uint8_t bits) {
  const int exponent = (bits >> 3) & 15, mantissa = bits & 7;
  const float sign = (bits & 0x80U) != 0 ? -1.0F : 1.0F;
  if (exponent == 15 && mantissa == 7) return std::nanf("");
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -9);
  return sign * std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
}

std::uint8_t to_e4m3(float value) {
  const std::uint8_t sign = std::signbit(value) ? 0x80 : 0;
  if (std::isnan(value)) return 0x7f;
  const float size = std::fabs(value);
  if (size == 0) return sign;
  if (size >= e4m3_max) return static_cast<std::uint8_t>(sign | 0x7e);
  int exponent = 0;
  std::frexp(size, &exponent);                             // size < 2^exponent
  const int step = exponent - 4 < -9 ? -9 : exponent - 4;  // of the last bit; subnormals stop at 2^-9
  const auto units = static_cast<int>(std::nearbyint(std::ldexp(size, -step)));
  // `units` is 8..16 for normal numbers, less for subnormal ones; 16 carries into the next exponent.
  const int code = step == -9 ? units : (step + 10) * 8 + (units - 8);
  return static_cast<std::uint8_t>(sign | (code > 0x7e ? 0x7e : code));
}

std::vector<float> decode(const void* elements, std::size_t count, Format format) {
  std::vector<float> values(count);
  const auto* bytes = static_cast<const std::uint8_t*>(elements);
  for (std::size_t i = 0; i < count; ++i) {
    if (format == Format::fp8) {
      values[i] = from_e4m3(bytes[i]);
    } else if (format == Format::bf16) {
      std::uint16_t bits = 0;
      std::memcpy(&bits, bytes + 2 * i, 2);
      values[i] = from_bf16(bits);
    } else {
      std::memcpy(&values[i], bytes + 4 * i, 4);
    }
  }
  return values;
}

double relative_error(const std::vector<double>& result, const std::vector<double>& reference) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < result.size(); ++i) {
    difference += (result[i] - reference[i]) * (result[i] - reference[i]);
    size += reference[i] * reference[i];
  }
  const double error = size > 0 ? std::sqrt(difference / size) : (difference > 0 ? not_a_number : 0);
  return std::isfinite(error) ? std::min(error, not_a_number) : not_a_number;
}

}  // namespace foretrain::bench
