#include "calibrate/check_layer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/diagnostic.hpp"
#include "calibrate/calibrate.hpp"
#include "calibrate/families.hpp"
#include "calibrate/layer_names.hpp"
#include "calibrate/shapes.hpp"
#include "calibrate/trace_rules.hpp"
#include "hardware/kernel_cost.hpp"

namespace foretrain::calibrate {
namespace {

// Which pass each of layer_parts belongs to.
constexpr std::array<std::size_t, 6> pass_of_part{0, 0, 1, 1, 2, 2};

// All ops of one name in one block.
struct Listed {
  std::size_t part = 0;
  std::string name;
  std::vector<Kernel> kernels;
  const Point* row = nullptr;  // the one that measures it
};

std::vector<Listed> list_layer(const model::TransformerSpec& model, const model::Work& work) {
  const auto ops = model::list_ops(model, model::Unit::moe_layer, work);
  std::vector<Listed> list;
  for (std::size_t part = 0; part < layer_parts.size(); ++part) {
    const std::size_t first = list.size();
    for (const model::Op& op : ops.*layer_parts[part].ops) {
      if (op.communication) continue;
      const auto same = std::find_if(list.begin() + static_cast<std::ptrdiff_t>(first), list.end(),
                                     [&](const Listed& other) { return other.name == op.name; });
      if (same == list.end())
        list.push_back({part, op.name, {op.kernel}, nullptr});
      else
        same->kernels.push_back(op.kernel);
    }
  }
  return list;
}

std::vector<const Point*> layer_rows(const Results& results) {
  std::vector<const Point*> rows;
  for (const Point& point : results.points)
    if (point.suite == "layer") rows.push_back(&point);
  if (!rows.empty()) return rows;
  throw SpecError({without_place(fmt::format("{} has no rows of suite 'layer'", results.file),
                                 "docs/calibration.md says what they are called")});
}

std::optional<std::size_t> pass_of(const Point& row) {
  for (std::size_t i = 0; i < layer_passes.size(); ++i)
    if (row.kernel == layer_passes[i]) return i;
  return std::nullopt;
}

bool is_whole(const Point& row) {
  return pass_of(row) || row.kernel == layer_at_once;
}

// What the passes say that the layer was given.
void take_sizes(const Point& row, const Point& first, const model::TransformerSpec& model,
                model::Work& work) {
  const Kernel &k = row.measured.kernel, &f = first.measured.kernel;
  if (k.m != f.m || k.n != f.n || k.k != f.k || k.dtype != f.dtype)
    throw SpecError(mistake(
        row, fmt::format("{} and {} are not of one layer: m, n, k or dtype differ", row.kernel, first.kernel),
        "one layer a file"));
  if (k.m < 1)
    throw SpecError(mistake(row, fmt::format("{} needs m, the tokens of the micro-batch", row.kernel)));
  if (k.n > 0 && k.n != model.hidden)
    throw SpecError(
        mistake(row, fmt::format("n {} is not the hidden size {} of {}", k.n, model.hidden, model.name),
                "name the scenario of the measured model with --scenario"));
  if (k.dtype != DType::fp8 && k.dtype != DType::bf16)
    throw SpecError(mistake(row, fmt::format("{} is of another precision than fp8 and bf16", row.kernel)));
  work.tokens = work.sequence = k.m;
  work.pieces.clear();
  if (k.dtype == DType::bf16)
    work.precision = model::Precision::bf16;
  else if (work.precision == model::Precision::bf16)
    work.precision = model::Precision::fp8;
  work.context_parallel = work.tensor_parallel = work.expert_tensor_parallel = 1;
}

// What the experts' first product says of them.
void take_experts(const std::vector<const Point*>& rows, const Point& whole, model::Work& work) {
  for (const Point* row : rows) {
    const std::string& name = row->kernel;
    if (name != experts_product && !name.ends_with(std::string(" ") + experts_product)) continue;
    const Kernel& kernel = row->measured.kernel;
    if (kernel.m < 1) throw SpecError(mistake(*row, fmt::format("{} needs m, its rows", name)));
    work.routed_rows = kernel.m;
    work.local_experts = kernel.groups;
    const auto received = whole.measured.kernel.k;
    work.received_tokens = received > 0 ? received : kernel.m;
    return;
  }
  throw SpecError(mistake(
      whole, fmt::format("no row of {}: how many rows the experts had is not known", experts_product)));
}

// Of matrix products and attention a shape is needed, as their rows would fit any.
std::string other_shape(const Point& row, const Listed& op) {
  const Kernel &k = row.measured.kernel, &listed = op.kernels.front();
  if (work_of(listed.family) == Work::memory) return {};
  if (k.m == listed.m && k.n == listed.n && k.k == listed.k && k.groups == listed.groups) return {};
  return fmt::format("of another shape than listed: {}", describe(listed));
}

class Layer {
 public:
  Layer(LayerCheck& check, std::vector<Listed> list)
      : check_(check), gpu_(hardware::at_full_clock(check.gpu)), list_(std::move(list)) {}

  void add(const Point& row) {
    LayerName name = parse_layer_name(row);
    std::vector<Listed*> found;
    for (const auto& op : name.ops) {
      Listed* listed = find(name.part, op);
      if (listed == nullptr) return leave(row, unknown(name.part, op));
      name.part = listed->part;
      if (listed->row != nullptr)
        throw SpecError(mistake(row, fmt::format("'{}' stands in line {} too", op, listed->row->line),
                                "each op once; times of several kernels are added"));
      if (std::find(found.begin(), found.end(), listed) != found.end())
        throw SpecError(mistake(row, fmt::format("'{}' stands twice in one name", op)));
      found.push_back(listed);
    }
    if (found.size() == 1)
      if (auto remark = other_shape(row, *found.front()); !remark.empty())
        return leave(row, std::move(remark));
    compare(row, found);
  }

