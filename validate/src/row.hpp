#pragma once
// One line of a result file: a kernel at one shape, and what was measured of it. Rows without a time are
// points still to be measured. No CUDA here, so that lists, files and resuming are tested without a GPU.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace foretrain::bench {

struct Row {
  std::string suite, kernel;
  std::string family;          // a name of src/base/kernel.hpp; empty where no curve is fitted
  std::string dtype = "bf16";  // fp8, bf16, fp32: what the model's lists call the same kernel
  std::int64_t m = 0, n = 0, k = 0, groups = 1;
  int d_qk = 0, d_v = 0;
  double flops = 0, read_bytes = 0, written_bytes = 0;
  int launches = 1;
  int sms_taken = 0;     // by another kernel beside it
  double hbm_taken = 0;  // share of the peak bandwidth that the other kernel moved, as measured
  int ranks = 1;
  bool cold = true;    // L2 flushed before each sample
  double time_us = 0;  // median
  double spread = 0;   // relative: half the distance between the 16th and 84th percentile
  std::int64_t samples = 0, dropped = 0;
  std::optional<double> error;  // ||result - reference|| / ||reference||
};

// What makes two rows the same point: everything but what is measured.
std::string identity_of(const Row& row);

// Text that --filter is matched with and that progress prints, such as "gemm/gemm_bf16 m=4096 n=7168 cold".
std::string name_of(const Row& row);

// The largest error that passes, from the width of the result's format; nothing where there is no result to
// check (launches).
std::optional<double> tolerance_of(const Row& row);
bool passes(const Row& row);

// Errors of results that are no numbers, or beyond all measure: files hold plain numbers only.
inline constexpr double not_a_number = 1e30;

// verified: there are rows, and the results of all of them passed; else unverified.
std::string state_of(const std::vector<Row>& rows);

}  // namespace foretrain::bench
