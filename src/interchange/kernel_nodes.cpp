#include "interchange/kernel_nodes.hpp"

#include <fmt/core.h>
#include <array>

namespace foretrain::interchange {
namespace {

Collective collective_of(Pattern pattern) {
  switch (pattern) {
    case Pattern::all_reduce:
      return Collective::all_reduce;
    case Pattern::reduce_scatter:
      return Collective::reduce_scatter;
    case Pattern::all_gather:
      return Collective::all_gather;
  }
  return Collective::all_reduce;
}

// What a rank puts in: of an all-gather its own part, else the whole vector.
Node communication_node(const Communication& c, const cluster::Collectives& among) {
  Node node;
  node.kind = NodeKind::collective;
  node.collective = collective_of(c.pattern);
  const auto& shape = c.group == Group::tensor ? among.tensor : among.expert_tensor;
  const auto parts = c.pattern == Pattern::all_gather ? static_cast<double>(shape.size()) : 1.0;
  node.size = c.buffer / parts;
  return node;
}

}  // namespace

void add_kernels(const std::vector<model::Op>& ops, Node& node) {
  for (const auto& op : ops) {
    if (op.communication) continue;
    node.work += op.kernel.work;
    node.moved += op.kernel.read + op.kernel.written;
  }
}

std::vector<OpNode> list_op_nodes(const std::vector<model::Op>& ops, model::Unit unit,
                                  const KernelPricing& pricing) {
  const auto& collectives = pricing.prepared.inputs.collectives;
  std::vector<OpNode> list;
  std::vector<Seconds> until;
  Seconds total{};
  for (const auto& op : ops) {
    OpNode out;
    if (op.communication) {
      out.node = communication_node(*op.communication, collectives);
      out.meeting = op.communication->group == Group::tensor ? Meeting::tensor : Meeting::expert_tensor;
      total += cluster::exposed_time(op, ops, collectives, pricing.gpu, pricing.conditions);
    } else {
      out.node.kind = NodeKind::compute;
      out.node.work = op.kernel.work;
      out.node.moved = op.kernel.read + op.kernel.written;
      total += hardware::price(op.kernel, pricing.gpu, pricing.conditions).time;
    }
    out.node.name = fmt::format("{}/{}", model::name_of(unit), op.name);
    until.push_back(total);
    list.push_back(std::move(out));
  }
  for (std::size_t i = 0; i < list.size(); ++i)
    list[i].end = i + 1 == list.size() || total <= seconds(0) ? 1 : until[i] / total;
  return list;
}

std::string_view name_of(cluster::BlockKind kind) {
  static constexpr std::array<std::string_view, cluster::block_kinds> names{
      "attention_f", "mlp_f", "mlp_i", "attention_i", "mlp_w", "attention_w"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace foretrain::interchange
