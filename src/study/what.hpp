#pragma once
// Questions about one step, answered by experiments: what a slow GPU, a broken link, uneven routing or
// another network costs. Each row is the step with one thing changed and every random draw kept, every GPU by
// itself (unfold.hpp): once in the cluster as it is described, and once in one whose GPUs are otherwise
// equal, where nothing hides the change.
//
// Rows about the fabric carry the step's messages over it first (cluster/share_fabric.hpp). Where hashes or
// places are drawn, a row is three such steps and their mean.
//
// Cost: one unfolded step a row, of which only the replicas that the change reaches are simulated again. For
// rows about the fabric up to 2 CPU-seconds a draw to carry the messages, and a step for those draws that
// lost something no other did.

#include <optional>
#include <string>
#include <vector>

#include "cluster/slowdowns.hpp"
#include "spec/scenario.hpp"

namespace foretrain::study {

struct WhatRow {
  std::string change;
  std::optional<Seconds> step;   // with it, in the cluster as it is
  std::optional<Seconds> equal;  // with it, where GPUs are otherwise equal
  std::string why_not;           // such a cluster cannot be; then neither
  // Where the row is about the fabric: what met in it and the step, by draw; `step` and `equal` are means.
  std::vector<cluster::Slowdowns> traffic;
  std::vector<Seconds> steps;
};

struct WhatOutcome {
  std::string question, title, stage;
  std::string why_not;  // the step cannot be simulated or unfolded; then there are no rows
  Seconds folded{};     // the step as `run` has it
  Seconds base{};       // unfolded, unchanged
  Seconds base_equal{};
  std::vector<WhatRow> rows;
  std::vector<std::string> notes;
};

std::vector<std::string> what_questions();  // stragglers, link-failure, skew, network

// Precondition: `question` is one of them.
WhatOutcome ask(const spec::Scenario& scenario, const spec::StageSpec& stage, const std::string& question,
                unsigned threads);

}  // namespace foretrain::study
