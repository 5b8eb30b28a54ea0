#pragma once
// The labelled trace of one overlapped pair (deepseek_v3_trace_*.csv) as measurements: times from the trace,
// work and bytes from the model's op lists for what was routed in that round.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "curve_data.hpp"
#include "model/ops.hpp"
#include "model/v3.hpp"

namespace foretrain::published {

inline model::UnitOps routed_layer(const Row& round, const std::string& direction) {
  model::Work work;
  work.tokens = 4096;
  work.sequence = 4096;
  work.local_experts = 4;
  work.routed_rows = whole(round, direction + "_rows");
  work.received_tokens = whole(round, direction + "_received");
  work.recompute = {true, true, true};
  return model::list_ops(testing::deepseek_v3(), model::Unit::moe_layer, work);
}

using NamedKernels =
    std::map<std::pair<std::string, std::string>, Kernel>;  // by (block, op); equal names added

inline void add_ops(NamedKernels& into, const std::string& block, const std::vector<model::Op>& ops) {
  for (const auto& op : ops) {
    const auto [at, is_new] = into.emplace(std::pair{block, op.name}, op.kernel);
    if (is_new) continue;
    at->second.read += op.kernel.read;
    at->second.written += op.kernel.written;
    at->second.work += op.kernel.work;
    at->second.launches += op.kernel.launches;
  }
}

inline NamedKernels list_round(const Row& round) {
  const auto forward = routed_layer(round, "forward"), backward = routed_layer(round, "backward");
  NamedKernels kernels;
  add_ops(kernels, "attn(F)", forward.attention_f);
  add_ops(kernels, "mlp(F)", forward.mlp_f);
  add_ops(kernels, "mlp(B)", backward.mlp_i);
  add_ops(kernels, "attn(B)", backward.attention_i);
  add_ops(kernels, "mlp(W)", backward.mlp_w);
  add_ops(kernels, "attn(W)", backward.attention_w);
  return kernels;
}

// Share of HBM bandwidth lost beside a dispatch or combine that runs on 20 SMs. Measured: 23 pairs of times
// of memory-bound kernels of the trace are 1.16 x longer beside one than without (dispatch 1.162, combine
// 1.158): 1 - 1/1.16. Counting bytes gives less, 0.08-0.10 (1.0 GB in 4 ms, 2 GB in 6 ms): the rest is the
// access pattern and the SMs held. Found again in kernels_test.cpp; models/software/deepseek-2024.yaml
// carries it to the simulator.
inline constexpr double exchange_hbm_taken = 0.14;

// Shares of an op's time spent beside a dispatch or a combine, and beside any communication kernel, those
// before them included; 0 for ops the overlap table leaves out.
struct Beside {
  double exchange = 0, communication = 0;
};
inline std::map<std::pair<std::string, std::string>, Beside> list_beside(const std::string& round) {
  std::map<std::pair<std::string, std::string>, Beside> shares;
  for (const auto& row : read_csv("deepseek_v3_trace_beside.csv")) {
    const double exchange = number(row, "dispatch_round" + round) + number(row, "combine_round" + round);
    shares[{row.at("block"), row.at("op")}] = {exchange, exchange + number(row, "barrier_round" + round)};
  }
  return shares;
}

// All ops of one family in the rounds asked for. Communication holds 20 SMs for the whole pair (persistent
// kernels launch 112 blocks whether or not it runs); it draws HBM only while a dispatch or combine runs. Norms
// launch as many blocks as the whole chip holds, so they lose SMs only while a communication kernel is there.
inline std::vector<hardware::Measurement> trace(Family family, const std::vector<int>& rounds) {
  const auto routed = read_csv("deepseek_v3_trace_routed.csv");
  const auto times = read_csv("deepseek_v3_trace_ops.csv");
  std::vector<hardware::Measurement> points;
  for (const int round : rounds) {
    const auto text = std::to_string(round);
    const auto kernels = list_round(routed[static_cast<std::size_t>(round)]);
    const auto shares = list_beside(text);
    for (const auto& row : times) {
      const std::pair key{row.at("block"), row.at("op")};
      const auto found = kernels.find(key);
      if (found == kernels.end() || found->second.family != family) continue;
      double us = number(row, "us_round" + text);
      const auto& wall = routed[static_cast<std::size_t>(round)];
      if (row.at("op") == "expert_down_wgrad") us = number(wall, "down_wgrad_us");
      if (row.at("op") == "expert_gateup_wgrad") us = number(wall, "gateup_wgrad_us");
      if (us <= 0) continue;  // shorter than the trace's resolution
      const auto share = shares.find(key);
      const Beside at = share == shares.end() ? Beside{} : share->second;
      hardware::Conditions beside;
      beside.sms_taken = 20;
      beside.communicating = at.communication >= 0.5;
      beside.hbm_taken = exchange_hbm_taken * at.exchange;
      points.push_back({found->second, beside, seconds(us * 1e-6)});
    }
  }
  return points;
}

}  // namespace foretrain::published
