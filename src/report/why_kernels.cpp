// The kernels inside a chunk, by family, and the calibration rows that price them.

#include <fmt/core.h>

#include <array>
#include <map>

#include "report/curves.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/why_sections.hpp"

namespace foretrain::report {

namespace {

struct FamilySum {
  std::int64_t ops = 0;
  Seconds time{};
  Flops work{};
  Bytes moved{};
  std::map<std::string, Seconds> bound;
};

std::string mostly_bound(const FamilySum& sum) {
  std::string name;
  Seconds most{};
  for (const auto& [bound, time] : sum.bound) {
    if (time > most) most = time, name = bound;
  }
  return name;
}

}  // namespace

std::string why_kernels(const Question& q, const cluster::ChunkKey& key, const ChunkInside& chunk,
                        std::string_view row) {
  std::map<Family, FamilySum> families;
  CurvesUsed used;
  Seconds priced{}, ran{};
  for (const cluster::SegmentSpan& span : chunk.spans) {
    const auto& segment = chunk.work.chunk.segments[static_cast<std::size_t>(span.segment)];
    if (segment.is_exchange || !in_row(key, segment.block, row)) continue;
    ran += sim::to_seconds(span.end - span.start);
    const SegmentOps found = ops_behind(q.inside, key, chunk, segment);
    for (const model::Op& op : found.ops) {
      if (op.communication) {
        const auto& inputs = q.inside.prepared.inputs;
        priced += cluster::exposed_time(op, found.ops, inputs.collectives, *inputs.gpu, found.conditions);
        continue;
      }
      const auto price = hardware::price(op.kernel, *q.inside.prepared.inputs.gpu, found.conditions);
      FamilySum& sum = families[op.kernel.family];
      ++sum.ops;
      sum.time += price.time;
      sum.work += op.kernel.work;
      sum.moved += op.kernel.read + op.kernel.written;
      sum.bound[bound_text(price)] += price.time;
      priced += price.time;
      used.add(op.kernel.family, *price.curve);
    }
  }
  Table table{{left("family"), right("ops"), right("ms"), right("share"), right("TFLOP/s"), right("GB/s"),
               left("bound by")},
              {}};
  for (const auto& [family, sum] : families) {
    table.add({std::string(name_of(family)), whole(double(sum.ops)), fixed(sum.time.base() * 1e3, 2),
               percent_text(sum.time / ran),
               mostly_bound(sum) == "compute" ? fixed((sum.work / sum.time).base() / 1e12, 0) : "",
               fixed((sum.moved / sum.time).base() / 1e9, 0), mostly_bound(sum)});
  }
  const bool ring = q.inside.prepared.inputs.work.context_parallel > 1;
  table.add({ring ? "beside exchanges, uneven rows, jitter, context exchange"
                  : "beside exchanges, uneven rows, jitter",
             "", fixed((ran - priced).base() * 1e3, 2), percent_text((ran - priced) / ran)});
  table.add_rule();
  table.add({"compute segments", "", fixed(ran.base() * 1e3, 2)});
  const std::string how =
      key.action == plan::Action::pair
          ? fmt::format("{} SMs held by communication", q.inside.prepared.inputs.communication_sms)
          : "the whole GPU";
  return fmt::format("\n4. KERNELS in those segments, priced with {} and no exchange running\n{}\n5. {}", how,
                     to_text(table), used.to_text());
}

}  // namespace foretrain::report
