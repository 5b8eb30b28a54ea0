#include "study/traced_kernels.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace foretrain::study {
namespace {

using cluster::BlockKind;
using spec::TracedOp;
using spec::TracedPair;

std::optional<BlockKind> block_named(const std::string& name) {
  for (const auto& block : compute_blocks)
    if (name == block.name) return block.kind;
  return std::nullopt;
}

void add_rounds(std::vector<int>& to, const std::vector<int>& more) {
  for (const int round : more)
    if (std::find(to.begin(), to.end(), round) == to.end()) to.push_back(round);
  std::sort(to.begin(), to.end());
}

// What prices most of a class's time; no source for a part of it is none for the class.
Without source_of(const std::vector<const JudgedOp*>& ops) {
  Seconds bound{}, measured{};
  for (const JudgedOp* op : ops) {
    if (op->source == Without::none) return Without::none;
    (op->source == Without::bound ? bound : measured) += sum(op->traced->wall);
  }
  return bound > measured ? Without::bound : Without::measured;
}

ClassCheck judge_class(const std::string& name, const std::vector<const JudgedOp*>& ops) {
  ClassCheck c{.name = name, .all = {}, .fitted_on = {}, .held_out = {}, .without = {}};
  c.source = source_of(ops);
  for (const JudgedOp* op : ops) {
    add_rounds(c.fitted_on, op->fitted_on);
    c.judged = c.judged && op->block.has_value();
    c.durations += sum(op->traced->durations);
  }
  Estimate without, held_out;
  for (const JudgedOp* op : ops) {
    add(c.all, estimate(op->predicted, op->traced->wall));
    add(held_out, estimate(op->predicted, op->traced->wall, c.fitted_on));
    add(without, estimate(op->without, op->traced->wall));
  }
  if (!c.fitted_on.empty()) c.held_out = held_out;
  if (c.source != Without::none) c.without = without;
  return c;
}

}  // namespace

bool is_communication(const TracedOp& op) {
  return op.op_class.starts_with("comm_");
}

Seconds sum(const std::vector<Seconds>& times) {
  Seconds total{};
  for (const Seconds t : times) total += t;
  return total;
}

void add(Estimate& to, const Estimate& more) {
  to.predicted += more.predicted;
  to.measured += more.measured;
}

Estimate estimate(const std::vector<Seconds>& predicted, const std::vector<Seconds>& measured,
                  const std::vector<int>& except) {
  Estimate e;
  for (std::size_t r = 0; r < measured.size(); ++r) {
    if (std::find(except.begin(), except.end(), static_cast<int>(r)) != except.end()) continue;
    add(e, {predicted[r], measured[r]});
  }
  return e;
}

std::vector<JudgedOp> judge_ops(const TracedPair& traced, const PricedOps& priced,
                                const PricedOps& without, TraceCheck& check) {
  std::vector<JudgedOp> judged;
  std::set<std::pair<BlockKind, std::string>> seen;
  for (const TracedOp& op : traced.ops) {
    if (is_communication(op)) continue;
    JudgedOp j{
        .traced = &op, .block = block_named(op.block), .predicted = {}, .without = {}, .fitted_on = {}};
    const std::pair key{j.block.value_or(BlockKind::mlp_i), op.name};
    const auto found = priced.find(key);
    if (found == priced.end()) {
      check.only_measured.push_back(fmt::format("{}: {}", op.block, op.name));
      j.predicted.resize(traced.rounds.size());
      j.without = j.predicted;
    } else {
      seen.insert(key);
      const auto& other = without.at(key);
      j.predicted = found->second.busy;
      j.without = other.busy;
      j.fitted_on = rounds_named(found->second.fitted_on);
      j.source = !rounds_named(other.fitted_on).empty() ? Without::none
                 : other.bound                          ? Without::bound
                                                        : Without::measured;
    }
    judged.push_back(std::move(j));
  }
  for (const auto& [key, op] : priced)
    if (!seen.contains(key))
      for (const auto& block : compute_blocks)
        if (block.kind == key.first)
          check.only_listed.push_back(fmt::format("{}: {}", block.name, key.second));
  return judged;
}

void judge_classes(const std::vector<JudgedOp>& ops, TraceCheck& check) {
  std::map<std::string, std::vector<const JudgedOp*>> by_class;
  Seconds measured{}, fitted_only{};
  for (const JudgedOp& op : ops) {
    by_class[op.block ? op.traced->op_class : op.traced->op_class + ", starved"].push_back(&op);
    if (!op.block) continue;
    measured += sum(op.traced->wall);
    if (op.source != Without::measured) fitted_only += sum(op.traced->wall);
  }
  if (measured > seconds(0)) check.fitted_share = fitted_only / measured;
  for (const auto& [name, members] : by_class) {
    check.classes.push_back(judge_class(name, members));
    ClassCheck& c = check.classes.back();
    if (!c.judged) continue;
    c.share = measured > seconds(0) ? c.all.measured / measured : 0;
    add(check.compute, c.all);
    if (c.source == Without::measured) add(check.compute_measured, *c.without);
    if (c.source == Without::bound) add(check.compute_bound, *c.without);
  }
  std::stable_sort(check.classes.begin(), check.classes.end(), [](const ClassCheck& a, const ClassCheck& b) {
    return std::pair{a.judged, a.all.measured} > std::pair{b.judged, b.all.measured};
  });
}

}  // namespace foretrain::study
