#include "calibrate/trace_names.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace foretrain::calibrate {
namespace {

// An annotation that the rules know, and how many of its name came before.
struct Range {
  const Annotation* annotation;
  const BlockRules* block;
  std::size_t round;
};

std::vector<Range> ranges_of(const Trace& trace, const TraceRules& rules, bool on_gpu) {
  std::vector<Range> ranges;
  std::map<std::string, std::size_t> seen;
  for (const Annotation& annotation : trace.annotations)
    if (const BlockRules* block = rules.find(annotation.name);
        block != nullptr && annotation.on_gpu == on_gpu)
      ranges.push_back({&annotation, block, seen[annotation.name]++});
  return ranges;
}

// The range around each moment that began last. Both lists are in order of time, so what has ended is never
// looked at again.
class Cursor {
 public:
  explicit Cursor(std::vector<Range> ranges) : ranges_(std::move(ranges)) {}
  const Range* at(Seconds time) {
    for (; next_ < ranges_.size() && ranges_[next_].annotation->start <= time; ++next_)
      open_.push_back(next_);
    while (!open_.empty() && ranges_[open_.back()].annotation->end < time) open_.pop_back();
    return open_.empty() ? nullptr : &ranges_[open_.back()];
  }

 private:
  std::vector<Range> ranges_;
  std::vector<std::size_t> open_;
  std::size_t next_ = 0;
};

// Kernels whose launch the trace lacks: by the profiler's projection of annotations onto their stream.
void place_on_gpu(const Trace& trace, const TraceRules& rules, NamedTrace& named) {
  const auto ranges = ranges_of(trace, rules, true);
  for (NamedEvent& n : named.events) {
    if (n.event->launched) continue;
    for (const Range& range : ranges)
      if (range.annotation->stream == n.event->stream && range.annotation->start <= n.event->start &&
          n.event->start <= range.annotation->end)
        n.block = range.block, n.round = range.round;
  }
}

NamedTrace place(const Trace& trace, const TraceRules& rules) {
  NamedTrace named;
  Cursor cursor(ranges_of(trace, rules, false));
  for (const GpuEvent& event : trace.events) {
    NamedEvent n{.event = &event, .block = nullptr, .round = 0, .op = {}, .op_class = {}};
    if (const Range* range = event.launched ? cursor.at(*event.launched) : nullptr)
      n.block = range->block, n.round = range->round;
    named.events.push_back(std::move(n));
  }
  if (std::any_of(trace.events.begin(), trace.events.end(), [](const GpuEvent& e) { return !e.launched; }))
    place_on_gpu(trace, rules, named);
  return named;
}

using Places = std::vector<NamedEvent*>;

std::string short_name(const std::string& name) {
  constexpr std::size_t most = 70;
  return name.size() <= most ? name : name.substr(0, most) + "...";
}

const KernelRule* rule_for(const BlockRules& block, const std::string& name) {
  for (const KernelRule& rule : block.rules)
    for (const std::string& pattern : rule.patterns)
      if (fits(pattern, name)) return &rule;
  return nullptr;
}

void name_block(const BlockRules& block, std::size_t round, const Places& events, NamedTrace& named) {
  std::map<const KernelRule*, Places> by_rule;
  for (NamedEvent* n : events) {
    const KernelRule* rule = rule_for(block, n->event->name);
    if (rule == nullptr)
      named.reasons.push_back(
          fmt::format("no rule of block '{}' fits '{}'", block.annotation, short_name(n->event->name)));
    else
      by_rule[rule].push_back(n);
  }
  for (const KernelRule& rule : block.rules) {  // in file order: addresses know none
    const auto found = by_rule.find(&rule);
    const std::size_t count = found == by_rule.end() ? 0 : found->second.size();
    if (rule.each && count != rule.ops.size()) {
      named.reasons.push_back(fmt::format("'{}' of block '{}' names {} kernels; round {} has {}",
                                          rule.patterns.front(), block.annotation, rule.ops.size(), round,
                                          count));
      continue;
    }
    for (std::size_t i = 0; i < count; ++i) {
      found->second[i]->op = rule.ops[rule.each ? i : 0];
      found->second[i]->op_class = rule.classes[rule.each ? i : 0];
    }
  }
}

}  // namespace

NamedTrace name_kernels(const Trace& trace, const TraceRules& rules) {
  NamedTrace named = place(trace, rules);
  for (const BlockRules& block : rules.blocks) {
    std::map<std::size_t, Places> rounds;
    for (NamedEvent& n : named.events)
      if (n.block == &block) rounds[n.round].push_back(&n);
    for (const auto& [round, events] : rounds) {
      name_block(block, round, events, named);
      named.rounds = std::max(named.rounds, round + 1);
    }
  }
  for (const NamedEvent& n : named.events) {
    (n.op.empty() ? named.unnamed : named.named) += n.event->duration;
    if (n.block == nullptr)
      named.reasons.push_back(
          fmt::format("launched in no block of the rules: '{}'", short_name(n.event->name)));
  }
  std::sort(named.reasons.begin(), named.reasons.end());
  named.reasons.erase(std::unique(named.reasons.begin(), named.reasons.end()), named.reasons.end());
  return named;
}

}  // namespace foretrain::calibrate
