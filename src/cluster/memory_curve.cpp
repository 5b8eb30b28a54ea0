#include "cluster/memory_curve.hpp"

namespace foretrain::cluster {

MemoryCurve memory_curve(const plan::Program& program, std::size_t rank, const std::vector<Span>& spans,
                         const plan::PlanSpec& plan, const std::vector<plan::UnitMemory>& units,
                         const plan::MemoryReport& report) {
  const auto kept = plan::kept_by_stage(plan, units);
  auto loads = plan::no_load(program, rank);
  MemoryCurve curve;
  const auto add = [&](sim::SimTime at) {
    MemoryPoint point{at, plan::total_with(report, plan::kept_in_flight(plan, units, loads)), 0};
    for (const auto& load : loads) point.micro_batches += load.chunks;
    const bool same = !curve.points.empty() && curve.points.back().used == point.used &&
                      curve.points.back().micro_batches == point.micro_batches;
    if (!same) curve.points.push_back(point);
  };
  add({});
  curve.held = loads;
  Bytes most;
  for (const Span& span : spans) {
    const auto& instruction = program.per_rank[rank][static_cast<std::size_t>(span.instruction)];
    plan::begin(instruction, loads);
    add(span.start);
    if (const Bytes sum = plan::sum_of(loads, kept); sum > most) {
      most = sum;
      curve.peak = curve.points.size() - 1;
      curve.held = loads;
    }
    plan::end(instruction, loads);
    add(span.end);
  }
  return curve;
}

}  // namespace foretrain::cluster
