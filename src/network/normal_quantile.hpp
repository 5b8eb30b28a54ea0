#pragma once
// The value that a standard normal variable stays below with a given probability. Algorithm AS 241, PPND7
// (Wichura, Applied Statistics 37, 1988), accurate to about 1e-7, from arithmetic, sqrt and
// base/elementary.hpp alone, so that it gives the same bits everywhere. Stops at tails below 1e-11.

namespace foretrain::network {

double normal_quantile(double probability);  // in [1e-11, 1 - 1e-11]; clamped to it

}  // namespace foretrain::network
