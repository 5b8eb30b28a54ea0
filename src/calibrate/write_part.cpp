#include "calibrate/write_part.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "base/diagnostic.hpp"
#include "calibrate/read_results.hpp"
#include "calibrate/results_text.hpp"
#include "hardware/kernel_cost.hpp"

namespace foretrain::calibrate {
namespace {

namespace fs = std::filesystem;
using hardware::Curve;

// A YAML string in double quotes; control characters become blanks, as a file may not hold them.
std::string quoted(const std::string& text) {
  std::string safe = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') safe += '\\';
    safe += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return safe + "\"";
}

// Shares must stay in (0, 1] when rounded.
std::string share(double value) {
  return fmt::format("{:.6f}", std::min(1.0, std::max(value, 1e-6)));
}
std::string microseconds(Seconds time) {
  return fmt::format("{:.4f} us", time.base() * 1e6);
}
std::string percent(double value) {
  return fmt::format("{:.2f} %", value * 100);
}

std::string sourced(const char* name, const Sourced<double>& value) {
  return fmt::format("    {}: {{value: {}, spread: {},\n      source: {}}}\n", name, percent(value.value),
                     percent(value.from.spread), quoted(value.from.source));
}

std::string list(const std::vector<double>& values, bool shares) {
  std::string text;
  for (const double value : values)
    text += (text.empty() ? "" : ", ") + (shares ? share(value) : fmt::format("{:.0f}", value));
  return "[" + text + "]";
}

std::string table_lines(const Curve& curve) {
  std::string text = fmt::format("    at: {}\n", list(curve.at, false));
  if (curve.head_dims.empty())
    return text + fmt::format("    efficiency: {}\n", list(curve.efficiencies, true));
  text += fmt::format("    head_dims: {}\n    efficiency:\n", list(curve.head_dims, false));
  const auto width = static_cast<std::ptrdiff_t>(curve.at.size());
  for (auto row = curve.efficiencies.begin(); row != curve.efficiencies.end(); row += width)
    text += fmt::format("      - {}\n", list({row, row + width}, true));
  return text;
}

std::string sourced_lines(const Provenance& from) {
  return fmt::format("    spread: {}\n    source: {}\n", percent(from.spread), quoted(from.source));
}

std::string curve_lines(const FamilyFit& fit, const std::string& table) {
  const Curve& curve = *fit.curve;
  std::string text;
  switch (curve.kind) {
    case Curve::Kind::tile:
      text = fmt::format("    tile: [{}, {}]\n    efficiency: {}\n    tile_overhead: {}\n", curve.tile_m,
                         curve.tile_n, share(curve.efficiency), microseconds(curve.tile_overhead));
      break;
    case Curve::Kind::grid:
      text = fmt::format("    grid: {}\n", quoted(table));
      break;
    case Curve::Kind::table:
      text = table_lines(curve);
      break;
    case Curve::Kind::bandwidth:
      break;
  }
  text += fmt::format("    bandwidth: {}\n", share(curve.bandwidth_fraction));
  if (curve.kind == Curve::Kind::bandwidth || curve.per_launch > Seconds{})
    text += fmt::format("    per_launch: {}\n", microseconds(curve.per_launch));
  if (curve.whole_chip) text += "    blocks: whole_chip\n";
  if (!curve.borrowed_from.empty())
    text += fmt::format("    borrowed_from: {}\n", quoted(curve.borrowed_from));
  if (!curve.fitted_on.empty()) text += fmt::format("    fitted_on: {}\n", quoted(curve.fitted_on));
  if (curve.accumulation) text += sourced("accumulation", *curve.accumulation);
  if (curve.promoted) text += sourced("promoted", *curve.promoted);
  return text + sourced_lines(curve.from);
}

std::string launch_lines(const Sourced<Seconds>& gap) {
  return fmt::format("  launch_gap:\n    value: {}\n", microseconds(gap.value)) + sourced_lines(gap.from);
}

std::string protocol_line(const char* name, const ProtocolRate& rate) {
  return fmt::format("    {}: {{base: {}, step: {}, rate: {:.3f} GB/s}}\n", name, microseconds(rate.base),
                     microseconds(rate.step), rate.rate.base() / 1e9);
}

std::string collective_lines(const CollectiveRates& rates) {
  std::string text = "  collectives:\n" + protocol_line("ll", rates.ll) +
                     protocol_line("ll128", rates.ll128) + protocol_line("simple", rates.simple);
  text += fmt::format("    simple_sharpness: {:.3f}\n    own_share: {}\n    ll_up_to: {:.0f} B\n",
                      rates.simple_sharpness, percent(rates.own_share), rates.ll_up_to.base());
  if (rates.nvls_rate > Bandwidth{})
    text += fmt::format("    nvls: {{step: {}, rate: {:.3f} GB/s, from: {}}}\n",
                        microseconds(rates.nvls_step), rates.nvls_rate.base() / 1e9, rates.nvls_from);
  text += fmt::format("    tree_share: {}\n", percent(rates.tree_share));
  text += protocol_line("exchange_small", rates.exchange_small) + protocol_line("exchange", rates.exchange);
  return text + fmt::format("    exchange_own_share: {}\n", percent(rates.exchange_own_share)) +
         sourced_lines(rates.from);
}

std::string grid_text(const Calibration& calibration, const FamilyFit& fit) {
  const auto& grid = *fit.grid;
  const auto dtype = [&] {
    for (const Point& point : calibration.results.points)
      if (point.family == fit.family) return point.measured.kernel.dtype;
    return DType::bf16;
  }();
  std::string text = fmt::format(
      "# GEMM D[m x n] = A[m x k] B[k x n], {}.\n# efficiency: share of {:.1f} TFLOP/s, so time = 2 m n k / "
      "(efficiency x that).\n# Source: {}\n# A larger GEMM is never the faster one: where points say so, "
      "their "
      "times are averaged.\nm,n,k,efficiency\n",
      name_of(fit.family), hardware::peak(calibration.base, dtype).base() / 1e12,
      one_line(fit.curve->from.source));
  auto at = grid.logarithms.begin();
  for (const double m : grid.m)
    for (const double n : grid.n)
      for (const double k : grid.k)
        text += fmt::format("{:.0f},{:.0f},{:.0f},{:.6g}\n", m, n, k, std::exp(*at++));
  return text;
}

std::string relative_base(const fs::path& base, const fs::path& part) {
  const fs::path from = fs::absolute(part).lexically_normal().parent_path();
  const fs::path to = fs::absolute(base).lexically_normal();
  if (to == fs::absolute(part).lexically_normal())
    throw SpecError({without_place(fmt::format("{} would stand on itself", part.string()),
                                   "write the calibrated part to another file")});
  const fs::path relative = to.lexically_relative(from);
  return (relative.empty() ? to : relative).generic_string();
}

std::string head(const Calibration& calibration, const std::string& base) {
  const Device& device = calibration.results.device;
  std::string text = fmt::format("# {} with the curves that were measured in {}.\n", calibration.base.name,
                                 one_line(calibration.results.file));
  text += fmt::format("# {}, {}; state: {}. Written by foretrain calibrate.\n", one_line(device.name),
                      one_line(device.date), name_of(device.state));
  for (const FamilyFit& fit : calibration.families)
    if (!fit.curve)
      text += fmt::format("# {} keeps the base's curve: {}\n", name_of(fit.family), one_line(fit.reason));
  if (calibration.collectives && !calibration.collectives->rates)
    text += fmt::format("# collectives are the base's: {}\n", one_line(calibration.collectives->reason));
  return text + fmt::format("base: {}\nset:\n", quoted(base));
}

}  // namespace

std::vector<PartFile> write_part(const Calibration& calibration, const std::string& base_path,
                                 const std::string& part_path) {
  const fs::path part = part_path;
  std::vector<PartFile> files;
  std::string text = head(calibration, relative_base(base_path, part));
  for (const FamilyFit& fit : calibration.families) {
    if (!fit.curve) continue;
    const std::string family(name_of(fit.family));
    const std::string table = fmt::format("{}_{}.csv", part.stem().string(), family);
    if (fit.grid) files.push_back({(part.parent_path() / table).string(), grid_text(calibration, fit)});
    const bool twice = calibration.base.independent_curves[static_cast<std::size_t>(fit.family)].has_value();
    for (const char* section : {"curves", "independent_curves"})
      if (twice || section == std::string_view("curves"))
        text += fmt::format("  {}.{}:\n{}", section, family, curve_lines(fit, table));
  }
  if (calibration.launch && calibration.launch->gap) text += launch_lines(*calibration.launch->gap);
  if (calibration.collectives && calibration.collectives->rates)
    text += collective_lines(*calibration.collectives->rates);
  files.push_back({part.string(), std::move(text)});
  return files;
}

std::optional<PartFile> write_host(const Calibration& calibration, const std::string& base_path,
                                   const std::string& part_path) {
  const fs::path gpu = part_path, part = gpu.parent_path() / (gpu.stem().string() + "_host.yaml");
  std::string rates;
  for (const auto& [kernel, key] : {std::pair{"copy_to_host", "to_host"}, {"copy_to_gpu", "to_gpu"}})
    for (const TransferFit& fit : calibration.transfers) {
      if (fit.kernel != kernel || !fit.reason.empty()) continue;
      const Provenance from{
          fmt::format("{}: {} of {} sizes fitted, {:.1f} us fixed; off by {:.1f} % (median) on "
                      "the {} others; one GPU at a time",
                      source_of(calibration.results), fit.fitted_on, fit.points, fit.latency.base() * 1e6,
                      fit.held_out->median * 100, fit.held_out->points),
          "", std::max(0.01, fit.held_out->median)};
      rates +=
          fmt::format("  {}:\n    value: {:.3f} GB/s\n", key, fit.rate.base() / 1e9) + sourced_lines(from);
    }
  if (rates.empty()) return std::nullopt;
  return PartFile{part.string(),
                  fmt::format("# A host with the rates of copies that were measured in {}; state: "
                              "{}. Written by foretrain calibrate.\nbase: {}\nset:\n{}",
                              one_line(calibration.results.file), name_of(calibration.results.device.state),
                              quoted(relative_base(base_path, part)), rates)};
}

}  // namespace foretrain::calibrate
