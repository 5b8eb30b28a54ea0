// One decoding step: op lists priced, exchanges timed, halves overlapped.

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.hpp"
#include "hardware/kernel_cost.hpp"
#include "study/inference.hpp"

namespace foretrain::study {
namespace {

// DeepEP README @ebfe47e, low-latency kernels, H800, ConnectX-7, 128 tokens a GPU, hidden 7168, top 8:
//   ranks 8: 163, 318 us; 16: 173, 329; 32: 182, 350; 64: 186, 353; 128: 192, 369; 256: 194, 360.
// Bytes over (time - 3.7 us), mean of dispatch and combine, over the 44.2 GB/s that the same NIC achieves
// with large messages (topologies/parts/cx7-400g.yaml).
const std::vector<double> measured_ranks{8, 16, 32, 64, 128, 256};
const std::vector<double> measured_rates{1.063, 1.014, 0.961, 0.946, 0.910, 0.917};

// A row of the low-latency kernels (deepseek-ai/DeepEP@main, csrc/kernels/internode_ll.cu): 16 B of metadata
// with a dispatched FP8 row and its scales, none with a combined one.
Bytes low_latency_row(const Machine& machine, bool combine) {
  const double hidden = static_cast<double>(machine.model->hidden);
  if (combine) return bytes(2 * hidden);
  const bool fp8 = machine.precision == model::Precision::fp8;
  return bytes((fp8 ? hidden + 4 * hidden / 128 : 2 * hidden) + 16);
}

Seconds time_of(const std::vector<model::Op>& ops, const hardware::GpuSpec& gpu) {
  Seconds total{};
  for (const auto& op : ops) total += hardware::price(op.kernel, gpu, {}).time;
  return total;
}

struct Cost {
  Seconds compute, communication;
};
Cost operator+(Cost a, Cost b) {
  return {a.compute + b.compute, a.communication + b.communication};
}

// Equal units are priced once and counted.
Cost cost_of(const Machine& machine, const DecodeSetting& setting, std::int64_t requests) {
  const auto& spec = *machine.model;
  model::DecodeWork work;
  work.requests = requests;
  work.tokens_per_request = setting.speculate ? 2 : 1;
  work.context = setting.context;
  work.precision = machine.precision;
  const double tokens = static_cast<double>(requests * work.tokens_per_request);
  if (spec.moe.experts > 0) {
    work.local_experts = model::local_experts(spec, setting.expert);
    work.routed_rows = std::max(work.local_experts, requests * work.tokens_per_request * spec.moe.top_k);
  }
  const Seconds exchanges = low_latency_exchange(machine, false, tokens, setting.expert) +
                            low_latency_exchange(machine, true, tokens, setting.expert);
  const auto units = model::list_units(spec);
  Cost cost{};
  for (std::size_t i = 0; i < units.size();) {
    std::size_t same = i;
    while (same < units.size() && units[same] == units[i]) ++same;
    const double count = static_cast<double>(same - i);
    const bool draft = units[i] == model::Unit::mtp_layer || units[i] == model::Unit::mtp_head;
    i = same;
    if (draft && !setting.speculate) continue;
    const auto ops = model::list_decode_ops(spec, units[same - 1], work);
    cost.compute += (time_of(ops.attention, *machine.gpu) + time_of(ops.mlp, *machine.gpu)) * count;
    if (ops.has_exchange) cost.communication += exchanges * count;
  }
  return cost;
}

}  // namespace

Seconds low_latency_exchange(const Machine& machine, bool combine, double tokens, std::int64_t ranks) {
  if (ranks <= 1 || machine.model->moe.experts == 0) return {};
  const double rate = hardware::interpolate(measured_ranks, measured_rates, static_cast<double>(ranks));
  const Bytes sent =
      low_latency_row(machine, combine) * (tokens * static_cast<double>(machine.model->moe.top_k));
  return machine.nic->latency_cross_leaf.value + sent / (machine.nic->achieved.value * rate);
}

DecodeStep decode_step(const Machine& machine, const DecodeSetting& setting) {
  check(setting.batch > 0 && setting.context > 0 && setting.expert > 0, "a decoding step has requests");
  check(!setting.speculate || machine.model->mtp_depth > 0, "speculation needs an MTP module");
  const Cost whole = cost_of(machine, setting, setting.batch);
  const DecodeStep serial{whole.compute + whole.communication, whole.compute, whole.communication, false};
  if (setting.batch < 2) return serial;
  const std::int64_t first = (setting.batch + 1) / 2;
  const Cost halves = cost_of(machine, setting, first) + cost_of(machine, setting, setting.batch - first);
  const DecodeStep overlapped{std::max(halves.compute, halves.communication), halves.compute,
                              halves.communication, true};
  return overlapped.time < serial.time ? overlapped : serial;
}

}  // namespace foretrain::study
