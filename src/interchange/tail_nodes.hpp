#pragma once
// The end of a step as nodes: all ranks meet, as in the simulated step, then gradients are reduced (dense
// parameters, then experts), states updated and new weights gathered (cluster/optimizer.hpp).
//
// Bytes are those of the whole collective. Its time is what shows in the step: where the layout runs it
// beside compute (plan::Overlap), only the exposed rest of the rank that it shows on most (cluster/tail.hpp).
// The time of a pair of collectives is that of the step, divided between the two by their bytes.

#include "interchange/rank_groups.hpp"

namespace foretrain::interchange {

// Nodes of one pipeline rank without needs: each waits for the one before it. The group of each is a Tail.
struct Tail {
  enum class Who : std::uint8_t { everyone, dense, expert, self };
  Node node;
  Who who = Who::self;
};
std::vector<Tail> list_tail(const Simulated& simulated, std::size_t pipeline_rank);

}  // namespace foretrain::interchange
