#pragma once
// A number of a rank, stage, lane or layer as its place in a list. Numbers are signed, since -1 means none;
// the caller knows that there is one.

#include <cstddef>
#include <cstdint>

namespace foretrain::cluster {

constexpr std::size_t index(std::int64_t number) {
  return static_cast<std::size_t>(number);
}

}  // namespace foretrain::cluster
