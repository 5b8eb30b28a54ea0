#include "spec/trace_tables.hpp"

#include <fmt/core.h>

#include "spec/csv.hpp"

namespace foretrain::spec {
namespace {

Seconds microseconds(double us) {
  return seconds(us * 1e-6);
}

std::string time_column(std::size_t round) {
  return fmt::format("us_round{}", round);
}

// The column of the rounds' table that holds the wall time of an op whose kernels overlap one another.
std::string wall_column(const std::string& op) {
  if (op == "expert_down_wgrad") return "down_wgrad_us";
  if (op == "expert_gateup_wgrad") return "gateup_wgrad_us";
  return {};
}

std::vector<TracedRound> read_rounds(Context& context, const CsvTable& table) {
  std::vector<TracedRound> rounds;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (table.whole(context, r, "round") != static_cast<std::int64_t>(r))
      context.error(table.where(r, "round"), fmt::format("expected round {}: rounds count up from 0", r));
    rounds.push_back({table.whole(context, r, "forward_rows"), table.whole(context, r, "forward_received"),
                      table.whole(context, r, "backward_rows"),
                      table.whole(context, r, "backward_received")});
    for (const char* name : {"forward_rows", "backward_rows"})
      if (table.text(r, name) == "0") context.error(table.where(r, name), "a round without routed rows");
  }
  return rounds;
}

std::vector<TracedOp> read_ops(Context& context, const CsvTable& table, const CsvTable& rounds) {
  std::vector<TracedOp> ops;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    TracedOp op{table.text(row, "block"), table.text(row, "op"), table.text(row, "class"), {}, {}, {}, {}};
    const std::string wall = wall_column(op.name);
    for (std::size_t r = 0; r < rounds.rows.size(); ++r) {
      op.durations.push_back(microseconds(table.number(context, row, time_column(r))));
      op.wall.push_back(wall.empty() ? op.durations.back() : microseconds(rounds.number(context, r, wall)));
    }
    ops.push_back(std::move(op));
  }
  return ops;
}

std::vector<std::string> beside_columns(std::size_t rounds) {
  std::vector<std::string> columns{"block", "op"};
  for (std::size_t r = 0; r < rounds; ++r)
    for (const char* kind : {"dispatch", "combine", "barrier"})
      columns.push_back(fmt::format("{}_round{}", kind, r));
  return columns;
}

// Ops that the table leaves out ran beside no communication.
void read_beside(Context& context, const CsvTable& table, std::size_t rounds, std::vector<TracedOp>& ops) {
  for (TracedOp& op : ops) {
    op.exchange.assign(rounds, 0);
    op.barrier.assign(rounds, 0);
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      if (table.text(row, "block") != op.block || table.text(row, "op") != op.name) continue;
      for (std::size_t r = 0; r < rounds; ++r) {
        const auto share = [&](const char* kind) {
          return table.number(context, row, fmt::format("{}_round{}", kind, r));
        };
        op.exchange[r] = share("dispatch") + share("combine");
        op.barrier[r] = share("barrier");
        if (op.exchange[r] + op.barrier[r] > 1.02)  // rounded to hundredths
          context.error(table.where(row, fmt::format("dispatch_round{}", r)),
                        "shares of one time that add up to more than it");
      }
    }
  }
}

}  // namespace

TracedPair load_traced_pair(const TraceFiles& files) {
  Context context;
  TracedPair traced;
  const auto rounds = read_csv(context, files.rounds,
                               {"round", "forward_rows", "forward_received", "backward_rows",
                                "backward_received", "down_wgrad_us", "gateup_wgrad_us"});
  if (rounds) traced.rounds = read_rounds(context, *rounds);
  std::vector<std::string> columns{"block", "op", "class"};
  for (std::size_t r = 0; r < traced.rounds.size(); ++r) columns.push_back(time_column(r));
  const auto ops = read_csv(context, files.ops, columns);
  if (ops && rounds) traced.ops = read_ops(context, *ops, *rounds);
  const auto beside = read_csv(context, files.beside, beside_columns(traced.rounds.size()));
  if (beside) read_beside(context, *beside, traced.rounds.size(), traced.ops);
  const auto pair = read_csv(context, files.pair, {"wall_us", "tokens", "local_experts"});
  if (pair) {
    traced.wall = microseconds(pair->number(context, 0, "wall_us"));
    traced.tokens = pair->whole(context, 0, "tokens");
    traced.local_experts = pair->whole(context, 0, "local_experts");
    if (traced.wall <= seconds(0) && context.error_count() == 0)
      context.error(pair->where(0, "wall_us"), "a pair that takes no time");
  }
  context.throw_if_any();
  return traced;
}

}  // namespace foretrain::spec
