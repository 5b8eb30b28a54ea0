#pragma once
// What a GPU-hour costs to rent.

#include "base/sourced.hpp"
#include "base/units.hpp"

namespace foretrain::cost {

struct PriceSpec {
  Sourced<DollarRate> gpu;  // rental of one GPU
};

}  // namespace foretrain::cost
