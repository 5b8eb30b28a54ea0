#include "calibrate/trace_points.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/check.hpp"
#include "calibrate/results_text.hpp"

namespace foretrain::calibrate {
namespace {

using NamedKernels = std::map<std::pair<std::string, std::string>, Kernel>;  // by (block, op)

void add_ops(NamedKernels& into, const std::string& block, const std::vector<model::Op>& ops) {
  for (const auto& op : ops) {
    if (op.communication) continue;
    const auto [at, is_new] = into.emplace(std::pair{block, op.name}, op.kernel);
    if (is_new) continue;
    at->second.read += op.kernel.read;
    at->second.written += op.kernel.written;
    at->second.work += op.kernel.work;
    at->second.launches += op.kernel.launches;
  }
}

NamedKernels list_round(const TraceRules& rules, const model::TransformerSpec& model,
                        const model::Work& sizes, const spec::TracedRound& round) {
  model::Work forward = sizes, backward = sizes;
  forward.routed_rows = round.forward_rows;
  forward.received_tokens = round.forward_received;
  backward.routed_rows = round.backward_rows;
  backward.received_tokens = round.backward_received;
  const auto ahead = model::list_ops(model, rules.unit, forward);
  const auto back = model::list_ops(model, rules.unit, backward);
  NamedKernels kernels;
  for (const BlockRules& block : rules.blocks) {
    if (!block.part) continue;
    const NamedPart& part = layer_parts[*block.part];
    add_ops(kernels, block.annotation, (part.backward ? back : ahead).*part.ops);
  }
  return kernels;
}

hardware::Conditions conditions_of(const spec::TracedOp& op, std::size_t round,
                                   std::int64_t communication_sms, double exchange_hbm) {
  hardware::Conditions beside;
  beside.sms_taken = communication_sms;
  beside.communicating = op.exchange[round] + op.barrier[round] >= 0.5;
  beside.hbm_taken = exchange_hbm * op.exchange[round];
  return beside;
}

}  // namespace

TracedPoints list_points(const spec::TracedPair& traced, const TraceRules& rules,
                         const model::TransformerSpec& model, std::int64_t sequence,
                         std::int64_t communication_sms, const std::vector<std::size_t>& rounds) {
  TracedPoints found;
  model::Work sizes = rules.work;
  sizes.tokens = traced.tokens;
  sizes.sequence = sequence;
  sizes.local_experts = traced.local_experts;
  std::vector<std::size_t> chosen = rounds;
  if (chosen.empty()) {
    chosen.resize(traced.rounds.size());
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  }
  std::set<std::pair<std::string, std::string>> met;
  for (const std::size_t round : chosen) {
    check(round < traced.rounds.size(), "the trace has this round");
    const auto kernels = list_round(rules, model, sizes, traced.rounds[round]);
    for (const spec::TracedOp& op : traced.ops) {
      const std::pair key{op.block, op.name};
      const auto at = kernels.find(key);
      if (at == kernels.end()) {
        const BlockRules* block = rules.find(op.block);
        if (block != nullptr && block->part && met.insert(key).second)
          found.only_traced.push_back(fmt::format("{}: {}", op.block, op.name));
        continue;
      }
      met.insert(key);
      if (op.wall[round] <= seconds(0)) continue;
      const auto beside = conditions_of(op, round, communication_sms, rules.exchange_hbm);
      found.points.push_back({op.block, op.name, round, {at->second, beside, op.wall[round]}});
    }
    if (round != chosen.front()) continue;
    for (const auto& [key, kernel] : kernels)
      if (!met.contains(key)) found.only_listed.push_back(fmt::format("{}: {}", key.first, key.second));
  }
  return found;
}

Results to_results(const Trace& trace, const TracedPoints& points, State state) {
  Results results;
  results.file = trace.file;
  results.device.name = trace.device;
  results.device.sms = trace.sms;
  results.device.compute_capability = trace.compute_capability;
  results.device.date = trace.date.empty() ? "unknown" : trace.date;
  results.device.state = state;
  for (const TracedPoint& from : points.points) {
    Point point;
    point.suite = fmt::format("trace round {}", from.round);
    point.kernel = fmt::format("{} {}", from.block, from.op);
    point.family = from.measured.kernel.family;
    point.measured = from.measured;
    point.samples = 1;
    results.points.push_back(as_filed(std::move(point)));
  }
  return results;
}

}  // namespace foretrain::calibrate
