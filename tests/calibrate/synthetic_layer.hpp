#pragma once
// A measured layer that no GPU ran: every op of the list timed by a part's own curves with noise, as
// foretrain-bench would write it. For tests; it says `state: synthetic`.

#include <numeric>

#include "calibrate/check_layer.hpp"
#include "calibrate/synthetic.hpp"
#include "calibrate/trace_rules.hpp"

namespace foretrain::synthetic {

inline Point layer_row(const std::string& kernel, Seconds time) {
  Point point;
  point.suite = "layer";
  point.kernel = kernel;
  point.cold = false;
  point.measured.time = time;
  point.spread = 0.01;
  point.samples = 50;
  return point;
}

// DeepSeek-V3's at 4096 tokens in FP8: four experts with balanced rows and a share of padding.
inline calibrate::Results measured_layer(const hardware::GpuSpec& gpu, const model::TransformerSpec& model,
                                         model::Work work, double noise) {
  work.tokens = work.sequence = 4096;
  work.routed_rows = 33024;
  work.received_tokens = 30656;
  work.local_experts = 4;
  const auto full = hardware::at_full_clock(gpu);
  const auto ops = model::list_ops(model, model::Unit::moe_layer, work);
  Rng random{2, "synthetic/layer"};
  std::vector<Point> rows;
  std::vector<Seconds> passes(3);
  for (std::size_t part = 0; part < calibrate::layer_parts.size(); ++part) {
    const std::size_t first = rows.size();
    for (const model::Op& op : ops.*calibrate::layer_parts[part].ops) {
      const auto price = hardware::price(op.kernel, full, {});
      const Seconds busy = price.busy * (1 + noise * random.normal());
      passes[part / 2] += busy + (price.time - price.busy);
      const std::string name = std::string(calibrate::layer_parts[part].name) + " " + op.name;
      const auto same = std::find_if(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(),
                                     [&](const Point& other) { return other.kernel == name; });
      if (same != rows.end()) {
        same->measured.time += busy;
        continue;
      }
      Point row = layer_row(name, busy);
      row.measured.kernel = op.kernel;
      rows.push_back(row);
    }
  }
  for (std::size_t i = 0; i < passes.size(); ++i) {
    Point row = layer_row(calibrate::layer_passes[i], passes[i]);
    row.measured.kernel.m = work.tokens;
    row.measured.kernel.n = model.hidden;
    row.measured.kernel.k = work.received_tokens;
    row.measured.kernel.dtype = DType::fp8;
    rows.push_back(row);
  }
  return results_of(gpu, rows);
}

}  // namespace foretrain::synthetic
