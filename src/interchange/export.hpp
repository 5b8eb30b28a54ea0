#pragma once
// A simulated step as lists of nodes, one a rank: receives, chunks, sends in program order, then the end of
// the step. What waits for what is what the simulator lets wait (cluster/pipeline.hpp), so that replaying the
// lists gives the simulated step again.
//
// Ranks: all GPUs, each with the chunk times of its own group; or folded, one rank for each pipeline rank,
// with the times of the group that ends last. Folded collectives are compute nodes of their time.
//
// Not here: the host's launches, stages other than the one given, more than one step.
//
// Cost: templates once for each kind of chunk; then O(nodes) for a rank, which is made when it is asked for.

#include <map>

#include "interchange/chunk_nodes.hpp"
#include "interchange/rank_groups.hpp"
#include "interchange/tail_nodes.hpp"

namespace foretrain::interchange {

struct ExportOptions {
  bool all_ranks = false;  // else one a pipeline rank
  Level level = Level::chunk;
};

struct Outline {
  Simulated simulated;
  ExportOptions options;
  RankGroups groups;
  std::map<cluster::ChunkKey, ChunkTemplate> chunks;
  cluster::ChunkTimes times;             // [group of GPUs]
  std::vector<std::vector<Tail>> tails;  // [pipeline rank]
  std::int64_t ranks() const { return groups.count(); }
};

Outline outline(const Simulated& simulated, const ExportOptions& options);

std::vector<Node> list_nodes(const Outline& outline, std::int64_t rank);

// All ranks at once, for what is small.
Workload list_workload(const Outline& outline);

}  // namespace foretrain::interchange
