#include "cli/export_text.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "report/json.hpp"
#include "report/milliseconds.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"

namespace foretrain::cli {
namespace {

using interchange::collective_kinds;
using interchange::Totals;
using report::size_text;

std::string count_of(std::uint64_t count) {
  return report::whole(static_cast<double>(count));
}
std::string bytes_of(std::uint64_t count) {
  return size_text(bytes(static_cast<double>(count)));
}

// Kernels, messages and every kind of collective that there is.
std::string kinds_text(const Totals& totals) {
  report::Table table{{report::left("nodes"), report::right("count"), report::right("bytes"),
                       report::right("FLOP"), report::left("")},
                      {}};
  table.add({"compute", count_of(totals.compute), size_text(totals.moved),
             report::count_text(totals.work.base()), "bytes: read and written in GPU memory"});
  table.add({"sends", count_of(totals.sends), size_text(totals.messages), "", ""});
  table.add({"receives", count_of(totals.receives), "", "", ""});
  for (std::size_t k = 0; k < collective_kinds; ++k)
    if (totals.counts[k] > 0)
      table.add({std::string(name_of(static_cast<interchange::Collective>(k))), count_of(totals.counts[k]),
                 size_text(totals.bytes[k]), "",
                 totals.folded[k] > 0 ? "folded: compute nodes of their time" : "as each rank puts them in"});
  return report::to_text(table);
}

void write_totals(report::JsonWriter& json, const Totals& totals) {
  json.member("nodes", totals.nodes()).member("compute_nodes", totals.compute);
  json.member("send_nodes", totals.sends).member("receive_nodes", totals.receives);
  json.member("collective_nodes", totals.collectives);
  json.member("work_flop", totals.work.base()).member("memory_bytes", totals.moved.base());
  json.member("message_bytes", totals.messages.base());
  json.key("collectives").begin_array();
  for (std::size_t k = 0; k < collective_kinds; ++k)
    if (totals.counts[k] > 0)
      json.begin_object()
          .member("kind", name_of(static_cast<interchange::Collective>(k)))
          .member("count", totals.counts[k])
          .member("folded", totals.folded[k])
          .member("bytes", totals.bytes[k].base())
          .end_object();
  json.end_array();
}

void write_written(report::JsonWriter& json, const char* key, const std::optional<Written>& written) {
  if (!written) return;
  json.key(key).begin_object().member("where", written->where).member("files", written->files);
  json.member("bytes", written->bytes).end_object();
}

struct Busy {  // of the ranks
  Seconds mean{}, least{}, most{};
};
Busy busy_of(const interchange::Replay& replay) {
  Busy busy;
  if (replay.computing.empty()) return busy;
  const auto [least, most] = std::minmax_element(replay.computing.begin(), replay.computing.end());
  busy.least = sim::to_seconds(*least);
  busy.most = sim::to_seconds(*most);
  for (const auto ticks : replay.computing)
    busy.mean += sim::to_seconds(ticks) / static_cast<double>(replay.computing.size());
  return busy;
}

}  // namespace

std::string to_text(const Exported& e) {
  std::string text = fmt::format("one step of {}, {}: {} micro-batches, {}\n", e.stage, e.scenario,
                                 e.micro_batches, e.schedule);
  text += fmt::format("  simulated  {}\n", report::time_text(e.step_time));
  text += e.ranks == e.gpus
              ? fmt::format("  ranks      {}, one a GPU\n", report::whole(static_cast<double>(e.ranks)))
              : fmt::format("  ranks      {}, one a pipeline rank, each for {} GPUs\n", e.ranks,
                            report::whole(static_cast<double>(e.gpus) / static_cast<double>(e.ranks)));
  text += fmt::format("  level      {}\n", e.level);
  if (e.chakra)
    text += fmt::format("  chakra     {}/trace.0.et to {}.et, {}\n", e.chakra->where, e.ranks - 1,
                        bytes_of(e.chakra->bytes));
  if (e.goal) text += fmt::format("  goal       {}, {}\n", e.goal->where, bytes_of(e.goal->bytes));
  return text + "\n" + kinds_text(e.totals);
}

std::string to_json(const Exported& e) {
  report::JsonWriter json;
  json.begin_object().member("scenario", e.scenario).member("stage", e.stage);
  json.member("schedule", e.schedule).member("micro_batches", e.micro_batches);
  json.member("level", e.level).member("ranks", e.ranks).member("gpus", e.gpus);
  json.member("step_time_s", e.step_time.base());
  write_written(json, "chakra", e.chakra);
  write_written(json, "goal", e.goal);
  write_totals(json, e.totals);
  return json.end_object().take();
}

std::string to_text(const Imported& i) {
  const Busy busy = busy_of(i.replay);
  const auto totals = totals_of(i.files.workload);
  const auto ranks = i.files.workload.ranks.size();
  std::string text = i.files.prefix + ".0.et";
  text += ranks > 1 ? fmt::format(" to {}.et\n", ranks - 1) : "\n";
  text += fmt::format("  ranks      {}, {} nodes, {}\n", count_of(ranks), count_of(totals.nodes()),
                      bytes_of(i.files.bytes));
  text +=
      "  in order   what nodes need exists and none waits in a circle; sends have their receives,\n"
      "             collectives all their members\n";
  text += i.rates.nic ? fmt::format("  times      compute as in the traces, messages and collectives at {}\n",
                                    report::bandwidth_text(*i.rates.nic))
                      : "  times      as in the traces\n";
  text += fmt::format("  makespan   {} ({} ms)\n", report::time_text(sim::to_seconds(i.replay.makespan)),
                      report::milliseconds_text(i.replay.makespan.time_since_epoch()));
  text += fmt::format("  computing  {} a rank in the mean, {} to {}\n", report::time_text(busy.mean),
                      report::time_text(busy.least), report::time_text(busy.most));
  return text + "\n" + kinds_text(totals);
}

std::string to_json(const Imported& i) {
  const Busy busy = busy_of(i.replay);
  report::JsonWriter json;
  json.begin_object().member("prefix", i.files.prefix).member("ranks", i.files.workload.ranks.size());
  json.member("file_bytes", i.files.bytes);
  json.member("makespan_s", report::seconds_of(i.replay.makespan.time_since_epoch()));
  json.member("makespan_ns", i.replay.makespan.time_since_epoch().count());
  json.member("computing_mean_s", busy.mean.base()).member("computing_least_s", busy.least.base());
  json.member("computing_most_s", busy.most.base()).member("events", i.replay.events);
  write_totals(json, totals_of(i.files.workload));
  return json.end_object().take();
}

}  // namespace foretrain::cli
