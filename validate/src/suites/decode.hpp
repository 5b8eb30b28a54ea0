#pragma once
// The suite decode: one step of absorbed MLA decoding by our own kernel (kernels/decode.hpp). Checked with
// sequences that end within a page, timed with whole ones.

#include "device/sampler.hpp"
#include "row.hpp"

namespace foretrain::bench {

void measure_decode(Row& row, Sampler& sampler);

}  // namespace foretrain::bench
