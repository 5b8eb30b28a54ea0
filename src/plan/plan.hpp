#pragma once
// A parallel layout: how many ways each dimension is cut, which schedule runs, what is recomputed.

#include <cstdint>
#include <string>
#include <vector>

#include "base/sourced.hpp"
#include "model/ops.hpp"
#include "model/transformer.hpp"

namespace foretrain::plan {

enum class Schedule : std::uint8_t { one_f_one_b, zb1p, dualpipe, dualpipe_v };
std::string_view name_of(Schedule s);  // "1f1b", "zb1p", "dualpipe", "dualpipe-v"

struct PlanSpec {
  std::int64_t pipeline = 1, tensor = 1, context = 1, data = 1, expert = 1;  // expert divides data*context*tensor
  std::int64_t zero = 1;         // ZeRO stage; 1 shards optimizer states
  std::int64_t micro_batch = 1;  // sequences
  Schedule schedule = Schedule::one_f_one_b;
  Schedule fallback = Schedule::zb1p;  // where a batch does not suit `schedule`; the report says so
  model::Recompute recompute;
  model::Precision precision = model::Precision::fp8;
  std::vector<std::vector<model::Unit>> stages;  // units of each pipeline stage in forward order
};

// What a framework generation does, as data (models/software/*.yaml), every value with its source in the file.
struct SoftwareSpec {
  std::string name, source;
  Sourced<std::int64_t> communication_sms;  // SMs that all-to-all kernels hold inside an overlapped pair
  Sourced<bool> p2p_waits;       // true: a rank's next chunk waits for the sends of its last one
  Sourced<double> kernel_jitter;   // relative standard deviation of a compute block's time, same shape and GPU
  Sourced<double> routing_spread;  // relative standard deviation of rows per GPU, layer and micro-batch
  // Rate of the all-to-all kernels beside compute, relative to their rate alone (they share HBM, SMs and PCIe).
  Sourced<double> overlapped_dispatch, overlapped_dispatch_gradient, overlapped_combine,
      overlapped_combine_gradient;
  Sourced<Bytes> memory_reserve;  // CUDA context, NCCL channels, allocator slack
  Sourced<double> exchange_hbm;   // share of HBM bandwidth that compute loses while an all-to-all runs
  Sourced<Seconds> barrier;      // notify: fixed time of the counts exchange before a dispatch or combine
};

}  // namespace foretrain::plan
