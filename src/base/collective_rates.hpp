#pragma once
// How fast one GPU type runs NCCL's collectives among neighbours that NVLink joins, as measured: the numbers
// that network/nccl.hpp turns into times. They belong to a GPU's part and are read with it, so both floors
// know these words. Not here: the network between nodes, which is the NIC part's.

#include <cstdint>

#include "base/sourced.hpp"
#include "base/units.hpp"

namespace foretrain {

// One of NCCL's ways to move data: a fixed time, a time for each step of the ring, and the rate of the data.
struct ProtocolRate {
  Seconds base{}, step{};
  Bandwidth rate{};
};

struct CollectiveRates {
  ProtocolRate ll, ll128, simple;
  // The simple protocol hides latency behind data: time = (latency^s + (bytes / rate)^s)^(1/s). 1: not at
  // all.
  double simple_sharpness = 1;
  double own_share = 0;  // time of the rank's own piece, which is only copied, relative to a received one
  Bytes ll_up_to{};      // buffer per rank below which NCCL keeps to LL and LL128

  double tree_share = 1;  // rate of trees over more than two nodes, relative to those in one

  // All-reduce in the NVLink switch (NVLS): rate of the buffer, time per rank; no rate: the switch cannot.
  Bandwidth nvls_rate{};
  Seconds nvls_step{};
  std::int64_t nvls_from = 0;  // ranks from which NCCL uses it

  ProtocolRate exchange_small, exchange;  // all-to-all: a message to each rank; the faster of the two
  double exchange_own_share = 0;

  Provenance from;
  bool known() const { return simple.rate > Bandwidth{}; }
};

}  // namespace foretrain
