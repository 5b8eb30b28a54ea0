// The op lists of a scenario, priced.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/curves.hpp"
#include "report/explain.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"
#include "study/stage.hpp"

namespace foretrain::report {

namespace {

using hardware::KernelPrice;

std::string shape_text(const Kernel& k) {
  std::string text = fmt::format("{} x {}", k.m, k.n);
  if (k.k > 0) text += fmt::format(" x {}", k.k);
  if (k.groups > 1) text += fmt::format(" in {}", k.groups);
  return text;
}

struct Pricing {
  const hardware::GpuSpec* gpu = nullptr;
  hardware::Conditions alone, pair;
  const cluster::Collectives* collectives = nullptr;
};

Table ops_table() {
  return {{left("op"), left("shape"), right("GFLOP"), right("MB"), right("alone, us"), right("in a pair, us"),
           left("bound by"), left("priced by"), left("row")},
          {},
          false};
}

// A collective: what its GPU waits for, that part that no GEMM hides.
Seconds add_collective(Table& table, const model::Op& op, const std::vector<model::Op>& ops,
                       const Pricing& with) {
  const Communication& c = *op.communication;
  const Seconds exposed = cluster::exposed_time(op, ops, *with.collectives, *with.gpu, with.alone);
  const std::string time = fixed(exposed.base() * 1e6, 1);
  table.add({op.name, fmt::format("{}, {} group", name_of(c.pattern), name_of(c.group)), "",
             fixed(c.buffer.base() / 1e6, 1), time, time,
             c.beside != Beside::nothing ? "network, may overlap" : "network",
             std::string(name_of(c.pattern)), ""});
  return exposed;
}

// Adds the ops of a block and their sum.
void add_block(Table& table, const std::vector<model::Op>& ops, const Pricing& with, CurvesUsed& used) {
  Seconds alone{}, pair{};
  Flops work{};
  Bytes moved{};
  for (const model::Op& op : ops) {
    if (op.communication) {
      const Seconds exposed = add_collective(table, op, ops, with);
      alone += exposed, pair += exposed;
      continue;
    }
    const KernelPrice a = hardware::price(op.kernel, *with.gpu, with.alone);
    const KernelPrice p = hardware::price(op.kernel, *with.gpu, with.pair);
    const Bytes touched = op.kernel.read + op.kernel.written;
    used.add(op.kernel.family, *a.curve);
    table.add({op.name, shape_text(op.kernel), fixed(op.kernel.work.base() / 1e9, 2),
               fixed(touched.base() / 1e6, 1), fixed(a.time.base() * 1e6, 1), fixed(p.time.base() * 1e6, 1),
               bound_text(a), std::string(name_of(op.kernel.family)), a.curve->from.where});
    alone += a.time, pair += p.time, work += op.kernel.work, moved += touched;
  }
  table.add_rule();
  table.add({"sum", "", fixed(work.base() / 1e9, 2), fixed(moved.base() / 1e6, 1),
             fixed(alone.base() * 1e6, 1), fixed(pair.base() * 1e6, 1)});
}

std::vector<model::Unit> units_of(const spec::StageSpec& stage, const OpsQuery& query) {
  std::vector<model::Unit> units;
  for (const auto& list : stage.plan.stages) {
    for (const model::Unit unit : list) {
      const bool wanted = !query.unit || *query.unit == unit;
      if (wanted && std::find(units.begin(), units.end(), unit) == units.end()) units.push_back(unit);
    }
  }
  return units;
}

bool belongs(cluster::BlockKind kind, const std::optional<model::Phase>& phase) {
  if (!phase) return true;
  switch (kind) {
    case cluster::BlockKind::attention_f:
    case cluster::BlockKind::mlp_f:
      return *phase == model::Phase::forward;
    case cluster::BlockKind::mlp_i:
    case cluster::BlockKind::attention_i:
      return *phase == model::Phase::input_gradient;
    case cluster::BlockKind::mlp_w:
    case cluster::BlockKind::attention_w:
      return *phase == model::Phase::weight_gradient;
  }
  return false;
}

}  // namespace

std::string ops_text(const spec::Scenario& scenario, const spec::StageSpec& stage, const OpsQuery& query) {
  const cluster::Prepared prepared = cluster::prepare(study::step_spec(scenario, stage));
  const cluster::ChunkInputs& inputs = prepared.inputs;
  const Pricing with{
      &scenario.gpu, {}, {inputs.communication_sms, inputs.hbm_taken_beside}, &inputs.collectives};
  CurvesUsed used;
  std::string text = fmt::format(
      "The ops of one GPU and one micro-batch of {}: {} tokens, {} routed rows on {} experts, balanced\n"
      "alone: with the whole GPU; in a pair: {} of {} SMs and {} of the HBM bandwidth are taken by "
      "communication\n"
      "shape: rows x columns (x inner dimension) (in groups); of attention: tokens x heads x keys a query "
      "sees\n",
      stage.name, whole(double(inputs.work.tokens)), whole(double(inputs.work.routed_rows)),
      inputs.work.local_experts, inputs.communication_sms, scenario.gpu.sms.value,
      percent_text(inputs.hbm_taken_beside));
  const std::vector<model::Unit> units = units_of(stage, query);
  for (const model::Unit unit : units) {
    const model::UnitOps ops = model::list_ops(scenario.model, unit, inputs.work);
    for (std::size_t k = 0; k < cluster::block_kinds; ++k) {
      const auto kind = static_cast<cluster::BlockKind>(k);
      const auto& list = cluster::ops_of(ops, kind);
      if (list.empty() || !belongs(kind, query.phase)) continue;
      Table table = ops_table();
      add_block(table, list, with, used);
      text += fmt::format("\n{}: {}\n{}", model::name_of(unit), name_of(kind), to_text(table));
    }
  }
  if (units.empty()) return text + "\nThe stage has no such unit.\n";
  return text + "\n" + used.to_text();
}

}  // namespace foretrain::report
