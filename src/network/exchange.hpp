#pragma once
// The expert all-to-all of one rank in two hops, as DeepEP does it (deepseek-ai/DeepEP,
// csrc/kernels/internode.cu): a dispatched token crosses the rails once per destination node, to the GPU with
// the sender's index there, which forwards it over NVLink to the GPUs that hold its experts; combine goes the
// same way back, and partial sums are added on the forwarding GPU, so that one row per node returns.
//
//   dispatch, T tokens of `row` bytes, n remote nodes, g GPUs and v NVLink copies a token (routing.hpp):
//     rails:  T n row out, T n row * node_load in;   NVLink:  T v row * node_load out, T v row * gpu_load in
//   time = latency + the slower hop: the hops pipeline in chunks (transfer.hpp)
//
// Left out: the barrier before it (its wait is the caller's: it depends on other ranks), routing metadata
// beyond the row's own, small-message effects (below some hundred tokens).

#include <array>
#include <cstdint>
#include <string_view>

#include "base/units.hpp"
#include "network/routing.hpp"
#include "network/transfer.hpp"

namespace foretrain::network {

enum class ExchangeKind : std::uint8_t { dispatch, combine };

struct ExchangeShape {
  ExchangeKind kind = ExchangeKind::dispatch;
  double tokens = 0;  // that this rank sends (dispatch) or gets back (combine)
  Bytes row{};        // one token on the wire, scales and metadata included
  TokenSpread spread;
  double node_load = 1;  // copies that arrive at this node, relative to the mean
  double gpu_load = 1;   // copies that this GPU's experts receive, relative to the mean
};

struct ExchangeBytes {
  Bytes ib_out{}, ib_in{}, nvlink_out{}, nvlink_in{};
  Bytes hbm{};  // read and written in this GPU's memory by the kernel and its NIC; the sum of list_hbm_steps
};

ExchangeBytes bytes_of(const ExchangeShape& shape);
Seconds time_of(const ExchangeBytes& exchange, const LinkSpeeds& speeds);

// What one SM of DeepEP's kernels copies: rows held by the experts of a GPU, per time. With few SMs they and
// not the links bound an exchange. Across nodes half of the SMs serve the rails. HybridEP's kernels fill the
// links from 16 SMs on; 32 are usual (tests/published/expert_exchange_blackwell.csv).
struct CopyRates {
  Bandwidth one_node{}, dispatch{}, combine{};
};
// Hopper, measured at 4 and 12 SMs: ai-dynamo/aiconfigurator @095f58a, DeepEP normal kernels on H100 and
// H200, EP8 to EP32, 4096 tokens (tests/published/deepep_sms.csv).
constexpr CopyRates hopper_copies{Bandwidth::from_base(18.5e9), Bandwidth::from_base(12.3e9),
                                  Bandwidth::from_base(9.3e9)};
Seconds copy_time(const ExchangeShape& shape, double sms, const CopyRates& rates = hopper_copies);

// The longer of what the links and what the SMs take.
Seconds time_on_sms(const ExchangeShape& shape, const LinkSpeeds& speeds, double sms,
                    const CopyRates& rates = hopper_copies);

// Bandwidth as DeepEP's tables state it: own-node copies counted as if they crossed the rails.
Bandwidth logical_bandwidth(const ExchangeShape& shape, Seconds time);

// The kernel's memory traffic, counted by hand from its source, step by step. Every read of a staging buffer
// is counted although part of it may hit in the L2 cache: an upper bound.
struct HbmStep {
  std::string_view what;
  Bytes moved{};
};
std::array<HbmStep, 8> list_hbm_steps(const ExchangeShape& shape);

}  // namespace foretrain::network
