#include "report/network.hpp"

#include <fmt/format.h>

#include "base/words.hpp"
#include "report/json.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"

namespace foretrain::report {
namespace {

using study::NetworkFidelity;
using study::NetworkOutcome;
using study::Traffic;
using study::TrafficPattern;

std::string each_text(const Traffic& t) {
  switch (t.pattern) {
    case TrafficPattern::alltoall:
      return "from each, shared out among all";
    case TrafficPattern::ring_allreduce:
    case TrafficPattern::tree_allreduce:
      return "summed over all";
    case TrafficPattern::permutation:
      return "from each to one other";
    case TrafficPattern::incast:
      return "from each to the first";
    case TrafficPattern::dispatch:
      return fmt::format("of tokens from each to {} of {} experts and back, in FP8 and BF16", t.experts.top_k,
                         t.experts.experts);
  }
  return "";
}

std::string how_text(const NetworkOutcome& o, const Traffic& t) {
  if (t.fidelity == NetworkFidelity::analytic)
    return "analytic: no simulation, closed forms and the bytes of each channel";
  std::string text = "flow: every message in time, channels shared max-min fairly";
  if (o.merged)
    text += fmt::format("; what ends within {} of the elapsed time gives its share back together",
                        percent_text(study::merge_share));
  return text;
}

std::string messages_text(const NetworkOutcome& o) {
  const double messages = static_cast<double>(o.messages);
  if (o.flows == 0) return whole(messages);
  return fmt::format(
      "{} as {} {}{}; {} {}, {} {}", whole(messages), whole(static_cast<double>(o.flows)),
      plural(static_cast<double>(o.flows), "flow", "flows"), o.folded ? ", alike ones folded" : "",
      whole(static_cast<double>(o.events)), plural(static_cast<double>(o.events), "event", "events"),
      whole(static_cast<double>(o.solves)), plural(static_cast<double>(o.solves), "solve", "solves"));
}

std::string levels_text(const NetworkOutcome& o) {
  Table table{
      {left("links"), right("channels"), right("used"), right("carried"), right("mean use"), right("most")},
      {}};
  for (const study::NetworkLevel& level : o.levels)
    table.add({std::string(study::name_of(level.kind)), whole(static_cast<double>(level.channels)),
               whole(static_cast<double>(level.used)), size_text(level.carried), percent_text(level.mean),
               percent_text(level.highest)});
  return to_text(table);
}

std::string links_text(const study::LinkTable& t) {
  Table table{{left("from"), left("to"), left("kind"), right("carried"), right("use")}, {}};
  for (const study::LinkUse& link : t.links)
    table.add({link.from, link.to, std::string(study::name_of(link.kind)), size_text(link.carried),
               percent_text(link.use)});
  const auto more = [](std::uint64_t n) { return whole(static_cast<double>(n)); };
  const std::uint64_t rest = t.used - t.links.size();
  return to_text(table) +
         (rest == 0 ? "  no other carries anything\n"
                    : fmt::format("  {} more channels carry bytes, {} of them as busy as the last\n",
                                  more(rest), more(t.as_busy)));
}

void write_links(JsonWriter& json, const study::LinkTable& t) {
  json.key("links").begin_array();
  for (const study::LinkUse& link : t.links) {
    json.begin_object().member("from", link.from).member("to", link.to);
    json.member("kind", study::name_of(link.kind)).member("carried_bytes", link.carried.base());
    json.member("use", link.use).end_object();
  }
  json.end_array().member("channels_used", t.used).member("more_as_busy", t.as_busy);
}

}  // namespace

std::string sizes_text(const Traffic& t) {
  return size_text(t.size) + " " + each_text(t);
}

std::string to_text(const NetworkOutcome& o, const Traffic& t, const NetworkNames& names,
                    const Links& links) {
  std::string text = fmt::format("{} among {} endpoints of {} ({}), {} routing\n", study::name_of(t.pattern),
                                 whole(t.endpoints), names.name, names.kind, study::name_of(t.routing));
  text += sizes_text(t) + "\n\n";
  if (!o.infeasible.empty()) return text + fmt::format("no answer     {}\n", o.infeasible);
  text += fmt::format("completion    {}\n", time_text(o.completion));
  text += fmt::format("bound         {}, {}: {}\n", time_text(o.bound), o.bound_term,
                      error_text(o.completion / o.bound - 1));
  text += wrap(how_text(o, t), "network       ");
  text += wrap(messages_text(o), "messages      ");
  if (o.rates > 0)
    text += fmt::format("certificates  {} of {} rates have a bottleneck\n",
                        whole(static_cast<double>(o.certified)), whole(static_cast<double>(o.rates)));
  text += fmt::format("busiest       {}, {}\n\n", o.busiest, percent_text(o.busiest_use));
  text += levels_text(o);
  return links ? text + "\n" + links_text(*links) : text;
}

std::string to_json(const NetworkOutcome& o, const Traffic& t, const NetworkNames& names,
                    const Links& links) {
  JsonWriter json;
  json.begin_object().member("network", names.name).member("kind", names.kind);
  json.member("pattern", study::name_of(t.pattern)).member("endpoints", t.endpoints);
  json.member("endpoint_bytes", t.size.base()).member("routing", study::name_of(t.routing));
  json.member("seed", t.seed);
  json.member("fidelity", t.fidelity == NetworkFidelity::flow ? "flow" : "analytic");
  if (!o.infeasible.empty()) return json.member("infeasible", o.infeasible).end_object().take();
  json.member("completion_time_s", o.completion.base()).member("bound_s", o.bound.base());
  json.member("bound_term", o.bound_term).member("messages", o.messages).member("flows", o.flows);
  json.member("folded", o.folded).member("merge_share", o.merged ? study::merge_share : 0.0);
  json.member("events", o.events).member("solves", o.solves);
  json.member("rates", o.rates).member("certified_rates", o.certified).key("levels").begin_array();
  for (const study::NetworkLevel& level : o.levels) {
    json.begin_object().member("links", study::name_of(level.kind)).member("channels", level.channels);
    json.member("channels_used", level.used).member("carried_bytes", level.carried.base());
    json.member("mean_use", level.mean).member("highest_use", level.highest).end_object();
  }
  json.end_array().member("busiest_channel", o.busiest).member("busiest_use", o.busiest_use);
  if (links) write_links(json, *links);
  return json.member("fingerprint", fmt::format("{:016x}", o.fingerprint)).end_object().take();
}

}  // namespace foretrain::report
