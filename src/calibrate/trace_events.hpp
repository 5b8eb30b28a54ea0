#pragma once
// A PyTorch-profiler trace of one GPU (Kineto's Chrome trace events): what ran on the GPU, when the CPU
// launched it, and the ranges that the user annotated. Names of kernels are as the profiler printed them.
//
// Format: "traceEvents" of the JSON object, times in microseconds (Trace Event Format, Google; categories and
// arguments: pytorch/kineto, libkineto/src/output_json.cpp). Only those events are kept, one at a time, so
// memory grows with the kernels and not with the file. Left out: traces of several GPUs, flow arrows, CPU
// operators, stacks, counters; compressed files.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"

namespace foretrain::calibrate {

using LaunchShape = std::array<std::int64_t, 3>;

struct GpuEvent {  // a kernel, a copy or a fill; times from the first event kept
  std::string name;
  std::int64_t stream = 0, correlation = 0;
  Seconds start{}, end{}, duration{};
  LaunchShape grid{}, block{};      // zeros: a copy or a fill
  std::optional<Seconds> launched;  // when the CPU launched it, if the trace has the call
};

struct Annotation {  // record_function("attn(F)")
  std::string name;
  Seconds start{}, end{};
  bool on_gpu = false;      // as the profiler projected it onto a stream, not as the CPU ran it
  std::int64_t stream = 0;  // of one on the GPU
};

struct Trace {
  std::string file, device;  // "NVIDIA H800"
  std::int64_t sms = 0;      // 0: the trace does not say
  std::string compute_capability;
  std::string date;              // of the first event, UTC; empty where the trace counts from no known moment
  std::vector<GpuEvent> events;  // in the order of their launches, those without one by their start
  std::vector<Annotation> annotations;  // by start
};

// Throws SpecError: no such file, not JSON (with the place), no trace, no kernels, kernels of several GPUs.
Trace read_trace(const std::string& path);

}  // namespace foretrain::calibrate
