#include "study/validate_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>

#include "base/diagnostic.hpp"
#include "base/stats.hpp"
#include "study/stage.hpp"
#include "study/traced_pair.hpp"

namespace foretrain::study {
namespace {

using cluster::BlockKind;
using cluster::ExchangeKind;
using hardware::Sources;
using spec::TracedOp;
using spec::TracedPair;

struct NamedBlock {
  const char* name;
  BlockKind kind;
};
constexpr std::array<NamedBlock, cluster::block_kinds> compute_blocks{{{"attn(F)", BlockKind::attention_f},
                                                                       {"mlp(F)", BlockKind::mlp_f},
                                                                       {"mlp(B)", BlockKind::mlp_i},
                                                                       {"attn(B)", BlockKind::attention_i},
                                                                       {"mlp(W)", BlockKind::mlp_w},
                                                                       {"attn(W)", BlockKind::attention_w}}};
// The trace calls an exchange of gradients by the exchange it is the backward of. A cast that the
// communication stream runs is listed with the block that needs it.
struct NamedExchange {
  const char* block;
  const char* name;
  ExchangeKind kind;
};
constexpr std::array<NamedExchange, cluster::exchange_kinds> exchange_blocks{
    {{"combine(B)", "gradient dispatch", ExchangeKind::dispatch_gradient},
     {"dispatch(F)", "dispatch", ExchangeKind::dispatch},
     {"dispatch(B)", "gradient combine", ExchangeKind::combine_gradient},
     {"combine(F)", "combine", ExchangeKind::combine}}};

std::optional<BlockKind> block_named(const std::string& name) {
  for (const auto& block : compute_blocks)
    if (name == block.name) return block.kind;
  return std::nullopt;
}

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

void add_rounds(std::vector<int>& to, const std::vector<int>& more) {
  for (const int round : more)
    if (std::find(to.begin(), to.end(), round) == to.end()) to.push_back(round);
  std::sort(to.begin(), to.end());
}

// A traced op beside its two predictions.
struct JudgedOp {
  const TracedOp* traced = nullptr;
  std::optional<BlockKind> block;  // none: on the communication stream
  std::vector<Seconds> predicted, without;
  std::vector<int> fitted_on;
  Without source = Without::measured;
};

Estimate estimate(const std::vector<Seconds>& predicted, const std::vector<Seconds>& measured,
                  const std::vector<int>& except = {}) {
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

void judge_blocks(const std::vector<JudgedOp>& ops, TraceCheck& check) {
  for (const auto& block : compute_blocks) {
    BlockCheck b{block.name, {}};
    for (const JudgedOp& op : ops)
      if (op.block == block.kind) add(b.all, estimate(op.predicted, op.traced->wall));
    check.blocks.push_back(std::move(b));
  }
}

const Sourced<double>& rate_beside(const plan::SoftwareSpec& software, ExchangeKind kind) {
  switch (kind) {
    case ExchangeKind::dispatch_gradient:
      return software.overlapped_dispatch_gradient;
    case ExchangeKind::dispatch:
      return software.overlapped_dispatch;
    case ExchangeKind::combine_gradient:
      return software.overlapped_combine_gradient;
    case ExchangeKind::combine:
      break;
  }
  return software.overlapped_combine;
}

std::vector<Seconds> times_of(const SimulatedPair& pair, ExchangeKind kind) {
  std::vector<Seconds> times;
  for (const auto& round : pair.exchanges) times.push_back(round[static_cast<std::size_t>(kind)]);
  return times;
}

void judge_exchanges(const spec::Scenario& scenario, const TracedPair& traced, const SimulatedPair& beside,
                     const SimulatedPair& alone, TraceCheck& check) {
  for (const auto& exchange : exchange_blocks) {
    ExchangeCheck e{.name = exchange.name, .beside = {}, .fitted_on = {}, .held_out = {}, .alone = {}};
    std::vector<Seconds> measured(traced.rounds.size());
    for (const TracedOp& op : traced.ops) {
      if (op.block != exchange.block || !is_communication(op)) continue;
      if (op.op_class == "comm_notify")
        check.notify += sum(op.wall);
      else
        for (std::size_t r = 0; r < measured.size(); ++r) measured[r] += op.wall[r];
    }
    const auto predicted = times_of(beside, exchange.kind);
    e.fitted_on = rounds_named(rate_beside(scenario.software, exchange.kind).from.source);
    e.beside = estimate(predicted, measured);
    if (!e.fitted_on.empty()) e.held_out = estimate(predicted, measured, e.fitted_on);
    e.alone = estimate(times_of(alone, exchange.kind), measured);
    check.barriers += beside.work.barrier * static_cast<double>(traced.rounds.size());
    check.exchanges.push_back(std::move(e));
  }
}

PairCheck judge_pair(const char* name, bool judged, const SimulatedPair& pair, const TracedPair& traced,
                     std::uint64_t seed) {
  PairCheck p{.name = name, .judged = judged, .wall = {pair.wall, traced.wall}, .compute = pair.compute};
  std::vector<double> walls;
  for (int i = 0; i < peer_draws; ++i)
    walls.push_back(wall_with_peers(pair, traced, seed + static_cast<std::uint64_t>(i)).base());
  p.peers_mean = seconds(mean(walls));
  p.peers_deviation = seconds(standard_deviation(walls));
  return p;
}

Diagnostic not_what_was_traced(std::string message, std::string hint) {
  Diagnostic d;
  d.message = std::move(message);
  d.hint = std::move(hint);
  return d;
}

void expect_same_work(const spec::Scenario& scenario, const TracedPair& traced) {
  if (scenario.model.moe.experts == 0)
    throw SpecError({not_what_was_traced(
        fmt::format("{} has no mixture-of-experts layers; the traced pair has", scenario.model.name), "")});
  const auto& stage = scenario.stages.front();
  const std::int64_t tokens = stage.sequence * stage.plan.micro_batch / stage.plan.context;
  const std::int64_t experts = scenario.model.moe.experts / stage.plan.expert;
  if (tokens == traced.tokens && experts == traced.local_experts) return;
  throw SpecError({not_what_was_traced(
      fmt::format("stage '{}' puts {} tokens and {} experts on a GPU; the traced pair has {} and {}",
                  stage.name, tokens, experts, traced.tokens, traced.local_experts),
      "validate with a scenario of the traced layout")});
}

}  // namespace

std::string_view name_of(Without source) {
  constexpr std::array<std::string_view, 3> names{"none", "bound", "measured"};
  return names[static_cast<std::size_t>(source)];
}

std::optional<double> Estimate::error() const {
  if (measured <= seconds(0)) return std::nullopt;
  return predicted / measured - 1;
}

bool Estimate::within(double aim) const {
  const auto e = error();
  return e && std::abs(*e) <= aim;
}

std::vector<int> rounds_named(const std::string& text) {
  const std::string word = "rounds ";
  std::size_t at = text.find(word);
  const bool of_trace =
      text.find("trace") != std::string::npos || text.find("profile-data") != std::string::npos;
  if (at == std::string::npos || !of_trace) return {};
  std::vector<int> rounds;
  for (at += word.size(); at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0;) {
    int round = 0;
    for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0 && round < 10000; ++at)
      round = round * 10 + (text[at] - '0');
    rounds.push_back(round);
    for (const std::string between : {", ", " and "})
      if (text.compare(at, between.size(), between) == 0) at += between.size();
  }
  return rounds;
}

TraceCheck validate_trace(const spec::Scenario& scenario, const TracedPair& traced) {
  expect_same_work(scenario, traced);
  const auto fitted = simulate_pair(scenario, traced, {});
  const auto measured = simulate_pair(scenario, traced, {.curves = Sources::measured});
  const auto alone = simulate_pair(scenario, traced, {.curves = Sources::measured, .exchanges = false});
  const auto bounds = simulate_pair(scenario, traced, {.curves = Sources::bounds, .exchanges = false});
  TraceCheck check;
  check.rounds = traced.rounds.size();
  check.tokens = traced.tokens;
  const auto ops = judge_ops(traced, price_ops(fitted, traced), price_ops(bounds, traced), check);
  judge_classes(ops, check);
  judge_blocks(ops, check);
  judge_exchanges(scenario, traced, fitted, bounds, check);
  const std::uint64_t seed = scenario.seed;
  check.pairs = {judge_pair("curves and rates fitted on the trace", true, fitted, traced, seed),
                 judge_pair("curves measured elsewhere where any", true, measured, traced, seed),
                 judge_pair("the same, no fitted exchange rates", true, alone, traced, seed),
                 judge_pair("the same, bounds for other curves", false, bounds, traced, seed)};
  return check;
}

}  // namespace foretrain::study
