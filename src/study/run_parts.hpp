#pragma once
// Parts of sets: rows of one set that say the same of some keys, each with errors of its own. A set may hold
// many GPUs and releases, and a model of one of them is judged by its part. Left out: keys that were worked
// out and not said, by the row or for its set.

#include <string>
#include <string_view>
#include <vector>

#include "spec/runs.hpp"
#include "study/run_statistics.hpp"

namespace foretrain::study {

struct RunCheck;

struct RunPart {
  std::string set;
  std::vector<std::string> values;  // one for each key; "-" where nothing is said
  std::size_t rows = 0;
  ErrorStatistics errors;
  std::size_t too_large = 0, inexpressible = 0;
};

// Sets in file order, values in natural order. No keys: no parts.
std::vector<RunPart> parts_of(const std::vector<RunCheck>& checks, const spec::PublishedRuns& runs,
                              const std::vector<std::string>& keys);

// Numbers inside of texts count as numbers: "8" before "16", "26.02.01" before "26.04".
bool natural_less(std::string_view a, std::string_view b);

}  // namespace foretrain::study
