#pragma once
// A block of a chunk opened up to its ops: each a node with FLOPs, bytes and its share of the block's time,
// by the prices that the ops have alone. Used by chunk_nodes.cpp.

#include <vector>

#include "cluster/step.hpp"
#include "hardware/kernel_cost.hpp"
#include "interchange/chunk_nodes.hpp"

namespace foretrain::interchange {

struct KernelPricing {
  const cluster::Prepared& prepared;
  const hardware::GpuSpec& gpu;
  hardware::Conditions conditions;
};

struct OpNode {
  Node node;
  Meeting meeting = Meeting::none;
  double end = 1;  // of the block's time; of the last, 1
};
std::vector<OpNode> list_op_nodes(const std::vector<model::Op>& ops, model::Unit unit,
                                  const KernelPricing& pricing);

// Adds the FLOPs and bytes of all kernels among the ops.
void add_kernels(const std::vector<model::Op>& ops, Node& node);

std::string_view name_of(cluster::BlockKind kind);  // "attention_f"

}  // namespace foretrain::interchange
