#pragma once
// The labelled trace of one overlapped forward-and-backward pair, as measured: four tables. Of the ops, one
// row a kernel class and block with its time in every round (a round is one layer forward beside one layer
// backward), and of this time the shares beside an exchange and beside what precedes one; of the rounds, what was
// routed to the traced GPU; of the pair, its wall time. Columns:
// tests/published/deepseek_v3_trace_*.
//
// Grouped weight gradients run two at a time on two streams, so their durations must not be added: the
// rounds' table has their wall time, which replaces the durations here.

#include <string>
#include <vector>

#include "base/units.hpp"

namespace foretrain::spec {

struct TraceFiles {
  std::string ops = "tests/published/deepseek_v3_trace_ops.csv";
  std::string beside = "tests/published/deepseek_v3_trace_beside.csv";
  std::string rounds = "tests/published/deepseek_v3_trace_routed.csv";
  std::string pair = "tests/published/deepseek_v3_trace_pair.csv";
};

struct TracedOp {
  std::string block, name, op_class;  // "attn(F)", "q_b_proj", "gemm_fp8"
  std::vector<Seconds> durations;     // [round] sum over its kernels
  std::vector<Seconds> wall;  // [round] the same, or of kernels that run two at a time from first to last
  // [round] shares of the time beside a dispatch or combine, and beside a barrier or layout kernel before one.
  std::vector<double> exchange, barrier;
};

struct TracedRound {
  std::int64_t forward_rows = 0, forward_received = 0, backward_rows = 0, backward_received = 0;
};

struct TracedPair {
  std::vector<TracedOp> ops;  // in launch order
  std::vector<TracedRound> rounds;
  Seconds wall{};                              // first to last kernel
  std::int64_t tokens = 0, local_experts = 0;  // on the traced GPU
};

// Throws SpecError with every mistake in the files.
TracedPair load_traced_pair(const TraceFiles& files);

}  // namespace foretrain::spec
