#include "spec/read.hpp"
#include "spec/read_curves.hpp"

namespace foretrain::spec {
namespace {

void read_rates(Reader& reader, hardware::GpuSpec& gpu) {
  if (const auto* entry = reader.required("peak", "{bf16: ..., fp32: ..., fp8: ..., fp4: ...}");
      entry != nullptr) {
    Reader peak(reader.context(), entry->value, reader.full("peak"), entry->where);
    const auto where_able = [&](const char* name, Sourced<FlopRate>& rate) {
      if (peak.has(name))
        rate = peak.sourced<FlopRate>(name, Measure::flop_rate, "dense peak without sparsity");
    };
    where_able("fp8", gpu.peak_fp8);
    where_able("fp4", gpu.peak_fp4);
    gpu.peak_bf16 = peak.sourced<FlopRate>("bf16", Measure::flop_rate, "dense peak without sparsity");
    gpu.peak_fp32 = peak.sourced<FlopRate>("fp32", Measure::flop_rate, "peak outside the tensor cores");
    peak.finish();
  }
  if (const auto* entry = reader.required("nvlink", "{nominal: ..., achieved: ..., latency: ...}");
      entry != nullptr) {
    Reader link(reader.context(), entry->value, reader.full("nvlink"), entry->where);
    gpu.nvlink =
        link.sourced<Bandwidth>("nominal", Measure::bandwidth, "one direction, as the data sheet says");
    gpu.nvlink_achieved = link.sourced<Bandwidth>("achieved", Measure::bandwidth, "one direction, measured");
    gpu.nvlink_latency = link.sourced<Seconds>("latency", Measure::time, "end to end, small message");
    link.finish();
  }
}

}  // namespace

hardware::GpuSpec read_gpu(Reader& reader) {
  hardware::GpuSpec gpu;
  gpu.name = reader.text("name", "the GPU's name");
  gpu.sms = reader.sourced_count("sms", "streaming multiprocessors", {1, 10'000});
  gpu.hbm_bandwidth =
      reader.sourced<Bandwidth>("hbm_bandwidth", Measure::bandwidth, "nominal memory bandwidth");
  gpu.memory = reader.sourced<Bytes>("memory", Measure::memory, "memory of one GPU");
  gpu.gpu_spread = reader.sourced<double>(
      "gpu_spread", Measure::ratio, "standard deviation of SM-bound kernel time from GPU to GPU", portion());
  gpu.sustained_rate =
      reader.sourced<double>("sustained_rate", Measure::ratio,
                             "rate of GEMMs in a training run, relative to short benchmarks", share());
  gpu.launch_gap =
      reader.sourced<Seconds>("launch_gap", Measure::time, "between dependent kernels", not_negative());
  read_rates(reader, gpu);
  gpu.collectives = read_collectives(reader);
  if (const auto* entry = reader.required("curves", "one efficiency curve for each kernel family");
      entry != nullptr) {
    Reader curves(reader.context(), entry->value, reader.full("curves"), entry->where);
    gpu.curves = read_curves(curves, gpu);
  }
  if (const auto* entry = reader.optional("independent_curves"); entry != nullptr) {
    Reader curves(reader.context(), entry->value, reader.full("independent_curves"), entry->where);
    gpu.independent_curves = read_curves(curves, gpu);
  }
  if (const auto* entry = reader.optional("attention_kernels"); entry != nullptr) {
    Reader older(reader.context(), entry->value, reader.full("attention_kernels"), entry->where);
    read_attention_kernels(older, gpu);
  }
  reader.finish();
  return gpu;
}

}  // namespace foretrain::spec
