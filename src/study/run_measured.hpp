#pragma once
// What was measured of a run, as the time of a step. Publications give seconds, tokens a second, TFLOP/s or
// MFU; the last two count FLOPs by the definition of their set.
//
//   step = tokens of the batch / (tokens a second)
//   step = FLOPs of the batch / (TFLOP/s of a GPU * GPUs), MFU being TFLOP/s over the BF16 peak of the part
//   hardware FLOPs = model FLOPs + one more forward of every layer, or of those that are recomputed where the
//                    run says which, without the head (Megatron-LM, arXiv:2104.04473, section 5:
//                    F = 96 B s l h^2 (1 + s / 6h + V / 16 l h))

#include <optional>
#include <string>

#include "base/units.hpp"
#include "spec/runs.hpp"
#include "spec/scenario.hpp"

namespace foretrain::study {

struct MeasuredStep {
  Seconds time{};
  std::string from;  // the key that it comes from
};

// FLOPs that a set counts for one step; `again`: the share of the layers that are recomputed.
Flops counted_flops(const spec::FigureDefinition& figure, const model::TransformerSpec& model,
                    std::int64_t sequence, std::int64_t batch, double again = 1);

// Nothing when the row has no figure of a step. Seconds stand before rates, and rates before FLOPs.
std::optional<MeasuredStep> measured_step(const spec::RunRow& row, const spec::FigureDefinition& figure,
                                          const spec::Scenario& scenario);

// Seconds that the row itself prints, which need no scenario.
std::optional<MeasuredStep> printed_step(const spec::RunRow& row);

}  // namespace foretrain::study
