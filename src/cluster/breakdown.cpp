#include "cluster/breakdown.hpp"

#include <algorithm>

namespace foretrain::cluster {

void book(const ChunkSample& sample, sim::Ticks duration, plan::Action action, Breakdown& row) {
  const Seconds whole = sim::to_seconds(duration);
  const Seconds weight = sim::to_seconds(sample.weight);
  switch (action) {
    case plan::Action::forward:
      row.forward += whole;
      break;
    case plan::Action::backward:
      row.weight += weight;
      row.backward += whole - weight;
      break;
    case plan::Action::input_backward:
      row.backward += whole;
      break;
    case plan::Action::weight:
      row.weight += whole;
      break;
    case plan::Action::pair:
      row.overlapped += whole;
      break;
  }
  row.exposed_communication +=
      std::max(seconds(0), sim::to_seconds(duration - sample.compute)) + sim::to_seconds(sample.collective);
}

Breakdown mean_of(const std::vector<Breakdown>& rows) {
  Breakdown mean;
  const double n = static_cast<double>(rows.size());
  for (const Breakdown& r : rows) {
    mean.forward += r.forward / n;
    mean.backward += r.backward / n;
    mean.weight += r.weight / n;
    mean.overlapped += r.overlapped / n;
    mean.bubble += r.bubble / n;
    mean.optimizer += r.optimizer / n;
    mean.exposed_communication += r.exposed_communication / n;
  }
  return mean;
}

}  // namespace foretrain::cluster
