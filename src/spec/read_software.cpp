#include <fmt/format.h>
#include <fmt/ranges.h>

#include "spec/plan_values.hpp"

namespace foretrain::spec {
namespace {

using plan::SoftwareSpec;

// Which ops one kernel does: flags under one `source`, since one passage of a framework's code says several.
model::Kernels read_kernels(Reader& reader) {
  model::Kernels k;
  k.stack = static_cast<model::Kernels::Stack>(
      reader.choice("stack", {"deepseek", "standard"}, "whose op lists describe a layer"));
  k.flash_attention = reader.flag_or("flash_attention", k.flash_attention);
  k.attention = static_cast<AttentionKernel>(
      reader.choice("attention", {attention_kernel_names.begin(), attention_kernel_names.end()},
                    "which generation of flash attention runs", 0));
  k.fused_softmax = reader.flag_or("fused_softmax", k.fused_softmax);
  k.fused_activation = reader.flag_or("fused_activation", k.fused_activation);
  k.fused_bias = reader.flag_or("fused_bias", k.fused_bias);
  k.fused_expert_bias = reader.flag_or("fused_expert_bias", k.fused_expert_bias);
  k.fused_residual = reader.flag_or("fused_residual", k.fused_residual);
  k.fused_norm = reader.flag_or("fused_norm", k.fused_norm);
  k.fused_rotary = reader.flag_or("fused_rotary", k.fused_rotary);
  k.fused_cross_entropy = reader.flag_or("fused_cross_entropy", k.fused_cross_entropy);
  k.fused_cast_transpose = reader.flag_or("fused_cast_transpose", k.fused_cast_transpose);
  k.current_scaling = reader.flag_or("current_scaling", k.current_scaling);
  k.dropout = reader.flag_or("dropout", k.dropout);
  k.promoted_backward = reader.flag_or("promoted_backward", k.promoted_backward);
  k.accumulate_fp32 = reader.flag_or("accumulate_fp32", k.accumulate_fp32);
  k.fused_accumulation = reader.flag_or("fused_accumulation", k.fused_accumulation);
  reader.text("source", "the code or paper that says which kernels these are");
  reader.finish();
  return k;
}

// What happens beside an all-to-all between experts. A stack that runs it alone needs none of these keys.
void read_exchange(Reader& reader, SoftwareSpec& software) {
  software.communication_sms = reader.sourced_count_or(
      "communication_sms", {"0", "no SMs are set aside for communication"}, {0, 1000});
  software.nccl_sms =
      reader.sourced_count_or("nccl_sms", {"0", "collectives take no SMs of compute beside them"}, {0, 1000});
  software.p2p_waits =
      reader.sourced_flag_or("p2p_waits", {"false", "a chunk does not wait for the sends of the last one"});
  software.routing_spread = reader.sourced_or<double>(
      "routing_spread", Measure::ratio, {"0", "every GPU's experts receive the same number of rows"},
      {0, 1, false, "0 to 1 (0 % to 100 %)"});
  if (const auto* entry = reader.optional("overlapped_rate"); entry != nullptr) {
    Reader rate(reader.context(), entry->value, reader.full("overlapped_rate"), entry->where);
    const std::string meaning = "rate beside compute, relative to the rate alone";
    software.overlapped_dispatch = rate.sourced<double>("dispatch", Measure::ratio, meaning, share());
    software.overlapped_dispatch_gradient =
        rate.sourced<double>("dispatch_gradient", Measure::ratio, meaning, share());
    software.overlapped_combine = rate.sourced<double>("combine", Measure::ratio, meaning, share());
    software.overlapped_combine_gradient =
        rate.sourced<double>("combine_gradient", Measure::ratio, meaning, share());
    rate.finish();
  } else {
    const auto alone = reader.sourced_or<double>("overlapped_rate", Measure::ratio,
                                                 {"1", "an all-to-all runs as fast beside compute as alone"});
    software.overlapped_dispatch = software.overlapped_dispatch_gradient = alone;
    software.overlapped_combine = software.overlapped_combine_gradient = alone;
  }
  software.barrier = reader.sourced_or<Seconds>(
      "barrier", Measure::time, {"0 us", "no exchange of counts before a dispatch or combine"},
      not_negative());
  software.exchange_hbm =
      reader.sourced_or<double>("exchange_hbm", Measure::ratio,
                                {"0", "compute loses no HBM bandwidth beside an all-to-all"}, portion());
  const std::vector<std::string> words{"deepep", "all_to_all", "hybridep"};
  if (!reader.has("exchange")) {
    reader.choice("exchange", words, "", 0);
  } else if (const auto [value, from] =
                 reader.open_sourced("exchange", "one of deepep, all_to_all, hybridep");
             value != nullptr) {
    software.exchange =
        static_cast<plan::TokenExchange>(reader.choice_of(*value, "exchange", words, from.source));
  }
}

// What runs beside the collectives of tensor parallelism.
void read_tensor_overlap(Reader& reader, plan::TensorOverlap& overlap) {
  using Scheme = plan::TensorOverlap::Scheme;
  const std::vector<std::string> words{"none", "backward", "userbuffers", "decomposed"};
  const std::string meaning = fmt::format("one of {}", fmt::join(words, ", "));
  if (!reader.has("tensor_overlap")) {
    reader.choice("tensor_overlap", words, meaning, 0);
  } else if (const auto [value, from] = reader.open_sourced("tensor_overlap", meaning); value != nullptr) {
    overlap.scheme = {static_cast<Scheme>(reader.choice_of(*value, "tensor_overlap", words, from.source)),
                      from};
  }
  const Range sms{0, 1000};
  overlap.scatter_pieces = reader.sourced_count_or(
      "scatter_pieces", {"0", "outputs are reduced in as many pieces as there are GPUs"}, {0, 64});
  overlap.scatter_sms =
      reader.sourced_count_or("scatter_sms", {"0", "reductions in pieces take no SMs from GEMMs"}, sms);
  overlap.whole_sms =
      reader.sourced_count_or("whole_sms", {"0", "collectives beside whole GEMMs take no SMs"}, sms);
  overlap.piece_loss =
      reader.sourced_or<double>("piece_loss", Measure::ratio, {"1", "pieces of a GEMM run one after another"},
                                {0, 1, false, "0 to 1 (0 % to 100 %)"});
}

void read_context(Reader& reader, SoftwareSpec& software) {
  const char* key = "context_exchange";
  if (!reader.has(key)) {
    reader.choice(key, context_exchange_names(), "", 0);
  } else if (const auto [value, from] = reader.open_sourced(key, "ring or all_gather"); value != nullptr) {
    const auto chosen = reader.choice_of(*value, key, context_exchange_names(), from.source);
    software.context_exchange = static_cast<ContextExchange>(chosen);
  }
  software.context_overlap = reader.sourced_flag_or(
      "context_overlap", {"false", "keys and values are gathered before any attention begins"});
}

// Bytes of a parameter on the wire and in memory, the rest of a step.
void read_step(Reader& reader, SoftwareSpec& software) {
  const auto bytes = [&reader](const char* name, const Reader::Absent& absent) -> Sourced<double> {
    const auto read = reader.sourced_or<Bytes>(name, Measure::memory, absent, {0, 64, false, "0 B to 64 B"});
    return {read.value.base(), read.from};
  };
  software.gradient_bytes = bytes("gradient_bytes", {"4 B", "a parameter's gradient is reduced in FP32"});
  software.gathered_bytes = bytes("gathered_bytes", {"2 B", "a parameter is gathered in 16 bits"});
  software.optimizer_bytes =
      bytes("optimizer_bytes", {"8 B", "a parameter's FP32 master weight and two BF16 moments"});
  software.host_launch = reader.sourced_or<Seconds>(
      "host_launch", Measure::time, {"0 us", "the host is never behind the GPU"}, not_negative());
  software.host_recompute = reader.sourced_or<Seconds>(
      "host_recompute", Measure::time, {"0 us", "recomputing a layer costs the host its launches alone"},
      not_negative());
  software.kernel_jitter = reader.sourced_or<double>(
      "kernel_jitter", Measure::ratio, {"0", "kernels of one shape take one time on one GPU"}, portion());
  software.memory_reserve =
      reader.sourced<Bytes>("memory_reserve", Measure::memory,
                            "GPU memory held by context, libraries and allocator", not_negative());
}

}  // namespace

SoftwareSpec read_software(Reader& reader) {
  SoftwareSpec software;
  software.name = reader.text("name", "the software profile's name");
  software.source = reader.text("source", "whose software it describes");
  if (const auto* entry = reader.optional("kernels"); entry != nullptr) {
    Reader kernels(reader.context(), entry->value, reader.full("kernels"), entry->where);
    software.kernels = read_kernels(kernels);
  } else {
    reader.context().record_default(reader.full("kernels.stack"), "deepseek");
  }
  if (!reader.has("overlap")) {
    reader.optional("overlap");
    reader.context().record_default(reader.full("overlap"), "none");
  } else if (const auto [list, from] = reader.open_sourced("overlap", "a list such as [gradients, p2p]");
             list != nullptr) {
    software.overlap = overlap_of(reader, *list, reader.full("overlap"), from.source);
  }
  read_exchange(reader, software);
  read_tensor_overlap(reader, software.tensor_overlap);
  software.kernels.expanded_dispatch = software.exchange == plan::TokenExchange::all_to_all;
  read_context(reader, software);
  read_step(reader, software);
  reader.finish();
  return software;
}

}  // namespace foretrain::spec
