#pragma once
// The labelled trace of one overlapped pair (deepseek_v3_trace_*.csv) as measurements: times from the trace,
// work and bytes from the model's op lists for what was routed in that round (calibrate/trace_points.hpp).

#include <vector>

#include "calibrate/trace_points.hpp"
#include "model/v3.hpp"
#include "spec/trace_tables.hpp"

namespace foretrain::published {

inline const calibrate::TraceRules& trace_rules() {
  static const auto rules = calibrate::load_trace_rules(FORETRAIN_ROOT "/validate/rules/deepseek-v3.yaml");
  return rules;
}

inline const spec::TracedPair& labelled_pair() {
  static const auto pair = [] {
    spec::TraceFiles files;
    for (auto* file : {&files.ops, &files.beside, &files.rounds, &files.pair})
      *file = FORETRAIN_ROOT "/" + *file;
    return spec::load_traced_pair(files);
  }();
  return pair;
}

// SMs that the trace's dispatch and combine kernels hold: blocks they launch.
inline constexpr std::int64_t exchange_sms = 20;

inline std::vector<hardware::Measurement> of_family(const calibrate::TracedPoints& all, Family family) {
  std::vector<hardware::Measurement> points;
  for (const auto& point : all.points)
    if (point.measured.kernel.family == family) points.push_back(point.measured);
  return points;
}

// All ops of one family in the rounds asked for.
inline std::vector<hardware::Measurement> trace(Family family, const std::vector<std::size_t>& rounds) {
  const auto& pair = labelled_pair();
  return of_family(
      calibrate::list_points(pair, trace_rules(), testing::deepseek_v3(), pair.tokens, exchange_sms, rounds),
      family);
}

}  // namespace foretrain::published
