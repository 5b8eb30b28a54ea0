#pragma once
// A workload in GOAL, the text that LogGOPSim's txt2bin turns into its input (Hoefler, Siebert, Lumsdaine:
// "Group Operation Assembly Language", ICPP 2009; grammar: spcl/LogGOPSim@76451de, src/LogGOPSim/txt2bin.re):
//
//   num_ranks 2
//   rank 0 {
//   l1: calc 1200
//   l2: send 4096b to 1 tag 7
//   l2 requires l1
//   }
//
// Ranks stand in ascending order, since txt2bin stops after the last of them. Everything is on CPU 0:
// LogGOPSim starts what a need has freed when its own CPU is free, so that a need of another CPU would cost
// no time (LogGOPSim.cpp, freeop->time). What ran beside kernels then runs between them; a list of whole
// chunks has nothing of that kind. GOAL knows no collectives, so each is written as the messages of which it
// is made: all-to-all pairwise; the others around one ring, reduce-scatter and all-gather in n - 1 rounds, an
// all-reduce in twice as many, or, where its parts would be smaller than one number of 4 bytes, by
// dissemination in log2 n rounds. The many ends of an all-to-all meet in one calc of no time, or each message
// of the next one would need each message of this.
//
// Left out: rates and latencies (parameters of the simulator that reads it); collectives that no export has
// (our own mistake). Sizes are whole bytes, at least one, since LogGOPSim charges (size - 1) gaps.
//
// Cost: a line a node and need; for a collective of n, four a round, in an all-to-all six.

#include <string>

#include "interchange/workload.hpp"

namespace foretrain::interchange {

struct GoalOptions {
  bool picoseconds = false;          // calc; else nanoseconds
  std::uint32_t collective_tag = 0;  // collectives take tags from here on
};

// The text of one rank; a file is goal_header and all ranks in order. `ranks` in all.
std::string goal_header(std::size_t ranks);
std::string to_goal(const std::vector<Node>& nodes, std::uint32_t rank, std::size_t ranks,
                    const Groups& groups, const GoalOptions& options);

}  // namespace foretrain::interchange
