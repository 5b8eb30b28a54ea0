#include "cluster/collectives.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace foretrain::cluster {
namespace {

bool is_gemm(const model::Op& op) {
  return !op.communication && name_of(op.kernel.family).find("gemm") != std::string_view::npos;
}

// The GEMM that the communication runs beside; nothing where the list has none on that side.
const model::Op* gemm_beside(const model::Op& op, std::span<const model::Op> list) {
  const auto at = list.begin() + (&op - list.data());
  if (op.communication->pattern == Pattern::all_gather) {
    const auto next = std::find_if(at, list.end(), is_gemm);
    return next == list.end() ? nullptr : &*next;
  }
  const auto rest = std::make_reverse_iterator(at);
  const auto last = std::find_if(rest, list.rend(), is_gemm);
  return last == list.rend() ? nullptr : &*last;
}

}  // namespace

Collectives collectives_of(const plan::PlanSpec& plan, const plan::SoftwareSpec& software,
                           const network::LinkSpeeds& speeds, std::int64_t gpus_per_node) {
  return {.tensor = network::shape_of(plan.tensor, 1, gpus_per_node),
          .expert_tensor = network::shape_of(plan.expert_tensor, 1, gpus_per_node),
          .speeds = speeds,
          .hidden = plan.overlap.tensor ? software.tensor_overlap.value : 0};
}

Seconds exposed_time(const Communication& communication, const Collectives& among, Seconds beside) {
  if (among.free) return {};
  const auto& group = communication.group == Group::tensor ? among.tensor : among.expert_tensor;
  const Seconds whole = network::time_of(communication.pattern, communication.buffer, group, among.speeds);
  return communication.overlaps ? whole - std::min(whole * among.hidden, beside) : whole;
}

Seconds exposed_time(const model::Op& op, std::span<const model::Op> list, const Collectives& among,
                     const hardware::GpuSpec& gpu, const hardware::Conditions& conditions) {
  check(op.communication.has_value(), "only a communication is exposed");
  const bool hides = op.communication->overlaps && among.hidden > 0 && !among.free;
  const auto* gemm = hides ? gemm_beside(op, list) : nullptr;
  return exposed_time(*op.communication, among,
                      gemm == nullptr ? seconds(0) : hardware::price(gemm->kernel, gpu, conditions).busy);
}

}  // namespace foretrain::cluster
