// What lies behind exchanges and the optimizer: link speeds, rates beside compute, and their sources.

#include <fmt/core.h>

#include <algorithm>

#include "report/curves.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/why_sections.hpp"

namespace foretrain::report {

namespace {

std::string source_line(const std::string& what, const std::string& value, const Provenance& from) {
  const std::string spread = from.spread > 0 ? fmt::format("; spread {}", percent_text(from.spread)) : "";
  return wrap(fmt::format("{}: {}{}", from.where, from.source, spread),
              fmt::format("  {:<34} {:<9} ", what, value));
}

std::string links_text(const Question& q) {
  const auto& gpu = q.scenario.gpu;
  const auto& nic = q.scenario.nic;
  return source_line("network card, achieved", bandwidth_text(nic.achieved.value), nic.achieved.from) +
         source_line("network latency", time_text(nic.latency_cross_leaf.value),
                     nic.latency_cross_leaf.from) +
         source_line("NVLink, achieved", bandwidth_text(gpu.nvlink_achieved.value),
                     gpu.nvlink_achieved.from) +
         source_line("NVLink latency", time_text(gpu.nvlink_latency.value), gpu.nvlink_latency.from);
}

}  // namespace

std::string why_exchanges(const Question& q) {
  const auto& inputs = q.inside.prepared.inputs;
  Table table{{left("exchange"), right("network alone"), right("NVLink alone"), right("network in a pair"),
               right("NVLink in a pair")},
              {}};
  for (std::size_t k = 0; k < cluster::exchange_kinds; ++k) {
    const auto& alone = inputs.exchange_alone[k];
    const auto& beside = inputs.exchange_beside[k];
    table.add({std::string(name_of(static_cast<cluster::ExchangeKind>(k))), time_text(alone.inter_node),
               time_text(alone.intra_node), time_text(beside.inter_node), time_text(beside.intra_node)});
  }
  const auto& software = q.scenario.software;
  const auto rate = [](const char* what, const Sourced<double>& s) {
    return source_line(what, percent_text(s.value), s.from);
  };
  return "\nTHE EXCHANGES at balanced load; the hops pipeline, so the slower one counts\n" + to_text(table) +
         links_text(q) +
         source_line("barrier before an exchange", time_text(software.barrier.value), software.barrier.from) +
         rate("gradient dispatch beside compute", software.overlapped_dispatch_gradient) +
         rate("dispatch beside compute", software.overlapped_dispatch) +
         rate("gradient combine beside compute", software.overlapped_combine_gradient) +
         rate("combine beside compute", software.overlapped_combine) +
         rate("spread of rows among GPUs", software.routing_spread);
}

namespace {

// What holds the states of an optimizer in host memory.
std::string host_text(const Question& q) {
  if (!q.inside.spec.plan->offload_optimizer) return "";
  const auto& host = *q.scenario.host;
  return source_line("host memory of a node", bandwidth_text(host.memory_bandwidth.value),
                     host.memory_bandwidth.from) +
         source_line("CPU Adam's share of it", percent_text(host.adam.value), host.adam.from) +
         source_line("one GPU to its host", bandwidth_text(host.to_host.value), host.to_host.from) +
         source_line("a host to one GPU", bandwidth_text(host.to_gpu.value), host.to_gpu.from);
}

}  // namespace

std::string why_optimizer(const Question& q) {
  Table table{{left("rank"), right("dense parameters"), right("expert parameters"),
               right("reduce-scatter, s"), right("all-gather, s"), right("update, s"), right("sum, s")},
              {}};
  const auto& ranks = q.inside.prepared.optimizer;
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    const cluster::OptimizerTime& t = ranks[r];
    table.add({std::to_string(r), count_text(t.dense_parameters), count_text(t.expert_parameters),
               fixed(t.reduce_scatter.base(), 3), fixed(t.all_gather.base(), 3), fixed(t.compute.base(), 3),
               fixed(t.total().base(), 3)});
  }
  if (q.inside.spec.plan->offload_optimizer) {
    table.columns.insert(table.columns.end() - 1, {right("to host, s"), right("on host, s")});
    for (std::size_t r = 0; r < ranks.size(); ++r)
      table.rows[r].insert(table.rows[r].end() - 1,
                           {fixed(ranks[r].to_host.base(), 3), fixed(ranks[r].on_host.base(), 3)});
  }
  std::string text =
      "\n1. RANKS: parameters that one GPU holds, and what the end of the step does with them\n" +
      to_text(table) + "  All ranks wait for the slowest.\n\n2. LINKS behind the collectives\n" +
      links_text(q) + host_text(q);
  const auto& curve = q.scenario.gpu.curves[static_cast<std::size_t>(Family::optimizer)];
  if (!curve) return text;
  CurvesUsed used;
  used.add(Family::optimizer, *curve);
  return text + "\n3. " + used.to_text();
}

}  // namespace foretrain::report
