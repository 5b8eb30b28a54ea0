#include "report/text_calibrate.hpp"

#include <fmt/format.h>

#include "calibrate/carry.hpp"
#include "calibrate/shapes.hpp"
#include "report/measured_on.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"

namespace foretrain::report {
namespace {

using calibrate::Calibration;
using calibrate::KernelCheck;

std::string fits_table(const Calibration& calibration) {
  Table table{{left("family"), right("points"), right("fitted"), left("curve"), right("median"), right("p90"),
               right("bias"), right("base"), left("outcome")},
              {}};
  for (const auto& fit : calibration.families) {
    std::vector<std::string> row{std::string(name_of(fit.family)), fmt::format("{}", fit.points),
                                 fmt::format("{}", fit.fitted_on), fit.form};
    if (fit.held_out) {
      row.insert(row.end(), {percent_text(fit.held_out->median), percent_text(fit.held_out->p90),
                             error_text(fit.held_out->bias)});
      row.push_back(fit.base ? percent_text(fit.base->median) : "-");
    } else {
      row.insert(row.end(), {"-", "-", "-", "-"});
    }
    row.push_back(!fit.curve ? "refused" : fit.worse ? "kept, worse" : "kept");
    table.add(std::move(row));
  }
  std::string text = to_text(table);
  for (const auto& fit : calibration.families)
    if (!fit.curve) text += wrap(fit.reason, fmt::format("  refused {}: ", name_of(fit.family)));
  return text;
}

std::string unused_text(const calibrate::Unused& unused) {
  std::string text;
  const auto add = [&](std::size_t count, const char* what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  add(unused.hot, "with warm caches");
  add(unused.ranks, "of several ranks");
  add(unused.no_family, "without a family");
  add(unused.layer, "of a whole layer");
  add(unused.traced, "traced where others were measured alone");
  return text.empty() ? "" : wrap(text, "  not fitted: ");
}

std::string interference_text(const Calibration& calibration) {
  if (calibration.interference.empty()) return {};
  Table table{{left("family"), right("SMs held"), right("HBM taken"), right("points"), right("measured"),
               right("by the law"), right("error")},
              {}};
  for (const auto& row : calibration.interference)
    table.add({std::string(name_of(row.family)), fmt::format("{}", row.sms_taken),
               row.hbm_taken > 0 ? percent_text(row.hbm_taken) : "-", fmt::format("{}", row.points),
               fmt::format("{:.3f} x", row.measured), fmt::format("{:.3f} x", row.predicted),
               percent_text(row.error)});
  return "\nSlower beside communication, time over time alone (medians)\n" + to_text(table);
}

std::string overheads_text(const calibrate::Results& results) {
  std::string text;
  for (const auto& overhead : results.overheads) {
    const std::string what =
        overhead.reason.empty()
            ? fmt::format("{} us of an empty kernel taken from each of {} rows of {}",
                          fixed(overhead.time.base() * 1e6, 2), overhead.rows, overhead.file)
            : fmt::format("nothing taken from the rows of {}: {}", overhead.file, overhead.reason);
    text += wrap(what, "  event pairs: ");
  }
  return text;
}

std::string launch_text(const Calibration& calibration) {
  if (!calibration.launch) return {};
  const auto& fit = *calibration.launch;
  std::string text;
  for (const auto& [what, time] :
       {std::pair{"queued", fit.queued}, {"in a graph", fit.graph}, {"host", fit.host}})
    if (time > Seconds{})
      text += fmt::format("{}{} {} us", text.empty() ? "" : ", ", what, fixed(time.base() * 1e6, 2));
  text += fmt::format("; the part has {} us", fixed(calibration.base.launch_gap.value.base() * 1e6, 2));
  text += fit.gap ? fmt::format("; kept: {} us, spread {}", fixed(fit.gap->value.base() * 1e6, 2),
                                percent_text(fit.gap->from.spread))
                  : fmt::format("; refused: {}", fit.reason);
  return "\n" + wrap(text, "From one launch to the next: ");
}

std::string collectives_text(const Calibration& calibration) {
  if (!calibration.collectives) return {};
  const auto& fit = *calibration.collectives;
  std::string text = "\nCollectives in one node (several nodes: not measured)\n";
  if (!fit.rows.empty()) {
    Table table{{left("collective"), right("GPUs"), right("points"), right("held out"), right("median"),
                 right("base")},
                {}};
    for (const auto& row : fit.rows)
      table.add({row.kernel, fmt::format("{}", row.ranks), fmt::format("{}", row.points),
                 fmt::format("{}", row.held_out), row.held_out > 0 ? percent_text(row.median) : "-",
                 row.held_out > 0 ? percent_text(row.base) : "-"});
    text += to_text(table);
  }
  if (fit.held_out)
    text += fmt::format("  {} of {} points fitted; on the others off by {} (median), {} (p90); base {}{}\n",
                        fit.fitted_on, fit.points, percent_text(fit.held_out->median),
                        percent_text(fit.held_out->p90), percent_text(fit.base->median),
                        !fit.rates  ? ""
                        : fit.worse ? ": kept, worse"
                                    : ": kept");
  return text + (fit.rates ? "" : wrap(fit.reason, "  refused: "));
}

std::string transfers_text(const Calibration& calibration) {
  if (calibration.transfers.empty()) return {};
  Table table{{left("copies and messages"), right("sizes"), right("fitted"), right("rate"), right("fixed us"),
               right("median"), left("outcome")},
              {}};
  for (const auto& fit : calibration.transfers) {
    const bool of_host = fit.kernel == "copy_to_host" || fit.kernel == "copy_to_gpu";
    std::vector<std::string> row{fit.kernel, fmt::format("{}", fit.points), fmt::format("{}", fit.fitted_on)};
    if (fit.held_out)
      row.insert(row.end(), {bandwidth_text(fit.rate), fixed(fit.latency.base() * 1e6, 1),
                             percent_text(fit.held_out->median)});
    else
      row.insert(row.end(), {"-", "-", "-"});
    row.push_back(!fit.reason.empty() ? "refused" : of_host ? "of a host's part" : "shown only");
    table.add(std::move(row));
  }
  std::string text = "\n" + to_text(table);
  for (const auto& fit : calibration.transfers)
    if (!fit.reason.empty()) text += wrap(fit.reason, fmt::format("  refused {}: ", fit.kernel));
  return text;
}

constexpr const char* fit_notes =
    "fitted: points behind the curve; median, p90: of the error on the others; bias: of their sum; base: "
    "median error of the base part's curve on the same points.";

std::string families_table(const KernelCheck& check) {
  Table table{{left("family"), left(""), right("points"), right("median"), right("p90"), right("bias")}, {}};
  for (const auto& family : check.families)
    table.add({std::string(name_of(family.family)), family.beside ? "beside communication" : "alone",
               fmt::format("{}", family.errors.points), percent_text(family.errors.median),
               percent_text(family.errors.p90), error_text(family.errors.bias)});
  return to_text(table);
}

std::string worst_table(const KernelCheck& check) {
  const auto worst = check.worst(10);
  if (worst.empty()) return {};
  Table table{{right("measured us"), right("predicted us"), right("error"), left("kernel"), left("family"),
               left("shape"), left("row")},
              {}};
  table.wrap_last = false;
  for (const auto& kernel : worst)
    table.add({us_text(kernel.point.measured.time), us_text(kernel.predicted), error_text(kernel.error()),
               kernel.point.kernel, std::string(name_of(*kernel.point.family)),
               calibrate::describe(kernel.point.measured.kernel),
               fmt::format("{}:{}", kernel.point.file, kernel.point.line)});
  return "\nFarthest from their prediction\n" + to_text(table);
}

}  // namespace

std::string to_text(const Calibration& calibration) {
  const std::string fits =
      calibration.families.empty() ? "" : "\n" + fits_table(calibration) + wrap(fit_notes, "  ");
  return opening_text("Calibration", calibration.results, calibration.base.name) +
         overheads_text(calibration.results) + fits + unused_text(calibration.unused) +
         interference_text(calibration) + launch_text(calibration) + collectives_text(calibration) +
         transfers_text(calibration);
}

std::string carried_text(const Calibration& measured, const Calibration& carried) {
  std::string families;
  for (const auto& fit : carried.families)
    if (fit.curve) families += (families.empty() ? "" : ", ") + std::string(name_of(fit.family));
  if (carried.launch && carried.launch->gap)
    families += (families.empty() ? "" : ", ") + std::string("launch gap");
  return "\n" +
         wrap(fmt::format("{}. Same die; rates are shares of its peak and of its {}, not measured on it: {} "
                          "more spread. Collectives and copies stay behind.",
                          families.empty() ? "nothing" : families,
                          bandwidth_text(carried.base.hbm_bandwidth.value),
                          percent_text(calibrate::carried_spread)),
              fmt::format("Carried from {} to {}: ", measured.base.name, carried.base.name));
}

std::string to_text(const KernelCheck& check) {
  std::string text = opening_text("Check", check.results, check.gpu.name) + overheads_text(check.results) +
                     "\n" + families_table(check);
  if (check.hot > 0) text += fmt::format("  left out: {} points with warm caches\n", check.hot);
  if (check.no_family > 0)
    text += fmt::format("  left out: {} points without a family or of several ranks\n", check.no_family);
  std::string missing;
  for (const Family family : check.no_curve)
    missing += (missing.empty() ? "" : ", ") + std::string(name_of(family));
  if (!missing.empty()) text += wrap(missing, "  no curve in this part: ");
  return text + worst_table(check);
}

}  // namespace foretrain::report
