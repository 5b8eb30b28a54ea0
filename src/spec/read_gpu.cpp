#include <fmt/format.h>

#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

using hardware::Curve;

std::vector<double> read_ratios(Reader& reader, const std::string& name, Measure measure,
                                const Limits& limits, const std::string& meaning) {
  const auto* entry = reader.required(name, meaning);
  std::vector<double> values;
  if (entry == nullptr) return values;
  if (entry->value.kind != Node::Kind::sequence) {
    reader.context().error(entry->value.where, fmt::format("{} must be a list", name), meaning);
    return values;
  }
  for (const auto& item : entry->value.items)
    values.push_back(
        reader.measure_of(item, fmt::format("{}[{}]", reader.full(name), values.size()), measure, limits));
  return values;
}

void read_tile(Reader& reader, Curve& curve) {
  curve.kind = Curve::Kind::tile;
  const auto* tile = reader.required("tile", "[rows, columns] of an output tile");
  if (tile->value.kind != Node::Kind::sequence || tile->value.items.size() != 2) {
    reader.context().error(tile->value.where, "tile must be a list of two sizes", "write tile: [128, 128]");
  } else {
    curve.tile_m = reader.integer_of(tile->value.items[0], reader.full("tile[0]"), {1, 65536});
    curve.tile_n = reader.integer_of(tile->value.items[1], reader.full("tile[1]"), {1, 65536});
  }
  curve.efficiency =
      reader.measure("efficiency", Measure::ratio, "share of the peak in a tile's main loop", share());
  curve.tile_overhead = Seconds::from_base(
      reader.measure("tile_overhead", Measure::time, "time of a tile beyond its main loop", not_negative()));
}

void read_table(Reader& reader, Curve& curve) {
  curve.kind = Curve::Kind::table;
  curve.at = read_ratios(reader, "at", Measure::samples, {}, "sizes at which the efficiency was measured");
  curve.efficiencies =
      read_ratios(reader, "efficiency", Measure::ratio, share(), "share of the peak at each size");
  const auto where =
      reader.optional("efficiency") == nullptr ? reader.where() : reader.optional("efficiency")->where;
  if (curve.at.empty() || curve.efficiencies.empty()) return;
  if (curve.at.size() != curve.efficiencies.size())
    reader.context().error(
        where, fmt::format("{} efficiencies for {} sizes", curve.efficiencies.size(), curve.at.size()),
        "give one efficiency for each size under 'at'");
  for (std::size_t i = 1; i < curve.at.size(); ++i)
    if (curve.at[i] <= curve.at[i - 1]) {
      reader.context().error(reader.optional("at")->where, "the sizes under 'at' must grow", "");
      break;
    }
}

Curve read_curve(Reader& reader) {
  Curve curve;
  if (reader.has("tile"))
    read_tile(reader, curve);
  else if (reader.has("at"))
    read_table(reader, curve);
  const bool must_have_bandwidth = curve.kind == Curve::Kind::bandwidth;
  if (must_have_bandwidth || reader.has("bandwidth"))
    curve.bandwidth_fraction =
        reader.measure("bandwidth", Measure::ratio, "share of the HBM bandwidth", share());
  else
    reader.optional("bandwidth");
  if (reader.optional("per_launch") != nullptr)
    curve.per_launch = Seconds::from_base(
        reader.measure("per_launch", Measure::time, "fixed time of a launch beyond the gap", not_negative()));
  if (reader.optional("blocks") != nullptr)
    curve.whole_chip = reader.choice("blocks", {"by_work", "whole_chip"}, "what sets the number of blocks") == 1;
  if (reader.optional("spread") != nullptr)
    curve.from.spread =
        reader.measure("spread", Measure::ratio, "relative one sigma", {0, 1, false, "0 to 1"});
  curve.from.source = reader.text("source", "the measurement behind the curve");
  curve.from.where = reader.context().origin(reader.where());
  curve.fitted_on = reader.text_or("fitted_on", "");
  curve.borrowed_from = reader.text_or("borrowed_from", "");
  if (reader.optional("bound") != nullptr)
    curve.bound = reader.choice("bound", {"false", "true"}, "true: no measurement of such a kernel") == 1;
  reader.finish();
  return curve;
}

