#include "report/what_traffic.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "report/numbers.hpp"
#include "report/table.hpp"

namespace foretrain::report {
namespace {

using cluster::TrafficClass;

// Of a class, means over draws.
network::Slowdown mean_of(const study::WhatRow& row, TrafficClass which) {
  network::Slowdown mean{0, 0, 0};
  for (const auto& draw : row.traffic) {
    mean.slowest += draw[which].slowest;
    mean.mean += draw[which].mean;
    mean.crossing += draw[which].crossing;
  }
  const auto draws = static_cast<double>(row.traffic.size());
  return {mean.slowest / draws, mean.mean / draws, mean.crossing / draws};
}

constexpr std::string_view note =
    "Times as long as at the rates of their own NICs, where all groups of a class send at once and each "
    "waits "
    "for its slowest message; of the slowest group, which the step takes for all. Groups that start apart "
    "lose "
    "less; a group that lies under one leaf meets nobody. Means over draws.";

}  // namespace

std::string range_of_draws(const study::WhatRow& row) {
  if (row.steps.size() < 2) return "";
  const auto [least, most] = std::minmax_element(row.steps.begin(), row.steps.end());
  const std::string from = fixed(least->base(), 3), to = fixed(most->base(), 3);
  return from == to ? from : from + " - " + to;
}

std::string traffic_text(const study::WhatOutcome& answer, bool experts) {
  std::vector<TrafficClass> classes{TrafficClass::pipeline, TrafficClass::gradients};
  if (experts) {
    classes.insert(classes.begin(), TrafficClass::exchange);
    classes.push_back(TrafficClass::expert_gradients);
  }
  Table table{{left("change")}, {}};
  for (const TrafficClass c : classes) {
    table.columns.push_back(right(std::string(cluster::traffic_names[static_cast<std::size_t>(c)])));
    table.columns.push_back(right("takes"));
  }
  for (const auto& row : answer.rows) {
    if (row.traffic.empty()) continue;
    std::vector<std::string> cells{row.change};
    for (const TrafficClass c : classes) {
      const network::Slowdown use = mean_of(row, c);
      cells.push_back(fmt::format("{:.0f} %", 100 * use.crossing));
      cells.push_back(fmt::format("x {:.2f}", use.slowest));
    }
    table.add(std::move(cells));
  }
  if (table.rows.empty()) return "";
  return "\nWHERE FLOWS MEET: share of the bytes between nodes that leave their leaf, and what time they "
         "take\n" +
         to_text(table) + wrap(std::string(note), "  ");
}

void write_traffic(JsonWriter& json, const study::WhatRow& row) {
  if (row.traffic.empty()) return;
  json.key("steps_s").begin_array();
  for (const Seconds step : row.steps) json.value(step.base());
  json.end_array().key("traffic").begin_array();
  for (std::size_t c = 0; c < cluster::traffic_classes; ++c) {
    const network::Slowdown use = mean_of(row, static_cast<TrafficClass>(c));
    json.begin_object().member("class", cluster::traffic_names[c]).member("leaves_leaf", use.crossing);
    json.member("slowest_group", use.slowest).member("mean_group", use.mean).end_object();
  }
  json.end_array();
}

}  // namespace foretrain::report
