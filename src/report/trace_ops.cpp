#include "report/trace_ops.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "hardware/kernel_cost.hpp"
#include "report/numbers.hpp"

namespace foretrain::report {

namespace {

// The point a share of the way from start to end, to the nanosecond; never outside.
sim::SimTime between(sim::SimTime start, sim::SimTime end, double share) {
  const double length = static_cast<double>((end - start).count());
  return start + sim::Ticks(static_cast<std::int64_t>(std::clamp(share, 0.0, 1.0) * length));
}

std::string op_detail(const model::Op& op, const hardware::KernelPrice& price) {
  if (op.communication)
    return fmt::format("{} of {}; exposed {}", name_of(op.communication->pattern),
                       size_text(op.communication->buffer), time_text(price.time));
  return fmt::format("{}; alone {}; {} FLOP, {}", name_of(op.kernel.family), time_text(price.time),
                     count_text(op.kernel.work.base()), size_text(op.kernel.read + op.kernel.written));
}

hardware::KernelPrice price_of(const model::Op& op, const Inside& inside, const SegmentOps& found) {
  const auto& inputs = inside.prepared.inputs;
  if (!op.communication) return hardware::price(op.kernel, *inputs.gpu, found.conditions);
  hardware::KernelPrice price;
  price.time = price.busy =
      cluster::exposed_time(op, found.ops, inputs.collectives, *inputs.gpu, found.conditions);
  return price;
}

void add_ops(const Inside& inside, const SegmentOps& found, const OpenedEvent& segment,
             std::vector<OpenedEvent>& out) {
  std::vector<hardware::KernelPrice> prices;
  Seconds total{};
  for (const model::Op& op : found.ops) {
    prices.push_back(price_of(op, inside, found));
    total += prices.back().time;
  }
  if (total <= seconds(0)) return;
  Seconds done{};
  for (std::size_t i = 0; i < found.ops.size(); ++i) {
    OpenedEvent event;
    event.name = found.ops[i].name;
    const auto& op = found.ops[i];
    event.category = op.communication ? name_of(op.communication->pattern) : name_of(op.kernel.family);
    event.detail = op_detail(found.ops[i], prices[i]);
    event.start = between(segment.start, segment.end, done / total);
    done += prices[i].time;
    event.end = between(segment.start, segment.end, i + 1 == found.ops.size() ? 1.0 : done / total);
    out.push_back(std::move(event));
  }
}

}  // namespace

std::vector<OpenedEvent> open_chunk(const Inside& inside, const cluster::ChunkKey& key, sim::SimTime start,
                                    sim::SimTime end) {
  const ChunkInside chunk = look_inside(inside, key);
  std::vector<OpenedEvent> events;
  const double length = static_cast<double>(std::max<std::int64_t>(1, chunk.duration.count()));
  const auto share = [length](sim::SimTime t) {
    return static_cast<double>(t.time_since_epoch().count()) / length;
  };
  for (const cluster::SegmentSpan& span : chunk.spans) {
    const cluster::Segment& s = chunk.work.chunk.segments[static_cast<std::size_t>(span.segment)];
    const auto& units = s.backward_side ? chunk.work.backward : chunk.work.forward;
    OpenedEvent event;
    event.thread = s.is_exchange ? Thread::communication : Thread::compute;
    event.category = s.is_exchange ? "exchange" : "segment";
    event.name = s.is_exchange ? name_of(s.exchange) : name_of(s.block);
    event.detail = fmt::format("{} {} of the chunk's {} side", model::name_of(units[s.unit].unit), s.unit,
                               s.backward_side ? "backward" : "forward");
    event.start = between(start, end, share(span.start));
    event.end = between(start, end, share(span.end));
    events.push_back(event);
    if (!s.is_exchange) add_ops(inside, ops_behind(inside, key, chunk, s), event, events);
  }
  return events;
}

}  // namespace foretrain::report
