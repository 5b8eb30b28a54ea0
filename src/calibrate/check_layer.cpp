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
#include "calibrate/shapes.hpp"
#include "calibrate/trace_rules.hpp"
#include "hardware/kernel_cost.hpp"

namespace foretrain::calibrate {
namespace {

// Which pass each of layer_parts belongs to.
constexpr std::array<std::size_t, 6> pass_of_part{0, 0, 1, 1, 2, 2};

std::vector<Diagnostic> mistake(const Point& row, std::string message, std::string hint = {}) {
  Diagnostic d = without_place(std::move(message), std::move(hint));
  d.file = row.file;
  d.line = row.line;
  return {std::move(d)};
}

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

// What the passes say that the layer was given.
void take_sizes(const Point& row, const Point& first, model::Work& work) {
  const Kernel &k = row.measured.kernel, &f = first.measured.kernel;
  if (k.m != f.m || k.n != f.n || k.k != f.k || k.groups != f.groups || k.dtype != f.dtype)
    throw SpecError(mistake(row,
                            fmt::format("{} and {} are not of one layer: m, n, k, groups or dtype differ",
                                        row.kernel, first.kernel),
                            "one layer a file"));
  if (k.m < 1 || k.n < 1 || k.k < 1)
    throw SpecError(mistake(row, fmt::format("{} needs m, n and k", row.kernel),
                            "m: tokens, n: rows of the routed experts, k: tokens received"));
  if (k.dtype != DType::fp8 && k.dtype != DType::bf16)
    throw SpecError(mistake(row, fmt::format("{} is of another precision than fp8 and bf16", row.kernel)));
  work.tokens = work.sequence = k.m;
  work.document = 0;
  work.routed_rows = k.n;
  work.received_tokens = k.k;
  work.local_experts = k.groups;
  if (k.dtype == DType::bf16)
    work.precision = model::Precision::bf16;
  else if (work.precision == model::Precision::bf16)
    work.precision = model::Precision::fp8;
  work.context_parallel = work.tensor_parallel = work.expert_tensor_parallel = 1;
}

// Cuts "mlp_f a & b" into the block and its ops.
struct Name {
  std::size_t part = 0;
  std::vector<std::string> ops;
};
Name parse_name(const Point& row) {
  std::vector<std::string> blocks;
  for (const NamedPart& part : layer_parts) blocks.emplace_back(part.name);
  const auto blank = row.kernel.find(' ');
  const std::string block = row.kernel.substr(0, blank);
  const auto at = std::find(blocks.begin(), blocks.end(), block);
  if (at == blocks.end() || blank == std::string::npos) {
    const std::string near = nearest_name(block, blocks);
    throw SpecError(
        mistake(row, fmt::format("'{}' is neither a pass of the layer nor an op in a block", row.kernel),
                near.empty() ? fmt::format("{}, or BLOCK OP with BLOCK one of {}",
                                           fmt::join(layer_passes, ", "), fmt::join(blocks, ", "))
                             : fmt::format("is the block '{}'?", near)));
  }
  Name name{static_cast<std::size_t>(at - blocks.begin()), {}};
  const std::string rest = row.kernel.substr(blank + 1);
  for (std::size_t begin = 0; begin <= rest.size();) {
    const auto end = std::min(rest.find(" & ", begin), rest.size());
    name.ops.push_back(rest.substr(begin, end - begin));
    begin = end + 3;
  }
  return name;
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
    const Name name = parse_name(row);
    const std::size_t pass = pass_of_part[name.part];
    std::vector<Listed*> found;
    for (const auto& op : name.ops) {
      Listed* listed = find(name.part, op);
      if (listed == nullptr) return leave(row, pass, unknown(name.part, op));
      if (listed->row != nullptr)
        throw SpecError(mistake(row, fmt::format("'{}' stands in line {} too", op, listed->row->line),
                                "each op once; times of several kernels are added"));
      if (std::find(found.begin(), found.end(), listed) != found.end())
        throw SpecError(mistake(row, fmt::format("'{}' stands twice in one name", op)));
      found.push_back(listed);
    }
    if (found.size() == 1)
      if (auto remark = other_shape(row, *found.front()); !remark.empty())
        return leave(row, pass, std::move(remark));
    LayerOp op{layer_parts[name.part].name,
               fmt::format("{}", fmt::join(name.ops, " & ")),
               pass,
               {},
               row.measured.time,
               {}};
    for (Listed* listed : found) {
      listed->row = &row;
      op.predicted += price(*listed, op.families).busy;
    }
    check_.passes[pass].named += op.measured;
    check_.passes[pass].named_predicted += op.predicted;
    measured_.emplace_back(found.front() - list_.data(), std::move(op));
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
  Listed* find(std::size_t part, const std::string& name) {
    for (Listed& op : list_)
      if (op.part == part && op.name == name) return &op;
    return nullptr;
  }
  std::string unknown(std::size_t part, const std::string& name) const {
    std::vector<std::string> names;
    for (const Listed& op : list_)
      if (op.part == part) names.push_back(op.name);
    const std::string near = nearest_name(name, names);
    return near.empty() ? "not in the list" : fmt::format("not in the list; is it '{}'?", near);
  }
  void leave(const Point& row, std::size_t pass, std::string remark) {
    check_.other.push_back({row.kernel, std::move(remark), place_of(row), pass, row.measured.time});
  }

  LayerCheck& check_;
  hardware::GpuSpec gpu_;
  std::vector<Listed> list_;
  std::vector<std::pair<std::ptrdiff_t, LayerOp>> measured_;
};

bool can_price(const Kernel& kernel, const hardware::GpuSpec& gpu) {
  const auto& curve = gpu.curves[static_cast<std::size_t>(kernel.family)];
  return curve &&
         (curve->kind == hardware::Curve::Kind::bandwidth || hardware::peak(gpu, kernel.dtype).base() > 0);
}

void expect_prices(const hardware::GpuSpec& gpu, const std::vector<Listed>& list) {
  for (const Listed& op : list)
    for (const Kernel& kernel : op.kernels)
      if (!can_price(kernel, gpu))
        throw SpecError({without_place(fmt::format("{} has no price for '{}': no curve of {}, or no peak",
                                                   gpu.name, op.name, name_of(kernel.family)),
                                       "name another part with --gpu")});
}

void add_up(LayerCheck& check) {
  for (const LayerPass& pass : check.passes) {
    if (!pass.whole) continue;
    LayerPass& all = check.all;
    all.whole = true;
    all.measured += pass.measured, all.predicted += pass.predicted, all.gaps += pass.gaps;
    all.named += pass.named, all.named_predicted += pass.named_predicted;
  }
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
  const Point* first = nullptr;
  for (const Point* row : rows) {
    const auto pass = pass_of(*row);
    if (!pass) continue;
    if (first == nullptr) first = row;
    take_sizes(*row, *first, work);
    if (check.passes[*pass].whole)
      throw SpecError(mistake(*row, fmt::format("{} stands twice", row->kernel)));
    check.passes[*pass].whole = true;
    check.passes[*pass].measured = row->measured.time;
  }
  if (first == nullptr)
    throw SpecError(
        {without_place(fmt::format("{} has no row of a whole pass", results.file),
                       fmt::format("{}: they say what the layer was given", fmt::join(layer_passes, ", ")))});
  check.work = work;
  auto list = list_layer(model, work);
  expect_prices(gpu, list);
  Layer layer(check, std::move(list));
  for (const Point* row : rows)
    if (!pass_of(*row)) layer.add(*row);
  layer.finish();
  add_up(check);
  return check;
}

}  // namespace foretrain::calibrate
