#include "calibrate/trace_pair.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/diagnostic.hpp"

namespace foretrain::calibrate {
namespace {

struct Span {
  Seconds start{}, end{};
};

// The same moments in spans that do not touch, in order.
std::vector<Span> joined(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
  std::vector<Span> out;
  for (const Span& span : spans) {
    if (!out.empty() && span.start <= out.back().end)
      out.back().end = std::max(out.back().end, span.end);
    else
      out.push_back(span);
  }
  return out;
}

Seconds length(const std::vector<Span>& spans) {
  Seconds sum{};
  for (const Span& span : spans) sum += span.end - span.start;
  return sum;
}

// Of `span`, the time that lies in `all`, whose spans are in order and apart.
Seconds inside(const Span& span, const std::vector<Span>& all) {
  Seconds sum{};
  auto at = std::partition_point(all.begin(), all.end(), [&](const Span& s) { return s.end <= span.start; });
  for (; at != all.end() && at->start < span.end; ++at)
    sum += std::min(at->end, span.end) - std::max(at->start, span.start);
  return sum;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<Span> spans_of(const NamedTrace& named, const std::vector<std::string>& classes) {
  std::vector<Span> spans;
  for (const NamedEvent& n : named.events)
    if (holds(classes, n.op_class)) spans.push_back({n.event->start, n.event->end});
  return joined(std::move(spans));
}

using Kernels = std::vector<const GpuEvent*>;  // of one op in one round

Seconds sum_of(const Kernels& kernels) {
  Seconds sum{};
  for (const GpuEvent* kernel : kernels) sum += kernel->duration;
  return sum;
}

Seconds wall_of(const Kernels& kernels) {
  std::set<std::int64_t> streams;
  std::vector<Span> spans;
  for (const GpuEvent* kernel : kernels) {
    streams.insert(kernel->stream);
    spans.push_back({kernel->start, kernel->end});
  }
  return streams.size() > 1 ? length(joined(std::move(spans))) : sum_of(kernels);
}

double share_inside(const Kernels& kernels, const std::vector<Span>& all) {
  Seconds beside{}, own{};
  for (const GpuEvent* kernel : kernels) {
    beside += inside({kernel->start, kernel->end}, all);
    own += kernel->duration;
  }
  return own > seconds(0) ? std::min(1.0, beside / own) : 0;
}

[[noreturn]] void refuse(std::string message, std::string hint = {}) {
  throw SpecError({without_place(std::move(message), std::move(hint))});
}

// The first grid dimension of an op's kernel by block, op and round.
class Grids {
 public:
  explicit Grids(const NamedTrace& named) {
    for (const NamedEvent& n : named.events)
      if (n.block != nullptr && !n.op.empty() && n.event->grid[0] > 0)
        sizes_.emplace(std::tuple{n.block->annotation, n.op, n.round}, n.event->grid[0]);
  }
  std::int64_t at(const OpOfBlock& wanted, std::size_t round) const {
    const auto found = sizes_.find(std::tuple{wanted.block, wanted.op, round});
    if (found != sizes_.end()) return found->second;
    refuse(fmt::format("round {} of block '{}' has no kernel '{}', whose grid tells a size", round,
                       wanted.block, wanted.op),
           "see grids in the rules; does the trace hold whole rounds?");
  }

 private:
  std::map<std::tuple<std::string, std::string, std::size_t>, std::int64_t> sizes_;
};

std::vector<spec::TracedRound> rounds_of(const Grids& sizes, const GridSizes& grids, std::size_t count) {
  std::vector<spec::TracedRound> rounds;
  for (std::size_t r = 0; r < count; ++r) {
    const auto size = [&](const std::optional<OpOfBlock>& wanted) {
      return wanted ? sizes.at(*wanted, r) : 0;
    };
    rounds.push_back({size(grids.forward_rows), size(grids.forward_received), size(grids.backward_rows),
                      size(grids.backward_received)});
  }
  return rounds;
}

// By the grids of every round, or as given; the two must agree.
std::int64_t tokens_of(const Grids& sizes, const GridSizes& grids, std::size_t rounds,
                       std::optional<std::int64_t> given) {
  if (!grids.tokens) {
    if (!given)
      refuse("no kernel's grid tells the tokens of a micro-batch",
             "give --tokens, or grids: tokens in the rules");
    return *given;
  }
  const std::int64_t tokens = sizes.at(*grids.tokens, 0);
  if (given && *given != tokens)
    refuse(fmt::format("the kernel '{}' has {} rows, --tokens says {}", grids.tokens->op, tokens, *given));
  for (std::size_t r = 1; r < rounds; ++r)
    if (const auto here = sizes.at(*grids.tokens, r); here != tokens)
      refuse(fmt::format("round 0 has {} tokens and round {} has {}: they are not alike", tokens, r, here));
  return tokens;
}

std::vector<spec::TracedOp> ops_of(const NamedTrace& named, const TraceRules& rules) {
  const auto exchange = spans_of(named, rules.exchanges);
  auto all = rules.exchanges;
  all.insert(all.end(), rules.barriers.begin(), rules.barriers.end());
  const auto communication = spans_of(named, all);
  std::vector<spec::TracedOp> ops;
  std::vector<std::vector<Kernels>> kernels;  // [op][round]
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const NamedEvent& n : named.events) {
    if (n.op.empty()) continue;
    const auto [at, is_new] = places.emplace(std::pair{n.block->annotation, n.op}, ops.size());
    if (is_new) {
      ops.push_back({n.block->annotation, n.op, n.op_class, {}, {}, {}, {}});
      kernels.emplace_back(named.rounds);
    }
    kernels[at->second][n.round].push_back(n.event);
  }
  for (std::size_t i = 0; i < ops.size(); ++i)
    for (const Kernels& of_round : kernels[i]) {
      ops[i].durations.push_back(sum_of(of_round));
      ops[i].wall.push_back(wall_of(of_round));
      const bool communicates = holds(all, ops[i].op_class);
      ops[i].exchange.push_back(communicates ? 0 : share_inside(of_round, exchange));
      const double any = communicates ? 0 : share_inside(of_round, communication);
      ops[i].barrier.push_back(std::max(0.0, any - ops[i].exchange.back()));
    }
  return ops;
}

}  // namespace

ImportedPair to_pair(const NamedTrace& named, const TraceRules& rules, std::int64_t local_experts,
                     std::optional<std::int64_t> tokens) {
  if (named.rounds == 0) {
    std::string known;
    for (const BlockRules& block : rules.blocks) known += (known.empty() ? "" : ", ") + block.annotation;
    refuse("no kernel was launched in a block of the rules", "annotations of the rules: " + known);
  }
  ImportedPair pair;
  spec::TracedPair& traced = pair.traced;
  traced.ops = ops_of(named, rules);
  const Grids sizes(named);
  traced.rounds = rounds_of(sizes, rules.grids, named.rounds);
  traced.tokens = tokens_of(sizes, rules.grids, named.rounds, tokens);
  traced.local_experts = local_experts;
  Seconds first = named.events.front().event->start, last = named.events.front().event->end;
  for (const NamedEvent& n : named.events) {
    first = std::min(first, n.event->start);
    last = std::max(last, n.event->end);
    const auto& grid = n.event->grid;
    if (holds(rules.exchanges, n.op_class))
      pair.communication_sms = std::max(pair.communication_sms, grid[0] * grid[1] * grid[2]);
  }
  traced.wall = last - first;
  return pair;
}

}  // namespace foretrain::calibrate