  void finish() {
    std::stable_sort(measured_.begin(), measured_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [place, op] : measured_) check_.ops.push_back(std::move(op));
    std::vector<Family> ignored;
    for (const Listed& listed : list_) {
      const auto [time, busy] = price(listed, ignored);
      LayerPass& pass = check_.passes[pass_of_part[listed.part]];
      pass.predicted += time;
      pass.gaps += time - busy;
      if (listed.row != nullptr) continue;
      check_.only_listed.push_back(fmt::format("{} {}", layer_parts[listed.part].name, listed.name));
      check_.only_listed_time += busy;
    }
  }

 private:
  struct Price {
    Seconds time{}, busy{};
  };
  Price price(const Listed& op, std::vector<Family>& families) const {
    Price all;
    for (const Kernel& kernel : op.kernels) {
      const auto one = hardware::price(kernel, gpu_, {});
      all.time += one.time, all.busy += one.busy;
      if (std::find(families.begin(), families.end(), kernel.family) == families.end())
        families.push_back(kernel.family);
    }
    return all;
  }
  void compare(const Point& row, const std::vector<Listed*>& found) {
    std::vector<std::string> names;
    for (const Listed* listed : found) names.push_back(listed->name);
    const std::size_t part = found.front()->part, pass = pass_of_part[part];
    LayerOp op{
        layer_parts[part].name, fmt::format("{}", fmt::join(names, " & ")), pass, {}, row.measured.time, {}};
    for (Listed* listed : found) {
      listed->row = &row;
      op.predicted += price(*listed, op.families).busy;
    }
    check_.passes[pass].named += op.measured;
    check_.passes[pass].named_predicted += op.predicted;
    measured_.emplace_back(found.front() - list_.data(), std::move(op));
  }
  // Without a block the first that lists the name; NAME_recompute where it stands once more.
  Listed* find(const std::optional<std::size_t>& part, const std::string& name, std::size_t turn = 0) {
    for (Listed& op : list_)
      if ((!part || op.part == *part) && op.name == name && turn-- == 0) return &op;
    const std::string again = "_recompute";
    if (!name.ends_with(again)) return nullptr;
    return find(part, name.substr(0, name.size() - again.size()), part ? 0 : 1);
  }
  std::string unknown(const std::optional<std::size_t>& part, const std::string& name) const {
    std::vector<std::string> names;
    for (const Listed& op : list_)
      if (!part || op.part == *part) names.push_back(op.name);
    const std::string near = nearest_name(name, names);
    return near.empty() ? "not in the list" : fmt::format("not in the list; is it '{}'?", near);
  }
  void leave(const Point& row, std::string remark) {
    check_.other.push_back({row.kernel, std::move(remark), place_of(row), row.measured.time});
  }

  LayerCheck& check_;
  hardware::GpuSpec gpu_;
  std::vector<Listed> list_;
  std::vector<std::pair<std::ptrdiff_t, LayerOp>> measured_;
};

void expect_prices(const hardware::GpuSpec& gpu, const std::vector<Listed>& list) {
  for (const Listed& op : list)
    for (const Kernel& kernel : op.kernels)
      if (!can_price(kernel, gpu))
        throw SpecError({without_place(fmt::format("{} has no price for '{}': no curve of {}, or no peak",
                                                   gpu.name, op.name, name_of(kernel.family)),
                                       "name another part with --gpu")});
}

// Of the passes that were measured, or of all where the layer was measured at once.
void add_up(LayerCheck& check, const Point* at_once) {
  LayerPass& all = check.all;
  for (const LayerPass& pass : check.passes) {
    if (!pass.whole && at_once == nullptr) continue;
    all.whole = true;
    all.measured += pass.measured, all.predicted += pass.predicted, all.gaps += pass.gaps;
    all.named += pass.named, all.named_predicted += pass.named_predicted;
  }
  if (at_once != nullptr) all.measured = at_once->measured.time;
}

}  // namespace

LayerCheck check_layer(const Results& results, const hardware::GpuSpec& gpu,
                       const model::TransformerSpec& model, model::Work work) {
  check_device(results, gpu);
  if (model.moe.experts == 0)
    throw SpecError({without_place(fmt::format("{} has no mixture-of-experts layers", model.name),
                                   "name a scenario that has with --scenario")});
  LayerCheck check{results, gpu, {}, {}, {}, {}, {}, {}, {}};
  const auto rows = layer_rows(results);
  const Point *first = nullptr, *at_once = nullptr;
  for (const Point* row : rows) {
    if (!is_whole(*row)) continue;
    if (first == nullptr) first = row;
    take_sizes(*row, *first, model, work);
    const auto pass = pass_of(*row);
    if (pass ? check.passes[*pass].whole : at_once != nullptr)
      throw SpecError(mistake(*row, fmt::format("{} stands twice", row->kernel)));
    if (!pass) {
      at_once = row;
      continue;
    }
    check.passes[*pass].whole = true;
    check.passes[*pass].measured = row->measured.time;
  }
  if (first == nullptr)
    throw SpecError({without_place(fmt::format("{} has no row of a whole pass", results.file),
                                   fmt::format("{} or {}: they say what the layer was given",
                                               fmt::join(layer_passes, ", "), layer_at_once))});
  take_experts(rows, *first, work);
  check.work = work;
  auto list = list_layer(model, work);
  expect_prices(gpu, list);
  Layer layer(check, std::move(list));
  for (const Point* row : rows)
    if (!is_whole(*row)) layer.add(*row);
  layer.finish();
  add_up(check, at_once);
  return check;
}

}  // namespace foretrain::calibrate
