#include "plan/stages.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.hpp"

namespace foretrain::plan {

namespace {

// `count` things over `places`, as even as can be, the first places taking what does not divide.
std::vector<std::int64_t> spread(std::int64_t count, std::int64_t places) {
  std::vector<std::int64_t> shares;
  for (std::int64_t i = 0; i < places; ++i) shares.push_back(count / places + (i < count % places ? 1 : 0));
  return shares;
}

// Consecutive runs of units, of the given lengths.
Stages cut(const std::vector<model::Unit>& units, const std::vector<std::int64_t>& lengths) {
  Stages stages;
  auto from = units.begin();
  for (const auto length : lengths) {
    stages.emplace_back(from, from + length);
    from += length;
  }
  check(from == units.end(), "stages must use up the units");
  return stages;
}

std::string to_text(const std::vector<model::Unit>& stage) {
  std::string text;
  for (auto unit = stage.begin(); unit != stage.end();) {
    const auto end = std::find_if(unit, stage.end(), [&](model::Unit u) { return u != *unit; });
    if (!text.empty()) text += ", ";
    text += end - unit > 1 ? fmt::format("{} {}", end - unit, name_of(*unit)) : std::string(name_of(*unit));
    unit = end;
  }
  return text;
}

// Layers of each stage of a model whose tail is one head.
std::vector<std::int64_t> even_layers(std::int64_t layers, std::int64_t stages) {
  const auto with = [&](std::int64_t first, std::int64_t last) {  // layers that embedding and head stand for
    std::vector<std::int64_t> shares(static_cast<std::size_t>(stages), (layers + first + last) / stages);
    shares.front() -= first;
    shares.back() -= last;
    return shares;
  };
  if (layers % stages == 0) return with(0, 0);
  if ((layers + 2) % stages == 0) return with(1, 1);
  if ((layers + 1) % stages == 0) return with(0, 1);
  return spread(layers, stages);
}

// The same where MTP modules follow the head.
std::vector<std::int64_t> layers_before_tail(std::int64_t layers, std::int64_t stages, std::int64_t tail) {
  const std::int64_t last = std::clamp<std::int64_t>((layers + tail) / stages - tail, 0, layers);
  auto shares = spread(layers - last, stages - 1);
  shares.push_back(last);
  return shares;
}

}  // namespace

Stages default_stages(const model::TransformerSpec& model, std::int64_t stages) {
  const auto units = model::list_units(model);
  const auto count = static_cast<std::int64_t>(units.size());
  check(stages >= 1 && count >= stages, "more stages than units");
  if (stages == 1) return {units};
  const std::int64_t tail = count - 1 - model.layers;  // heads and MTP layers
  auto lengths = model.mtp_depth > 0 ? layers_before_tail(model.layers, stages, tail)
                                     : even_layers(model.layers, stages);
  const bool empty = std::any_of(lengths.begin() + 1, lengths.end() - 1, [](auto n) { return n == 0; });
  if (empty) return cut(units, spread(count, stages));  // too few layers for the rule
  lengths.front() += 1;                                 // the embedding
  lengths.back() += tail;
  return cut(units, lengths);
}

Stages recompute_first(Stages stages, std::int64_t layers) {
  for (auto& stage : stages) {
    std::int64_t left = layers;
    for (auto& unit : stage)
      if (left > 0 && model::again(unit) != unit) {
        unit = model::again(unit);
        --left;
      }
  }
  return stages;
}

std::string why_not_stages(const Stages& stages, const model::TransformerSpec& model) {
  const auto units = model::list_units(model);
  std::size_t next = 0;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (stages[i].empty()) return fmt::format("stage {} holds nothing", i);
    for (const auto unit : stages[i]) {
      if (next == units.size()) return fmt::format("stage {} holds a {} too many", i, name_of(unit));
      if (model::plain(unit) != units[next])
        return fmt::format("stage {} holds a {} where {} comes next", i, name_of(unit), name_of(units[next]));
      ++next;
    }
  }
  if (next == units.size()) return "";
  return fmt::format("{} units from {} on are in no stage", units.size() - next, name_of(units[next]));
}

std::string to_text(const Stages& stages) {
  std::string text;
  for (std::size_t i = 0; i < stages.size();) {
    std::size_t end = i + 1;
    while (end < stages.size() && stages[end] == stages[i]) ++end;
    if (!text.empty()) text += "; ";
    text += end - i > 1 ? fmt::format("{}-{}: ", i, end - 1) : fmt::format("{}: ", i);
    text += to_text(stages[i]);
    i = end;
  }
  return text;
}

}  // namespace foretrain::plan
