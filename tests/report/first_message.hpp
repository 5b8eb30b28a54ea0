#pragma once
// What a function complains of, by its first message alone. Left out: the place and the hint.

#include <string>

#include "base/diagnostic.hpp"

namespace foretrain::testing {

// The message of the first mistake that a function tells; "" where it tells none.
template <class Body>
std::string first_message(Body body) {
  try {
    body();
  } catch (const SpecError& e) {
    return e.all().front().message;
  }
  return "";
}

}  // namespace foretrain::testing
