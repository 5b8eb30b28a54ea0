#pragma once
// How unevenly tokens choose experts, where someone states it. Values only; network/popularity.hpp turns them
// into rows.

#include <cstdint>
#include <vector>

namespace foretrain::model {

struct Popularity {
  enum class Kind : std::uint8_t {
    stated,       // the spread of rows that the software profile states
    balanced,     // every GPU the same
    multinomial,  // equally popular experts, each layer and micro-batch drawn
    zipf,         // the k-th most popular expert of a layer is chosen k^-exponent as often
    hot,          // one expert of each layer is `times` as popular as the others
    counts,       // counted: tokens of each layer and expert
  };
  Kind kind = Kind::stated;
  double exponent = 0, times = 1;
  // Balancing without an auxiliary loss (arXiv:2408.15664): steps taken so far, and what a bias moves by in
  // each; DeepSeek-V3 used 0.001 (arXiv:2412.19437, section 4.2).
  std::int64_t balancing_steps = 0;
  double balancing_rate = 0.001;
  std::vector<std::vector<double>> tokens{};  // counts: [layer][expert]; a layer without any is multinomial
};

}  // namespace foretrain::model
