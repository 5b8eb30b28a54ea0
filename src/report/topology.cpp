#include "report/topology.hpp"

#include <fmt/format.h>

#include "base/words.hpp"
#include "report/json.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"
#include "topology/measure.hpp"

namespace foretrain::report {
namespace {

using study::Survey;
using topology::Distances;

std::string grouped(std::int64_t n) {
  return whole(static_cast<double>(n));
}

// "2,048 endpoint to switch, 2,048 leaf to spine"
template <class Kind, std::size_t N>
std::string kinds_text(const std::array<std::int64_t, N>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < N; ++i)
    if (numbers[i] > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(numbers[i]),
                          topology::name_of(static_cast<Kind>(i), numbers[i]));
  return text;
}

std::string how_text(const Distances& d) {
  switch (d.how) {
    case Distances::How::all:
      return "exact";
    case Distances::How::by_symmetry:
      return "exact: all endpoints see what these see, by symmetry";
    case Distances::How::sampled:
      break;
  }
  return fmt::format("a sample: searched from {} places, so the diameter is at least this",
                     grouped(d.searched));
}

std::string distance_text(const Distances& d) {
  std::string text =
      fmt::format("at most {} links between two endpoints, {} on average", d.diameter, significant(d.mean));
  if (d.switch_diameter > 0) text += fmt::format("; at most {} between switches", d.switch_diameter);
  text += fmt::format(" ({})", how_text(d));
  if (d.joined < 1)
    text += fmt::format("; {} of the pairs are not joined at all", percent_text(1 - d.joined));
  return text;
}

std::string bisection_text(const Survey& s) {
  if (s.counts.endpoints < 2) return "none: a single endpoint has no halves";
  if (!s.bisection) return "not known: no closed form for this shape, and too large to search";
  const auto& b = *s.bisection;
  return fmt::format("{}{} links, {} one way, {} of what half of the endpoints send: {}",
                     b.exact ? "" : "at most ", grouped(b.links), bandwidth_text(b.one_way),
                     percent_text(s.full_bisection), b.how);
}

std::string cost_text(const spec::Network& n, const study::NetworkCost& cost) {
  return fmt::format("{}, {} an endpoint; {} of switches at {}, {} of links between them at {}",
                     dollars_text(cost.total), dollars_text(cost.per_endpoint), dollars_text(cost.switches),
                     dollars_text(n.prices->one_switch.value), dollars_text(cost.links),
                     dollars_text(n.prices->one_link.value));
}

std::string ports_text(const topology::FabricCounts& c) {
  return c.fewest_ports == c.most_ports
             ? fmt::format("{} used of each switch", c.most_ports)
             : fmt::format("{} to {} used of a switch", c.fewest_ports, c.most_ports);
}

void write_rates(JsonWriter& json, const spec::Network& n) {
  json.key("links_by_sort").begin_object();
  for (const spec::NetworkLink& link : n.links) {
    json.key(link.name).begin_object().member("rate_bytes_per_s", link.rate.value.base());
    json.member("latency_s", link.latency.value.base()).member("source", link.rate.from.source).end_object();
  }
  json.end_object();
}

}  // namespace

std::string to_text(const spec::Network& n, const Survey& s) {
  const auto& c = s.counts;
  std::string text = fmt::format("{}   ({})\n", n.name, n.file);
  text +=
      wrap(fmt::format("{}, {} endpoint{}", n.fabric.kind, grouped(c.endpoints), c.endpoints == 1 ? "" : "s"),
           "  kind       ");
  text += wrap(kinds_text<topology::NodeKind>(c.nodes), "  nodes      ");
  text += wrap(fmt::format("{}, {} of them between {}: {}", grouped(c.links_in_all), grouped(c.trunks),
                           c.switches > 0 ? "switches" : "nodes", kinds_text<topology::LinkKind>(c.links)),
               "  links      ");
  if (c.switches > 0)
    text += wrap(fmt::format("{}, ports {}", grouped(c.switches), ports_text(c)), "  switches   ");
  text += wrap(distance_text(s.distances), "  distance   ");
  text += wrap(bisection_text(s), "  bisection  ");
  if (s.cost) text += wrap(cost_text(n, *s.cost), "  cost       ");
  text += "\n";
  for (const spec::NetworkLink& link : n.links) {
    std::string line = bandwidth_text(link.rate.value);
    if (link.latency.value.base() > 0) line += ", " + time_text(link.latency.value);
    line += fmt::format(" [{}{}{}]", link.rate.from.source, link.latency.from.source.empty() ? "" : "; ",
                        link.latency.from.source);
    text += wrap(line, fmt::format("  {:<10} ", link.name));
  }
  if (n.prices)
    text += wrap(fmt::format("switch [{}]; link [{}]", n.prices->one_switch.from.source,
                             n.prices->one_link.from.source),
                 "  prices     ");
  if (!n.source.empty()) text += wrap(n.source, "  source     ");
  return text;
}

std::string to_json(const spec::Network& n, const Survey& s) {
  JsonWriter json;
  const auto& c = s.counts;
  json.begin_object().member("name", n.name).member("file", n.file).member("kind", n.fabric.kind);
  json.member("endpoints", c.endpoints).member("switches", c.switches);
  json.member("links_between_switches", c.trunks).member("links", c.links_in_all);
  json.member("fewest_ports", c.fewest_ports).member("most_ports", c.most_ports);
  json.key("distance").begin_object().member("diameter_links", s.distances.diameter);
  json.member("diameter_between_switches", s.distances.switch_diameter)
      .member("mean_links", s.distances.mean);
  json.member("exact", s.distances.how != Distances::How::sampled);
  json.member("searched", s.distances.searched).member("joined", s.distances.joined).end_object();
  json.key("bisection");
  if (s.bisection) {
    json.begin_object().member("links", s.bisection->links);
    json.member("one_way_bytes_per_s", s.bisection->one_way.base());
    json.member("share_of_half_sending", s.full_bisection).member("exact", s.bisection->exact);
    json.member("how", s.bisection->how).end_object();
  } else {
    json.null();
  }
  json.key("cost");
  if (s.cost) {
    json.begin_object()
        .member("total_usd", s.cost->total.base())
        .member("switches_usd", s.cost->switches.base());
    json.member("links_usd", s.cost->links.base()).member("per_endpoint_usd", s.cost->per_endpoint.base());
    json.member("switch_usd", n.prices->one_switch.value.base());
    json.member("switch_source", n.prices->one_switch.from.source);
    json.member("link_usd", n.prices->one_link.value.base());
    json.member("link_source", n.prices->one_link.from.source).end_object();
  } else {
    json.null();
  }
  write_rates(json, n);
  json.member("source", n.source).end_object();
  return json.take();
}

}  // namespace foretrain::report
