#pragma once
// The rows of a step's breakdown: one list, so that text, JSON, comparisons and traces of a number use the
// same names in the same order.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/step.hpp"
#include "study/outcome.hpp"

namespace foretrain::report {

struct Row {
  std::string_view name;     // of commands and JSON: "overlapped"
  std::string_view label;    // of the published table: "1F1B"
  std::string_view meaning;  // in one line
  Seconds cluster::Breakdown::*seconds;
};

// These add up to the step.
inline constexpr auto step_rows = std::to_array<Row>({
    {"forward", "1F", "forwards running alone", &cluster::Breakdown::forward},
    {"backward", "1B", "input gradients running alone", &cluster::Breakdown::backward},
    {"weight", "1W", "weight gradients running alone", &cluster::Breakdown::weight},
    {"overlapped", "1F1B", "a forward beside a backward", &cluster::Breakdown::overlapped},
    {"bubble", "bubble", "waiting for other pipeline ranks", &cluster::Breakdown::bubble},
    {"optimizer", "optimizer", "gradients reduced, weights updated, gathered",
     &cluster::Breakdown::optimizer},
});

// Part of the rows above, not one more.
inline constexpr Row exposed_row{"exposed_communication", "exposed",
                                 "of it, compute waiting for communication",
                                 &cluster::Breakdown::exposed_communication};

std::string title_of(const Row& row);  // "forward (1F)", or the name alone where the label adds nothing

const Row& largest_row(const cluster::Breakdown& breakdown);  // of the six

Seconds sum_of(const cluster::Breakdown& breakdown);  // of the six rows

// The published figure for a stage's metric, or nullptr.
const study::Comparison* find_published(const study::Outcome& outcome, std::string_view stage,
                                        std::string_view metric);

}  // namespace foretrain::report
