#pragma once
// A batch that grows linearly in tokens, as steps of whole micro-batches.

#include <vector>

#include "spec/scenario.hpp"

namespace foretrain::study {

struct BatchShare {
  std::int64_t batch = 0;  // sequences
  double steps = 0;        // steps taken with it; not a whole number at the edges of the ramp
};

// The batch grows from `from` to `to` over `over_tokens`, rounded down to a multiple of `granule` sequences;
// what is left of `tokens` runs at `to`. A constant batch gives one share. O((to - from) / granule).
std::vector<BatchShare> list_batches(const spec::BatchSpec& batch, double tokens, std::int64_t sequence,
                                     std::int64_t granule);

}  // namespace foretrain::study
