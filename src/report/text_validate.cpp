#include "report/text_validate.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "report/numbers.hpp"
#include "report/table.hpp"

namespace foretrain::report {
namespace {

using study::Estimate;
using study::TraceCheck;
using study::Without;

std::string us(Seconds time) {
  return whole(time.base() * 1e6);
}
std::string ms(Seconds time) {
  return fixed(time.base() * 1e3, 2);
}

std::string error_of(const Estimate& e) {
  const auto error = e.error();
  return error ? error_text(*error) : "-";
}
std::string error_of(const std::optional<Estimate>& e) {
  return e ? error_of(*e) : "-";
}

std::string mark(const Estimate& e, double aim) {
  return e.within(aim) ? "PASS" : "MISS";
}

std::string rounds_text(const std::vector<int>& rounds) {
  std::string text;
  for (const int r : rounds) text += fmt::format("{}{}", text.empty() ? "" : ", ", r);
  return text;
}

std::string origin_text(const std::vector<int>& fitted_on) {
  return fitted_on.empty() ? "independent" : "fitted on " + rounds_text(fitted_on);
}

constexpr const char* class_notes =
    "Each kernel is priced under what it ran beside in the trace: nothing, a barrier that holds its SMs, or "
    "an "
    "exchange. fitted: rounds of the trace behind the class's curves or rates; held out: error on the other "
    "rounds. "
    "source, without: the same kernels without the trace, over all rounds, by the source of most of their "
    "time. "
    "measured: from measurements of such kernels elsewhere, which is what the aim of 15 % judges. bound: "
    "nobody measured them elsewhere; priced at an upper bound of their rate or derived from other kernels, "
    "so likely too short, and not judged. Grouped weight gradients are measured by wall time, since two run "
    "at a time. starved: waits for SMs on the communication stream behind kernels that fill the GPU; no "
    "price of a kernel describes that, so it is not judged.";

std::string class_section(const TraceCheck& check) {
  Table table{
      {left("class"), right("share"), right("measured"), right("predicted"), right("error"),
       right("held out"), left("fitted"), left("source"), right("without"), right("error"), left("aim")},
      {}};
  bool ruled = false;
  for (const auto& c : check.classes) {
    if (!c.judged && !ruled) table.add_rule();
    ruled = ruled || !c.judged;
    table.add({c.name, c.judged ? percent_text(c.share) : "", us(c.all.measured), us(c.all.predicted),
               error_of(c.all), error_of(c.held_out), c.fitted_on.empty() ? "-" : rounds_text(c.fitted_on),
               std::string(name_of(c.source)), c.without ? us(c.without->predicted) : "-",
               error_of(c.without), c.aimed_at() ? mark(*c.without, study::class_aim) : "-"});
  }
  table.add_rule();
  table.add({"all compute", "100 %", us(check.compute.measured), us(check.compute.predicted),
             error_of(check.compute)});
  const auto add_sum = [&](const char* name, Without source, const Estimate& sum, bool judged) {
    table.add({name, "", us(sum.measured), "", "", "", "", std::string(name_of(source)), us(sum.predicted),
               error_of(sum), judged ? mark(sum, study::class_aim) : "-"});
  };
  add_sum("of it", Without::measured, check.compute_measured, true);
  add_sum("", Without::bound, check.compute_bound, false);
  return "OP CLASSES, kernel time (launch gaps apart), us over all rounds\n" + to_text(table) +
         wrap(class_notes, "  ");
}

std::string block_section(const TraceCheck& check) {
  Table table{{left("block"), right("measured"), right("predicted"), right("error")}, {}};
  for (const auto& b : check.blocks)
    table.add({b.name, us(b.all.measured), us(b.all.predicted), error_of(b.all)});
  return "BLOCKS, the same kernels by place: (F) forward, (B) input gradient, (W) weight gradient, us\n" +
         to_text(table);
}

std::string exchange_section(const TraceCheck& check) {
  Table table{{left("kernel"), right("measured"), right("beside compute"), right("error"), right("held out"),
               left("rates"), right("alone"), right("error"), left("aim")},
              {}};
  for (const auto& e : check.exchanges)
    table.add({e.name, us(e.beside.measured), us(e.beside.predicted), error_of(e.beside),
               error_of(e.held_out), origin_text(e.fitted_on), us(e.alone.predicted), error_of(e.alone),
               mark(e.alone, study::class_aim)});
  return "ALL-TO-ALL KERNELS, us over all rounds\n" + to_text(table) +
         wrap(
             fmt::format(
                 "alone: the rates of the same kernels with the GPU to themselves, from their own benchmark, "
                 "aim 15 %. "
                 "The barriers before them took {} us with their waits for other GPUs, which one GPU's trace "
                 "cannot tell apart; {} us are booked for the barriers themselves.",
                 us(check.notify), us(check.barriers)),
             "  ");
}

// Where the time that the prediction lacks without the trace is: what each class of a source is short of.
std::string shortfall_text(const TraceCheck& check, Without source, const char* title) {
  std::vector<std::pair<double, std::string>> short_of;
  for (const auto& c : check.classes)
    if (c.judged && c.without && c.source == source)
      short_of.emplace_back((c.without->measured - c.without->predicted).base() * 1e3, c.name);
  std::stable_sort(short_of.begin(), short_of.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> words;
  for (const auto& [milliseconds, name] : short_of)
    if (std::abs(milliseconds) >= 0.5) words.push_back(fmt::format("{} {}", name, fixed(milliseconds, 1)));
  if (words.empty()) return {};
  return wrap(fmt::format("{}, ms: {}.", title, list_text(words)), "  ");
}

std::string pair_notes(const TraceCheck& check, const hardware::GpuSpec& gpu) {
  const bool traced_gap = gpu.launch_gap.from.source.find("profile-data") != std::string::npos;
  return fmt::format(
      "predicted: the traced GPU with its rows, its peers never late. with peers: the others' rows drawn "
      "with the routing spread, mean and deviation over {} draws, for information. In the second and third "
      "line curves measured elsewhere stand for fitted ones; kernels that nobody measured elsewhere ({} of "
      "the compute) keep their fitted curves there. The last line, not judged, prices these at bounds where "
      "there are any, and is too short by what the bounds leave out. All use the trace's {}"
      "slowdown of kernels beside an exchange.",
      study::peer_draws, percent_text(check.fitted_share), traced_gap ? "launch gaps and its " : "");
}

std::string pair_section(const TraceCheck& check, const hardware::GpuSpec& gpu) {
  Table table{{left("prediction"), right("measured"), right("predicted"), right("error"), left("aim 8 %"),
               right("compute"), right("with peers"), right("error")},
              {}};
  for (const auto& p : check.pairs)
    table.add({p.name, ms(p.wall.measured), ms(p.wall.predicted), error_of(p.wall),
               p.judged ? mark(p.wall, study::pair_aim) : "-", ms(p.compute),
               fmt::format("{} +- {}", ms(p.peers_mean), ms(p.peers_deviation)),
               error_of(Estimate{p.peers_mean, p.wall.measured})});
  return "THE PAIR, wall time from the first to the last kernel, ms\n" + to_text(table) +
         wrap(pair_notes(check, gpu), "  ") +
         shortfall_text(check, Without::measured, "Kernel time missing where measured elsewhere") +
         shortfall_text(check, Without::bound, "Missing where a bound stands");
}

std::string unmatched_section(const TraceCheck& check) {
  std::string text;
  if (!check.only_measured.empty())
    text += wrap(fmt::format("Measured but not in the op list, counted as predicted 0: {}.",
                             list_text(check.only_measured)),
                 "  ");
  if (!check.only_listed.empty())
    text +=
        wrap(fmt::format("In the op list but not measured, left out here: {}.", list_text(check.only_listed)),
             "  ");
  return text.empty() ? text : "\nOPS WITHOUT A COUNTERPART\n" + text;
}

std::string doubt_text(const DoubtfulCurves& curves) {
  std::string text;
  if (curves.synthetic > 0)
    text += fmt::format("SYNTHETIC: {} curves of this part were made up for tests; this shows no GPU.\n",
                        curves.synthetic);
  if (curves.unverified > 0)
    text +=
        fmt::format("UNVERIFIED: {} curves of this part are of kernels whose results nobody has checked.\n",
                    curves.unverified);
  return text;
}

}  // namespace

DoubtfulCurves doubtful_curves(const hardware::GpuSpec& gpu) {
  DoubtfulCurves found;
  for (const auto& curve : gpu.curves) {
    if (!curve) continue;
    found.synthetic += curve->from.source.starts_with("SYNTHETIC") ? 1 : 0;
    found.unverified += curve->from.source.starts_with("UNVERIFIED") ? 1 : 0;
  }
  return found;
}

std::string to_text(const TraceCheck& check, const spec::Scenario& scenario) {
  return wrap(
             fmt::format(
                 "{} on {} beside the trace of one overlapped pair: {} layers forward beside {} backward, {} "
                 "tokens on a GPU. Errors are (predicted - measured) / measured.",
                 scenario.name, scenario.gpu.name, check.rounds, check.rounds,
                 count_text(double(check.tokens))),
             "") +
         doubt_text(doubtful_curves(scenario.gpu)) + "\n" + class_section(check) + "\n" +
         block_section(check) + "\n" + exchange_section(check) + "\n" + pair_section(check, scenario.gpu) +
         unmatched_section(check);
}

}  // namespace foretrain::report
