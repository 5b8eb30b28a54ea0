#include "cli/calibrate_trace_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>

#include "report/numbers.hpp"
#include "report/table.hpp"

namespace foretrain::cli {
namespace {

using report::left, report::right;

struct Sum {
  std::size_t kernels = 0;
  Seconds time{};
  void add(Seconds more) { ++kernels, time += more; }
};

std::string microseconds(Seconds time) {
  return report::fixed(time.base() * 1e6, 0);
}

std::string sums_text(const std::string& title, const std::map<std::string, Sum>& sums, Seconds all) {
  std::vector<std::pair<std::string, Sum>> rows(sums.begin(), sums.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second.time > b.second.time; });
  report::Table table{.columns = {left(title), right("kernels"), right("time, us"), right("share")},
                      .rows = {}};
  Sum total;
  for (const auto& [name, sum] : rows) {
    table.add({name, fmt::format("{}", sum.kernels), microseconds(sum.time),
               all > seconds(0) ? report::percent_text(sum.time / all) : ""});
    total.kernels += sum.kernels, total.time += sum.time;
  }
  table.add_rule();
  table.add({"all", fmt::format("{}", total.kernels), microseconds(total.time), ""});
  return report::to_text(table);
}

std::string reasons_text(const calibrate::NamedTrace& named) {
  constexpr std::size_t most = 20;
  if (named.reasons.empty()) return {};
  std::string text = "\nWITHOUT A NAME\n";
  for (std::size_t i = 0; i < named.reasons.size() && i < most; ++i)
    text += report::wrap(named.reasons[i], "  ");
  if (named.reasons.size() > most)
    text += fmt::format("  and {} more reasons\n", named.reasons.size() - most);
  return text;
}

std::string list_text(const char* title, const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "" : report::wrap(text, fmt::format("  {}: ", title));
}

}  // namespace

std::string to_text(const ImportedTrace& imported) {
  const auto& [trace, rules, named] = imported;
  std::map<std::string, Sum> classes, blocks;
  for (const auto& n : named.events) {
    classes[n.op.empty() ? "(no name)" : n.op_class].add(n.event->duration);
    blocks[n.block == nullptr ? "(no block)" : n.block->annotation].add(n.event->duration);
  }
  const Seconds all = named.named + named.unnamed;
  std::string text =
      fmt::format("{}: {} on {}{}, {} rounds; rules {}\n\n", trace.file, trace.events.size(),
                  trace.device.empty() ? "a GPU without a name" : trace.device,
                  trace.sms > 0 ? fmt::format(" ({} SMs)", trace.sms) : "", named.rounds, rules.name);
  text += "SUMS OF DURATIONS (two streams may run at once)\n" + sums_text("class", classes, all) + "\n" +
          sums_text("launched in", blocks, all);
  text += fmt::format("  named: {} of kernel time\n",
                      all > seconds(0) ? report::percent_text(named.named / all) : "nothing");
  return text + reasons_text(named);
}

std::string to_text(const calibrate::ImportedPair& pair, const calibrate::TraceRules& rules) {
  const auto& traced = pair.traced;
  std::string text =
      fmt::format("\nTHE ROUNDS: {} tokens a micro-batch, {} experts here; {} ms in all\n", traced.tokens,
                  traced.local_experts, report::fixed(traced.wall.base() * 1e3, 2));
  report::Table table{.columns = {left("round"), right("rows forward"), right("received"),
                                  right("rows backward"), right("received")},
                      .rows = {}};
  for (std::size_t r = 0; r < traced.rounds.size(); ++r) {
    const auto& round = traced.rounds[r];
    const auto count = [](std::int64_t n) { return fmt::format("{}", n); };
    table.add({fmt::format("{}", r), count(round.forward_rows), count(round.forward_received),
               count(round.backward_rows), count(round.backward_received)});
  }
  text += report::to_text(table);
  return text +
         report::wrap(fmt::format("Communication kernels hold {} SMs; an exchange takes {} of the bandwidth "
                                  "from what runs beside it (exchange_hbm of the software profile).",
                                  pair.communication_sms, report::percent_text(rules.exchange_hbm)),
                      "  ");
}

std::string ops_text(const spec::TracedPair& traced) {
  report::Table table{.columns = {left("block"), left("op"), left("class")}, .rows = {}};
  for (std::size_t r = 0; r < traced.rounds.size(); ++r)
    table.columns.push_back(right(fmt::format("round {}, us", r)));
  for (const auto& op : traced.ops) {
    std::vector<std::string> row{op.block, op.name, op.op_class};
    for (const Seconds wall : op.wall) row.push_back(microseconds(wall));
    table.add(std::move(row));
  }
  return "\nOPS BY ROUND, in launch order (kernels of one name added; on two streams, until the last "
         "ends)\n" +
         report::to_text(table);
}

std::string to_text(const calibrate::TracedPoints& points) {
  std::map<std::string, Sum> families;
  Seconds all{};
  for (const auto& point : points.points) {
    families[std::string(name_of(point.measured.kernel.family))].add(point.measured.time);
    all += point.measured.time;
  }
  report::Table table{.columns = {left("family"), right("measurements"), right("time, us")}, .rows = {}};
  for (const auto& [name, sum] : families)
    table.add({name, fmt::format("{}", sum.kernels), microseconds(sum.time)});
  table.add_rule();
  table.add({"all", fmt::format("{}", points.points.size()), microseconds(all)});
  return "\nMEASUREMENTS, one an op and round\n" + report::to_text(table) +
         list_text("in the trace and not in the op list", points.only_traced) +
         list_text("in the op list and not in the trace", points.only_listed);
}

}  // namespace foretrain::cli
