#include "spec/read_curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "spec/gemm_table.hpp"

namespace foretrain::spec {
namespace {

using hardware::Curve;

std::vector<double> read_sizes(Reader& reader, const std::string& name, const std::string& meaning) {
  const auto* entry = reader.required(name, meaning);
  std::vector<double> values;
  if (entry == nullptr) return values;
  if (entry->value.kind != Node::Kind::sequence) {
    reader.context().error(entry->value.where, fmt::format("{} must be a list", name), meaning);
    return values;
  }
  for (const auto& item : entry->value.items)
    values.push_back(reader.measure_of(item, fmt::format("{}[{}]", reader.full(name), values.size()),
                                       Measure::samples, {}));
  return values;
}

void read_tile_sizes(Reader& reader, Curve& curve) {
  const auto* tile = reader.required("tile", "[rows, columns] of an output tile");
  if (tile->value.kind != Node::Kind::sequence || tile->value.items.size() != 2) {
    reader.context().error(tile->value.where, "tile must be a list of two sizes", "write tile: [128, 128]");
  } else {
    curve.tile_m = reader.integer_of(tile->value.items[0], reader.full("tile[0]"), {1, 65536});
    curve.tile_n = reader.integer_of(tile->value.items[1], reader.full("tile[1]"), {1, 65536});
  }
}

void read_tile(Reader& reader, Curve& curve) {
  curve.kind = Curve::Kind::tile;
  read_tile_sizes(reader, curve);
  curve.efficiency =
      reader.measure("efficiency", Measure::ratio, "share of the peak in a tile's main loop", share());
  curve.tile_overhead = Seconds::from_base(
      reader.measure("tile_overhead", Measure::time, "time of a tile beyond its main loop", not_negative()));
}

// A grid table, which several curves may share. Its path starts at the part's own file.
void read_grid(Reader& reader, Curve& curve, hardware::GpuSpec& gpu) {
  curve.kind = Curve::Kind::grid;
  curve.efficiency = 1;
  const auto* entry = reader.optional("grid");
  const auto path = reader.text("grid", "the path of a table, as in curves/h100_bf16.csv");
  const bool waves = reader.has("tile");
  if (waves) read_tile_sizes(reader, curve);
  if (path.empty()) return;
  const auto& part = reader.context().text_of(entry->value.where.file);
  const auto folder =
      part.command_line ? std::filesystem::path() : std::filesystem::path(part.name).parent_path();
  const std::string name = (folder / path).lexically_normal().string();
  const auto known = std::find_if(gpu.grids.begin(), gpu.grids.end(), [&](const auto& grid) {
    return grid.name == name && grid.tile_m == (waves ? curve.tile_m : 0) &&
           grid.tile_n == (waves ? curve.tile_n : 0);
  });
  curve.grid = static_cast<std::size_t>(known - gpu.grids.begin());
  if (known != gpu.grids.end()) return;
  auto grid = read_gemm_table(reader.context(), name, entry->value.where);
  if (!grid) grid.emplace();  // said already; the name keeps it from being said again
  grid->name = name;
  const bool counted = waves && curve.tile_m > 0 && curve.tile_n > 0 && gpu.sms.value > 0;
  gpu.grids.push_back(counted ? without_waves(std::move(*grid), curve.tile_m, curve.tile_n, gpu.sms.value)
                              : std::move(*grid));
}

// One row of efficiencies, or one for each of `head_dims`.
void read_efficiencies(Reader& reader, Curve& curve) {
  const auto* entry = reader.required("efficiency", "share of the peak at each size");
  if (entry == nullptr) return;
  const std::string name = reader.full("efficiency");
  const auto& value = entry->value;
  const bool nested = !curve.head_dims.empty();
  const std::size_t rows = nested ? curve.head_dims.size() : 1;
  if (value.kind != Node::Kind::sequence || (nested && value.items.size() != rows)) {
    reader.context().error(value.where,
                           nested ? fmt::format("{} head_dims ask for as many lists of efficiencies", rows)
                                  : "efficiency must be a list",
                           "one efficiency for each size under 'at'");
    return;
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const auto& items = nested ? value.items[r].items : value.items;
    if (items.size() != curve.at.size())
      reader.context().error(entry->where,
                             fmt::format("{} efficiencies for {} sizes", items.size(), curve.at.size()),
                             "give one efficiency for each size under 'at'");
    for (const auto& item : items)
      curve.efficiencies.push_back(reader.measure_of(
          item, fmt::format("{}[{}]", name, curve.efficiencies.size()), Measure::ratio, share()));
  }
}

void check_growing(Reader& reader, const std::string& name, const std::vector<double>& sizes) {
  if (std::adjacent_find(sizes.begin(), sizes.end(), std::greater_equal<>()) != sizes.end())
    reader.context().error(reader.optional(name)->where, fmt::format("the sizes under '{}' must grow", name),
                           "");
}

void read_table(Reader& reader, Curve& curve) {
  curve.kind = Curve::Kind::table;
  curve.at = read_sizes(reader, "at", "sizes at which the efficiency was measured");
  if (reader.has("head_dims"))
    curve.head_dims = read_sizes(reader, "head_dims", "head dimensions at which it was measured");
  if (curve.at.empty()) return;
  check_growing(reader, "at", curve.at);
  if (!curve.head_dims.empty()) check_growing(reader, "head_dims", curve.head_dims);
  read_efficiencies(reader, curve);
}

void read_bandwidth(Reader& reader, Curve& curve) {
  const bool must_have = curve.kind == Curve::Kind::bandwidth;
  if (must_have || reader.has("bandwidth"))
    curve.bandwidth_fraction =
        reader.measure("bandwidth", Measure::ratio, "share of the HBM bandwidth", share());
  else
    reader.optional("bandwidth");
  if (reader.optional("per_launch") != nullptr)
    curve.per_launch = Seconds::from_base(
        reader.measure("per_launch", Measure::time, "fixed time of a launch beyond the gap", not_negative()));
  if (reader.optional("blocks") != nullptr)
    curve.whole_chip =
        reader.choice("blocks", {"by_work", "whole_chip"}, "what sets the number of blocks") == 1;
}

Curve read_curve(Reader& reader, hardware::GpuSpec& gpu) {
  Curve curve;
  if (reader.has("grid"))
    read_grid(reader, curve, gpu);
  else if (reader.has("tile"))
    read_tile(reader, curve);
  else if (reader.has("at"))
    read_table(reader, curve);
  read_bandwidth(reader, curve);
  const bool gemm = curve.kind == Curve::Kind::tile || curve.kind == Curve::Kind::grid;
  if (gemm && reader.has("sustained_rate"))
    curve.sustained_rate =
        reader.sourced<double>("sustained_rate", Measure::ratio,
                               "rate in a training run, relative to this curve's benchmark", share());
  if (curve.kind == Curve::Kind::grid && reader.has("sustained_peak"))
    curve.sustained_peak = reader.sourced<FlopRate>("sustained_peak", Measure::flop_rate,
                                                    "the most such GEMMs do in a training run, of any size");
  if (curve.kind == Curve::Kind::grid && reader.has("accumulation"))
    curve.accumulation =
        reader.sourced<double>("accumulation", Measure::ratio,
                               "rate of weight gradients added to FP32, relative to the table", share());
  if (curve.kind == Curve::Kind::grid && reader.has("promoted"))
    curve.promoted =
        reader.sourced<double>("promoted", Measure::ratio,
                               "rate of kernels that promote partial sums, relative to the table", share());
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

}  // namespace

Curves read_curves(Reader& reader, hardware::GpuSpec& gpu) {
  Curves curves;
  for (std::size_t i = 0; i < family_count; ++i) {
    const std::string family(family_names[i]);
    const auto* entry = reader.optional(family);
    if (entry == nullptr) continue;
    Reader one(reader.context(), entry->value, reader.full(family), entry->where);
    curves[i] = read_curve(one, gpu);
  }
  reader.finish();
  return curves;
}

void read_attention_kernels(Reader& reader, hardware::GpuSpec& gpu) {
  for (std::size_t i = 1; i < attention_kernel_names.size(); ++i) {
    const std::string name(attention_kernel_names[i]);
    const auto* entry = reader.optional(name);
    if (entry == nullptr) continue;
    Reader one(reader.context(), entry->value, reader.full(name), entry->where);
    gpu.attention_kernels[i] = read_curve(one, gpu);
  }
  reader.finish();
}

}  // namespace foretrain::spec
