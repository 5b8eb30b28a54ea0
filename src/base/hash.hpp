#pragma once
// FNV-1a, 64 bits (Fowler, Noll and Vo; http://www.isthe.com/chongo/tech/comp/fnv): names random streams and
// fingerprints inputs and outputs. The same bytes give the same number on every machine and in every version.
// Not for secrets, and not a defence against inputs made to collide.

#include <cstdint>
#include <string_view>

namespace foretrain {

inline constexpr std::uint64_t fnv_offset = 14695981039346656037ULL;
inline constexpr std::uint64_t fnv_prime = 1099511628211ULL;

// Pass the hash of what came before as `so_far` to hash a text in pieces.
constexpr std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t so_far = fnv_offset) {
  for (const char byte : bytes) so_far = (so_far ^ static_cast<unsigned char>(byte)) * fnv_prime;
  return so_far;
}

// Hashes the eight bytes of a number, lowest first whatever the machine's byte order.
constexpr std::uint64_t hash_number(std::uint64_t number, std::uint64_t so_far = fnv_offset) {
  for (int shift = 0; shift < 64; shift += 8) so_far = (so_far ^ ((number >> shift) & 0xffU)) * fnv_prime;
  return so_far;
}

}  // namespace foretrain
