#include "study/memory.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace foretrain::study {
namespace {

// Main gradients are FP32 where weight-gradient GEMMs add into them; else as they are reduced.
double stored_gradient(const plan::SoftwareSpec& software) {
  return software.kernels.accumulate_fp32 ? 4 : software.gradient_bytes.value;
}

// Parameters that are gathered in 8 bits have no BF16 form beside it (Megatron-LM's --fp8-param-gather).
bool eight_bit_weights(const cluster::StepSpec& spec) {
  const bool gathered = spec.software->gathered_bytes.value < 2;
  return spec.plan->precision != model::Precision::bf16 &&
         spec.software->eight_bit_weights.value_or(gathered);
}

// Of a node whose GPUs all hold this rank.
Bytes host_memory(const cluster::StepSpec& spec, const plan::MemoryReport& report) {
  return report.host * static_cast<double>(spec.cluster->gpus_per_node);
}

// "98.3 GiB of 80.0; largest terms: ...": the term at which the sum passes the limit need not be a large one.
std::string too_much_text(const plan::MemoryReport& report) {
  auto terms = report.terms;
  std::stable_sort(terms.begin(), terms.end(),
                   [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  terms.resize(std::min<std::size_t>(terms.size(), 3));
  std::string largest;
  for (const auto& term : terms)
    largest += fmt::format("{}{} {:.1f}", largest.empty() ? "" : ", ", term.name, term.bytes / one_gib);
  return fmt::format("{:.1f} GiB of {:.1f}; largest terms: {}; the sum passes the limit at {}",
                     report.total / one_gib, report.limit / one_gib, largest, plan::breaking_term(report));
}

}  // namespace

std::string why_too_much(const cluster::StepSpec& spec, const std::vector<plan::MemoryReport>& memory) {
  for (std::size_t r = 0; r < memory.size(); ++r)
    if (memory[r].total > memory[r].limit)
      return fmt::format("pipeline rank {} needs {}", r, too_much_text(memory[r]));
  if (spec.host == nullptr) return "";
  for (std::size_t r = 0; r < memory.size(); ++r)
    if (const Bytes node = host_memory(spec, memory[r]); node > spec.host->memory.value)
      return fmt::format(
          "the hosts of pipeline rank {} need {:.1f} GiB of {:.1f} for the optimizer of {} GPUs", r,
          node / one_gib, spec.host->memory.value / one_gib, spec.cluster->gpus_per_node);
  return "";
}

std::vector<plan::UnitMemory> unit_memory(const cluster::StepSpec& spec, const model::Work& work) {
  return plan::list_unit_memory(*spec.model, *spec.plan, work);
}

std::vector<plan::MemoryReport> memory_of(const cluster::StepSpec& spec, const model::Work& work,
                                          const plan::Program& program) {
  const auto units = unit_memory(spec, work);
  const auto kept = plan::kept_by_stage(*spec.plan, units);
  std::vector<plan::MemoryReport> reports;
  for (std::size_t rank = 0; rank < program.per_rank.size(); ++rank)
    reports.push_back(
        plan::memory_of_rank({.model = spec.model,
                              .plan = spec.plan,
                              .work = work,
                              .units = units,
                              .held = plan::load_at_peak(program, rank, kept),
                              .optimizer_bytes_per_parameter = spec.software->optimizer_bytes.value,
                              .gradient_bytes_per_parameter = stored_gradient(*spec.software),
                              .eight_bit_weights = eight_bit_weights(spec),
                              .exchange = spec.software->exchange,
                              .reserve = spec.software->memory_reserve.value,
                              .reserve_source = spec.software->memory_reserve.from.source,
                              .limit = spec.gpu->memory.value}));
  return reports;
}

}  // namespace foretrain::study
