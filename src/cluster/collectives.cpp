#include "cluster/collectives.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace foretrain::cluster {
namespace {

using Scheme = plan::TensorOverlap::Scheme;

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

const network::GroupShape& group_of(const Communication& communication, const Collectives& among) {
  return communication.group == Group::tensor ? among.tensor : among.expert_tensor;
}

enum class Form : std::uint8_t { alone, ring, pieces, whole };

Form form_of(const Communication& c, const Kernel& gemm, const plan::TensorOverlap& overlap) {
  const Scheme scheme = overlap.scheme.value;
  if (scheme == Scheme::none || c.beside == Beside::nothing) return Form::alone;
  if (scheme == Scheme::decomposed) return c.pattern == Pattern::all_reduce ? Form::alone : Form::ring;
  if (c.beside == Beside::whole) return Form::whole;
  if (scheme == Scheme::backward) return Form::alone;
  const bool by_collectives = c.pattern == Pattern::reduce_scatter && gemm.family == Family::gemm_bf16 &&
                              overlap.scatter_pieces.value > 0;
  return by_collectives ? Form::pieces : Form::ring;
}

// One GEMM, its collective and where they run.
struct Meeting {
  const Communication* communication = nullptr;
  const Kernel* gemm = nullptr;
  const Collectives* among = nullptr;
  const hardware::GpuSpec* gpu = nullptr;
  hardware::Conditions conditions;

  // Of one part of the GEMM, cut along its rows (tokens) and columns (outputs).
  Seconds gemm_time(std::int64_t row_parts, std::int64_t column_parts, std::int64_t sms_lent) const {
    Kernel part = *gemm;
    part.m = std::max<std::int64_t>(1, gemm->m / row_parts);
    part.n = std::max<std::int64_t>(1, gemm->n / column_parts);
    const double share = 1 / static_cast<double>(row_parts * column_parts);
    part.work = gemm->work * share;
    part.read = gemm->read * share;  // what every part reads comes from L2
    part.written = gemm->written * share;
    hardware::Conditions now = conditions;
    now.sms_taken += sms_lent;
    return hardware::price(part, *gpu, now).busy;
  }
};

// The sum of the p parts that a ring leaves in a buffer.
Seconds summing_time(const Meeting& at, double ranks) {
  Kernel sum;
  sum.family = Family::elementwise;
  sum.read = at.communication->buffer;
  sum.written = at.communication->buffer / ranks;
  return hardware::price(sum, *at.gpu, at.conditions).busy;
}

Seconds beside_ring(const Meeting& at, Seconds collective, Seconds gemm) {
  const std::int64_t ranks = group_of(*at.communication, *at.among).size();
  const double p = static_cast<double>(ranks), loss = at.among->overlap.piece_loss.value;
  const Seconds cut = at.gemm_time(ranks, 1, 0) * p;
  const Seconds piece = (gemm + std::max(seconds(0), cut - gemm) * loss) / p;
  const Seconds total = piece + (p - 1) * std::max(piece, collective / (p - 1));
  const bool sums = at.communication->pattern == Pattern::reduce_scatter;
  return total - gemm + (sums ? summing_time(at, p) : seconds(0));
}

Seconds beside_pieces(const Meeting& at, Seconds gemm) {
  const auto& overlap = at.among->overlap;
  const std::int64_t count = overlap.scatter_pieces.value;
  const double q = static_cast<double>(count);
  const Seconds piece = at.gemm_time(1, count, overlap.scatter_sms.value);
  const Seconds sent = network::time_of(at.communication->pattern, at.communication->buffer / q,
                                        group_of(*at.communication, *at.among), at.among->speeds);
  return piece + (q - 1) * std::max(piece, sent) + sent - gemm;
}

Seconds beside_whole(const Meeting& at, Seconds collective, Seconds gemm) {
  const Seconds slowed = at.gemm_time(1, 1, at.among->overlap.whole_sms.value) - gemm;
  return std::max(seconds(0), collective - gemm) + slowed * std::min(1.0, collective / gemm);
}

}  // namespace

Collectives collectives_of(const plan::PlanSpec& plan, const plan::SoftwareSpec& software,
                           const network::LinkSpeeds& speeds, std::int64_t gpus_per_node) {
  Collectives among{.tensor = network::shape_of(plan.tensor, 1, gpus_per_node),
                    .expert_tensor = network::shape_of(plan.expert_tensor, 1, gpus_per_node),
                    .speeds = speeds,
                    .overlap = {}};
  if (plan.overlap.tensor) among.overlap = software.tensor_overlap;
  return among;
}

Seconds whole_time(const Communication& communication, const Collectives& among) {
  if (among.free) return {};
  return network::time_of(communication.pattern, communication.buffer, group_of(communication, among),
                          among.speeds);
}

Seconds exposed_time(const model::Op& op, std::span<const model::Op> list, const Collectives& among,
                     const hardware::GpuSpec& gpu, const hardware::Conditions& conditions) {
  check(op.communication.has_value(), "only a communication is exposed");
  const Seconds alone = whole_time(*op.communication, among);
  const auto* beside = gemm_beside(op, list);
  if (alone <= seconds(0) || beside == nullptr) return alone;
  const Form form = form_of(*op.communication, beside->kernel, among.overlap);
  if (form == Form::alone) return alone;
  const Meeting at{&*op.communication, &beside->kernel, &among, &gpu, conditions};
  const Seconds gemm = at.gemm_time(1, 1, 0);
  const auto added = [&] {
    switch (form) {
      case Form::ring:
        return beside_ring(at, alone, gemm);
      case Form::pieces:
        return beside_pieces(at, gemm);
      case Form::whole:
        return beside_whole(at, alone, gemm);
      case Form::alone:
        break;
    }
    return alone;
  };
  return std::max(seconds(0), added());  // differences of equal times may round below zero
}

}  // namespace foretrain::cluster
