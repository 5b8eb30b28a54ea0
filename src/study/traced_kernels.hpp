#pragma once
// Traced kernels beside their two predictions, with and without the trace, and what that says of their
// classes. The parts of validate_trace.hpp that look at kernels one by one.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "study/traced_pair.hpp"
#include "study/validate_trace.hpp"

namespace foretrain::study {

// A traced op beside its two predictions.
struct JudgedOp {
  const spec::TracedOp* traced = nullptr;
  std::optional<cluster::BlockKind> block;  // none: on the communication stream
  std::vector<Seconds> predicted, without;
  std::vector<int> fitted_on;
  Without source = Without::measured;
};

bool is_communication(const spec::TracedOp& op);
Seconds sum(const std::vector<Seconds>& times);
void add(Estimate& to, const Estimate& more);
// Of all rounds, or of all but some.
Estimate estimate(const std::vector<Seconds>& predicted, const std::vector<Seconds>& measured,
                  const std::vector<int>& except = {});

// Compute kernels only; ops that one side lacks are noted in `check`.
std::vector<JudgedOp> judge_ops(const spec::TracedPair& traced, const PricedOps& priced,
                                const PricedOps& without, TraceCheck& check);
// Fills in the classes, largest first, and their sums.
void judge_classes(const std::vector<JudgedOp>& ops, TraceCheck& check);

}  // namespace foretrain::study
