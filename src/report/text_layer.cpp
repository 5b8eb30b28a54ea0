#include "report/text_layer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/measured_on.hpp"
#include "report/numbers.hpp"
#include "report/scatter.hpp"
#include "report/svg.hpp"
#include "report/table.hpp"

namespace foretrain::report {
namespace {

using calibrate::LayerCheck;
using calibrate::LayerPass;

constexpr std::array<const char*, 3> pass_names{"forward", "input gradient", "weight gradient"};

const char* precision_text(model::Precision precision) {
  return precision == model::Precision::bf16 ? "bf16" : "fp8";
}

std::string settings_text(const LayerCheck& check) {
  const auto count = [](std::int64_t n) { return whole(static_cast<double>(n)); };
  return wrap(
      fmt::format("one MoE layer in {}, {} tokens, {} rows on {} experts, {} tokens received; alone, at "
                  "the clock of a short benchmark",
                  precision_text(check.work.precision), count(check.work.tokens),
                  count(check.work.routed_rows), check.work.local_experts, count(check.work.received_tokens)),
      "  ");
}

void add_pass(Table& table, const char* name, const LayerPass& pass) {
  if (!pass.whole) {
    table.add({name, "-", us_text(pass.predicted), "-", us_text(pass.gaps), us_text(pass.named),
               us_text(pass.named_predicted),
               pass.named > Seconds{} ? error_text(pass.named_predicted / pass.named - 1) : "-", "-"});
    return;
  }
  table.add({name, us_text(pass.measured), us_text(pass.predicted), error_text(pass.error()),
             us_text(pass.gaps), us_text(pass.named), us_text(pass.named_predicted),
             pass.named > Seconds{} ? error_text(pass.named_predicted / pass.named - 1) : "-",
             percent_text(pass.covered())});
}

std::string passes_table(const LayerCheck& check) {
  Table table{{left("pass"), right("measured us"), right("predicted us"), right("error"), right("of it gaps"),
               right("ops measured"), right("ops predicted"), right("error"), right("covered")},
              {}};
  for (std::size_t i = 0; i < pass_names.size(); ++i) add_pass(table, pass_names[i], check.passes[i]);
  table.add_rule();
  add_pass(table, "all", check.all);
  return to_text(table);
}

constexpr const char* pass_notes =
    "measured: the whole pass; predicted: all ops of the list and the gaps between their launches; ops: "
    "those "
    "that both sides name, without gaps; covered: what these are of the whole pass, as measured.";

std::string ops_table(const LayerCheck& check) {
  Table table{{left("block"), left("op"), right("measured us"), right("predicted us"), right("error"),
               left("priced by")},
              {}};
  for (const auto& op : check.ops) {
    std::string families;
    for (const Family family : op.families)
      families += (families.empty() ? "" : ", ") + std::string(name_of(family));
    table.add(
        {op.block, op.name, us_text(op.measured), us_text(op.predicted), error_text(op.error()), families});
  }
  return to_text(table);
}

std::string rest_text(const LayerCheck& check) {
  std::string text;
  for (const auto& row : check.other)
    text += wrap(fmt::format("{}, {} us: {} ({})", row.kernel, us_text(row.measured), row.remark, row.place),
                 "  not compared: ");
  if (check.only_listed.empty()) return text;
  std::string names;
  for (const auto& name : check.only_listed) names += (names.empty() ? "" : ", ") + name;
  return text + wrap(fmt::format("{}, {} us as predicted", names, us_text(check.only_listed_time)),
                     fmt::format("  not measured ({}): ", check.only_listed.size()));
}

std::string verdict(const LayerCheck& check) {
  std::size_t passes = 0;
  for (const auto& pass : check.passes) passes += pass.whole ? 1 : 0;
  return fmt::format("\n{} is predicted {} off, {} the {} that is asked for\n",
                     passes == 3 ? "The layer" : "What was measured of the layer",
                     error_text(check.all.error()),
                     std::abs(check.all.error()) <= calibrate::layer_aim ? "within" : "beyond",
                     percent_text(calibrate::layer_aim));
}

void write_pass(JsonWriter& json, const LayerPass& pass) {
  json.begin_object();
  json.key("measured_s");
  pass.whole ? json.value(pass.measured.base()) : json.null();
  json.member("predicted_s", pass.predicted.base()).member("gaps_s", pass.gaps.base());
  json.key("error");
  pass.whole ? json.value(pass.error()) : json.null();
  json.member("ops_measured_s", pass.named.base());
  json.member("ops_predicted_s", pass.named_predicted.base());
  json.key("covered");
  pass.whole ? json.value(pass.covered()) : json.null();
  json.end_object();
}

}  // namespace

std::string to_text(const LayerCheck& check) {
  return opening_text("Layer", check.results, check.gpu.name) + settings_text(check) + "\n" +
         passes_table(check) + wrap(pass_notes, "  ") + verdict(check) +
         (check.ops.empty() ? "" : "\n" + ops_table(check)) + rest_text(check);
}

std::string to_json(const LayerCheck& check) {
  JsonWriter json;
  json.begin_object();
  write_device(json, check.results);
  json.member("gpu", check.gpu.name).member("precision", precision_text(check.work.precision));
  json.member("tokens", check.work.tokens).member("routed_rows", check.work.routed_rows);
  json.member("received_tokens", check.work.received_tokens);
  json.member("local_experts", check.work.local_experts).member("aim", calibrate::layer_aim);
  json.key("passes").begin_object();
  constexpr std::array<const char*, 3> keys{"forward", "input_gradient", "weight_gradient"};
  for (std::size_t i = 0; i < keys.size(); ++i) write_pass(json.key(keys[i]), check.passes[i]);
  write_pass(json.key("all"), check.all);
  json.end_object().key("ops").begin_array();
  for (const auto& op : check.ops) {
    json.begin_object().member("block", op.block).member("op", op.name);
    json.member("measured_s", op.measured.base()).member("predicted_s", op.predicted.base());
    json.member("error", op.error()).end_object();
  }
  json.end_array().key("not_compared").begin_array();
  for (const auto& row : check.other) {
    json.begin_object().member("kernel", row.kernel).member("reason", row.remark);
    json.member("measured_s", row.measured.base()).member("place", row.place).end_object();
  }
  json.end_array().key("not_measured").begin_array();
  for (const auto& name : check.only_listed) json.value(name);
  json.end_array().end_object();
  return json.take();
}

std::string layer_svg(const LayerCheck& check) {
  double least = 1e30, most = 0;
  const auto micro = [](Seconds time) { return time.base() * 1e6; };
  std::vector<std::string> blocks;
  for (const auto& op : check.ops) {
    least = std::min({least, micro(op.measured), micro(op.predicted)});
    most = std::max({most, micro(op.measured), micro(op.predicted)});
    if (std::find(blocks.begin(), blocks.end(), op.block) == blocks.end()) blocks.push_back(op.block);
  }
  const Scatter axes = scatter_of(least, most);
  std::string svg =
      scatter_head(axes, "Predicted against measured time of a layer's ops",
                   fmt::format("{} ops of one MoE layer on {} ({}), predicted by {}", check.ops.size(),
                               escaped(check.results.device.name),
                               calibrate::name_of(check.results.device.state), escaped(check.gpu.name)),
                   "time, us");
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    std::size_t count = 0;
    for (const auto& op : check.ops) {
      if (op.block != blocks[i]) continue;
      ++count;
      svg += scatter_mark(
          i, axes.x(micro(op.measured)), axes.y(micro(op.predicted)),
          fmt::format("<title>{} {}: {} us measured, {} us predicted, {}</title>", op.block, escaped(op.name),
                      us_text(op.measured), us_text(op.predicted), error_text(op.error())));
    }
    svg += scatter_legend(i, fmt::format("{} ({} ops)", blocks[i], count));
  }
  return svg + "</svg>\n";
}

}  // namespace foretrain::report
