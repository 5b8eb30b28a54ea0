#pragma once
// What tests of op lists share: finding ops, and sums over a unit.

#include <string>
#include <vector>

#include "catch.hpp"
#include "model/ops.hpp"
#include "model/v3.hpp"

namespace foretrain::testing {

inline const model::Op& find(const std::vector<model::Op>& ops, const std::string& name) {
  for (const auto& op : ops)
    if (op.name == name) return op;
  FAIL("no op " << name);
  return ops.front();
}

inline bool has(const std::vector<model::Op>& ops, const std::string& name) {
  for (const auto& op : ops)
    if (op.name == name) return true;
  return false;
}

inline double moved(const model::Op& op) {
  return (op.kernel.read + op.kernel.written).base();
}

inline std::vector<std::vector<model::Op>> all_lists(const model::UnitOps& u) {
  return {u.attention_f, u.mlp_f, u.mlp_i, u.attention_i, u.mlp_w, u.attention_w};
}

inline double total_work(const model::UnitOps& ops) {
  double sum = 0;
  for (const auto& list : all_lists(ops))
    for (const auto& op : list) sum += op.kernel.k > 0 ? op.kernel.work.base() : 0;
  return sum;
}

inline model::UnitOps moe_layer(const model::Work& work) {
  return model::list_ops(deepseek_v3(), model::Unit::moe_layer, work);
}

}  // namespace foretrain::testing
