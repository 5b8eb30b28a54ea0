#include "study/validate_trace.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "base/diagnostic.hpp"
#include "base/stats.hpp"
#include "study/traced_kernels.hpp"

namespace foretrain::study {
namespace {

using cluster::ExchangeKind;
using hardware::Sources;
using spec::TracedOp;
using spec::TracedPair;

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
    case ExchangeKind::gather:
    case ExchangeKind::scatter:
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

void expect_same_work(const spec::Scenario& scenario, const TracedPair& traced) {
  if (scenario.model.moe.experts == 0)
    throw SpecError({without_place(
        fmt::format("{} has no mixture-of-experts layers; the traced pair has", scenario.model.name), "")});
  const auto& stage = scenario.stages.front();
  const std::int64_t tokens = stage.sequence * stage.plan.micro_batch / stage.plan.context;
  const std::int64_t experts = scenario.model.moe.experts / stage.plan.expert;
  if (tokens == traced.tokens && experts == traced.local_experts) return;
  throw SpecError({without_place(
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
  check.pairs = {judge_pair("curves, rates fitted on the trace", true, fitted, traced, seed),
                 judge_pair("curves measured elsewhere, if any", true, measured, traced, seed),
                 judge_pair("and no fitted exchange rates", true, alone, traced, seed),
                 judge_pair("and bounds for the other curves", false, bounds, traced, seed)};
  return check;
}

}  // namespace foretrain::study
