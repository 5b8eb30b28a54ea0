#pragma once
// How a path chooses among equal next hops (topology/paths.hpp): one small state carried from hop to hop.

#include <cstdint>

namespace foretrain::topology {

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a bijection that spreads neighbouring numbers.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

class Picker {
 public:
  enum class Rule : std::uint8_t { first, hashed, by_destination, numbered };
  Picker(Rule rule, std::uint64_t key) : rule_(rule), key_(key) {}
  bool is_by_destination() const { return rule_ == Rule::by_destination; }

  // Of `count` equal next hops, in groups of `cables` parallel cables to one neighbour; 0 when groups differ.
  std::uint32_t pick(std::uint32_t count, std::uint32_t cables) {
    switch (rule_) {
      case Rule::first:
        return 0;
      case Rule::hashed:
        key_ = mix(key_);
        return static_cast<std::uint32_t>((key_ >> 32U) * count >> 32U);
      case Rule::by_destination:
        return by_destination(count, cables);
      case Rule::numbered:
        break;
    }
    return take(count);
  }

 private:
  std::uint32_t take(std::uint32_t count) {
    const auto digit = static_cast<std::uint32_t>(key_ % count);
    key_ /= count;
    return digit;
  }

  // The neighbour by one digit of the destination, the cable to it by the next. On the way down, where there
  // is one neighbour, the cable's digit is that of the level above, which the neighbour's digit left over: so
  // two destinations that share a spine by their first digit come down different cables.
  std::uint32_t by_destination(std::uint32_t count, std::uint32_t cables) {
    if (cables == 0) return take(count);
    const std::uint32_t neighbours = count / cables;
    if (neighbours > 1) {
      key_ /= cables_used_;
      const std::uint32_t neighbour = take(neighbours);
      cables_used_ = cables;
      return neighbour * cables + static_cast<std::uint32_t>(key_ % cables);
    }
    return static_cast<std::uint32_t>(key_ % cables);
  }

  Rule rule_;
  std::uint64_t key_;
  std::uint32_t cables_used_ = 1;  // a digit of the key that a cable took and no neighbour has yet
};

}  // namespace foretrain::topology