using Curves = std::array<std::optional<Curve>, family_count>;

Curves read_curves(Reader& reader) {
  Curves curves;
  for (std::size_t i = 0; i < family_count; ++i) {
    const std::string family(family_names[i]);
    const auto* entry = reader.optional(family);
    if (entry == nullptr) continue;
    Reader one(reader.context(), entry->value, reader.full(family), entry->where);
    curves[i] = read_curve(one);
  }
  reader.finish();
  return curves;
}

// Every family of kernels that DeepSeek's stack asks for needs a price.
void check_complete(Reader& reader, const Curves& curves, Where where) {
  std::string missing;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Family::optimizer); ++i)
    if (!curves[i]) missing += (missing.empty() ? "" : ", ") + std::string(family_names[i]);
  if (!missing.empty())
    reader.context().error(where, "the GPU has no curve for every kernel family", "missing: " + missing);
}

void read_rates(Reader& reader, hardware::GpuSpec& gpu) {
  if (const auto* entry = reader.required("peak", "{fp8: ..., bf16: ..., fp32: ...}"); entry != nullptr) {
    Reader peak(reader.context(), entry->value, reader.full("peak"), entry->where);
    gpu.peak_fp8 = peak.sourced<FlopRate>("fp8", Measure::flop_rate, "dense peak without sparsity");
    gpu.peak_bf16 = peak.sourced<FlopRate>("bf16", Measure::flop_rate, "dense peak without sparsity");
    gpu.peak_fp32 = peak.sourced<FlopRate>("fp32", Measure::flop_rate, "peak outside the tensor cores");
    peak.finish();
  }
  if (const auto* entry = reader.required("nvlink", "{nominal: ..., achieved: ..., latency: ...}");
      entry != nullptr) {
    Reader link(reader.context(), entry->value, reader.full("nvlink"), entry->where);
    gpu.nvlink =
        link.sourced<Bandwidth>("nominal", Measure::bandwidth, "one direction, as the data sheet says");
    gpu.nvlink_achieved = link.sourced<Bandwidth>("achieved", Measure::bandwidth, "one direction, measured");
    gpu.nvlink_latency = link.sourced<Seconds>("latency", Measure::time, "end to end, small message");
    link.finish();
  }
}

}  // namespace

hardware::GpuSpec read_gpu(Reader& reader) {
  hardware::GpuSpec gpu;
  gpu.name = reader.text("name", "the GPU's name");
  gpu.sms = reader.sourced_count("sms", "streaming multiprocessors", {1, 10'000});
  gpu.hbm_bandwidth =
      reader.sourced<Bandwidth>("hbm_bandwidth", Measure::bandwidth, "nominal memory bandwidth");
  gpu.memory = reader.sourced<Bytes>("memory", Measure::memory, "memory of one GPU");
  gpu.gpu_spread = reader.sourced<double>("gpu_spread", Measure::ratio,
                                          "standard deviation of SM-bound kernel time from GPU to GPU", portion());
  gpu.sustained_rate = reader.sourced<double>(
      "sustained_rate", Measure::ratio, "rate of GEMMs in a training run, relative to short benchmarks", share());
  gpu.launch_gap =
      reader.sourced<Seconds>("launch_gap", Measure::time, "between dependent kernels", not_negative());
  read_rates(reader, gpu);
  gpu.collectives = read_collectives(reader);
  if (const auto* entry = reader.required("curves", "one efficiency curve for each kernel family");
      entry != nullptr) {
    Reader curves(reader.context(), entry->value, reader.full("curves"), entry->where);
    gpu.curves = read_curves(curves);
    if (entry->value.kind == Node::Kind::map) check_complete(reader, gpu.curves, entry->where);
  }
  if (const auto* entry = reader.optional("independent_curves"); entry != nullptr) {
    Reader curves(reader.context(), entry->value, reader.full("independent_curves"), entry->where);
    gpu.independent_curves = read_curves(curves);
  }
  reader.finish();
  return gpu;
}

}  // namespace foretrain::spec
