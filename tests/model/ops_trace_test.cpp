// Op lists against the published trace: same ops, same order, same shapes, same FLOPs.

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "model/lists.hpp"

using namespace foretrain;
using namespace foretrain::model;
using namespace foretrain::testing;

namespace {

struct TraceRow {
  std::string block, op, family;
  double work = 0, kernels = 0;
  std::int64_t m = 0, n = 0, k = 0;
};

std::vector<TraceRow> read_trace() {
  std::ifstream file(std::string(FORETRAIN_ROOT) + "/tests/published/deepseek_v3_trace_ops.csv");
  std::vector<TraceRow> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line.rfind("block,", 0) == 0) continue;
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
    const auto number = [&](std::size_t i) { return cells[i].empty() ? 0.0 : std::atof(cells[i].c_str()); };
    const auto whole = [&](std::size_t i) { return static_cast<std::int64_t>(number(i)); };
    rows.push_back({cells[0], cells[1], cells[2], number(4), number(5), whole(6), whole(7), whole(8)});
  }
  return rows;
}

// The trace's rows of one block, communication apart. Its cast of the output gradient runs on the
// communication stream, listed as the first op of the input gradient.
std::vector<TraceRow> rows_of(const std::string& block) {
  std::vector<TraceRow> rows;
  for (const auto& row : read_trace()) {
    const bool cast = block == "mlp(B)" && row.op == "comb_bwd_dy_cast";
    if ((row.block == block || cast) && row.family.rfind("comm_", 0) != 0) rows.push_back(row);
  }
  return rows;
}

std::string family_of(const std::string& trace_class, const std::string& op) {
  const std::map<std::string, std::string> other_names{
      {"ggemm_fp8", "grouped_gemm_fp8"},    {"wgrad_fp8_grouped", "grouped_wgrad_fp8"},
      {"attn_fwd", "attention_forward"},    {"attn_bwd", "attention_backward"},
      {"fp8_cast_T", "fp8_cast_transpose"}, {"rmsnorm_bwd", "rmsnorm_backward"},
  };
  if (op == "flash_bwd_pre" || op == "flash_bwd_post") return "elementwise";  // bound by bytes
  const auto found = other_names.find(trace_class);
  return found == other_names.end() ? trace_class : found->second;
}

}  // namespace

TEST_CASE("a DeepSeek-V3 layer lists the ops of the published trace in its order, with its shapes") {
  auto work = v3_work();
  work.routed_rows = 31104;  // round 0, forward
  const auto forward = moe_layer(work);
  work.routed_rows = 28416;  // the backward row count that the trace's table states
  const auto backward = moe_layer(work);
  const std::vector<std::pair<std::string, std::vector<Op>>> blocks{
      {"attn(F)", forward.attention_f},  {"mlp(F)", forward.mlp_f},  {"mlp(B)", backward.mlp_i},
      {"attn(B)", backward.attention_i}, {"mlp(W)", backward.mlp_w}, {"attn(W)", backward.attention_w}};
  for (const auto& [block, ops] : blocks) {
    const auto rows = rows_of(block);
    REQUIRE(rows.size() > 4);
    REQUIRE(ops.size() == rows.size());
    for (std::size_t i = 0; i < ops.size(); ++i) {
      INFO(block << " " << i << ": " << rows[i].op);
      const auto& kernel = ops[i].kernel;
      CHECK(ops[i].name == rows[i].op);
      CHECK(std::string(name_of(kernel.family)) == family_of(rows[i].family, rows[i].op));
      CHECK(kernel.launches == static_cast<int>(std::ceil(rows[i].kernels)));
      if (rows[i].m == 0) continue;
      CHECK(kernel.m == rows[i].m);
      CHECK(kernel.n == rows[i].n);
      CHECK(kernel.k == rows[i].k);
      // The table's FLOPs of routed GEMMs are means over the rounds, whose mean row counts are 32512 and
      // 32128.
      const double mean_rows = block == "mlp(F)" ? 32512 : 32128;
      const bool routed = kernel.family == Family::grouped_gemm_fp8;
      CHECK(kernel.work.base() == rows[i].work * (routed ? static_cast<double>(kernel.m) / mean_rows : 1.0));
    }
  }
  CHECK(find(forward.attention_f, "flash_attn_fwd").kernel.work.base() == 687194767360.0);
  CHECK(find(backward.attention_i, "flash_attn_bwd").kernel.work.base() == 1786706395136.0);
}

TEST_CASE("the traced pair executes 68.68 TFLOP") {
  const std::int64_t forward[] = {31104, 30976, 36864, 31104}, backward[] = {34688, 32512, 32896, 28416};
  double sum = 0;
  for (int round = 0; round < 4; ++round) {
    auto work = v3_work();
    work.routed_rows = forward[round];
    const auto f = moe_layer(work);
    work.routed_rows = backward[round];
    const auto b = moe_layer(work);
    UnitOps pair{Unit::moe_layer, f.attention_f, f.mlp_f,       b.mlp_i,
                 b.attention_i,   b.mlp_w,       b.attention_w, true};
    sum += total_work(pair);
  }
  CHECK(sum == Approx(68.68e12).epsilon(0.001));
}
