#include "cluster/pipeline_metrics.hpp"

#include "base/check.hpp"

namespace foretrain::cluster {

std::vector<RankMetrics> measure(const plan::Program& program, const Timeline& timeline, std::size_t lane) {
  check(lane < timeline.spans.size() && timeline.spans[lane].size() == program.per_rank.size(),
        "the timeline is of another program");
  const std::vector<std::int32_t> peaks = plan::peak_activations(program);
  std::vector<RankMetrics> metrics(program.per_rank.size());
  for (std::size_t rank = 0; rank < metrics.size(); ++rank) {
    RankMetrics& m = metrics[rank];
    for (const Span& span : timeline.spans[lane][rank]) {
      const auto& list = program.per_rank[rank];
      const auto action = static_cast<std::size_t>(list[static_cast<std::size_t>(span.instruction)].action);
      m.busy_by[action] += span.end - span.start;
      m.busy += span.end - span.start;
      ++m.counts[action];
    }
    m.bubble = timeline.makespan.time_since_epoch() - m.busy;
    m.peak_activations = peaks[rank];
  }
  return metrics;
}

}  // namespace foretrain::cluster
