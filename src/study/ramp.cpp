#include "study/ramp.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace foretrain::study {

std::vector<BatchShare> list_batches(const spec::BatchSpec& batch, double tokens, std::int64_t sequence,
                                     std::int64_t granule) {
  check(granule > 0 && sequence > 0 && batch.to >= batch.from, "a ramp grows by whole micro-batches");
  const auto steps_of = [sequence](double part, std::int64_t sequences) {
    return part / (static_cast<double>(sequences) * static_cast<double>(sequence));
  };
  std::vector<BatchShare> shares;
  double ramped = 0;
  if (batch.to > batch.from && batch.over_tokens > 0) {
    const double slope = batch.over_tokens / static_cast<double>(batch.to - batch.from);  // tokens a sequence
    for (std::int64_t b = batch.from; b < batch.to && ramped < tokens; b += granule) {
      const double next = static_cast<double>(std::min(granule, batch.to - b)) * slope;
      const double part = std::min(next, tokens - ramped);
      shares.push_back({b, steps_of(part, b)});
      ramped += part;
    }
  }
  if (tokens > ramped) shares.push_back({batch.to, steps_of(tokens - ramped, batch.to)});
  return shares;
}

}  // namespace foretrain::study
