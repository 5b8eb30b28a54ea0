#pragma once
// Things refer to one another by id, never by pointer. An id is `enum class NodeId : std::uint32_t {};` in
// the header of the floor that owns the thing: a type of its own, so that a link is never looked up by a
// node, and not an arithmetic type, so that an index, a count and an id stay three things. Here is only the
// way in and out.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/check.hpp"

namespace foretrain {

template <class T>
concept Id = std::is_enum_v<T> && std::same_as<std::underlying_type_t<T>, std::uint32_t>;

template <Id T>
constexpr std::size_t index_of(T id) {
  return static_cast<std::size_t>(id);
}

template <Id T>
constexpr T id_of(std::size_t index) {
  if (index > std::numeric_limits<std::uint32_t>::max()) check(false, "more things than an id can name");
  return static_cast<T>(index);
}

}  // namespace foretrain
