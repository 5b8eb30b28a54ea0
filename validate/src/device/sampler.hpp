#pragma once
// Times one kernel launch many times with CUDA events, queued behind a blocking kernel so that no launch cost
// is seen. Cold samples flush L2 first and go round several sets of inputs; hot ones do neither. What to do
// with the samples (noise, throttling) is in statistics.hpp. An event pair sees about a microsecond more than
// the kernel itself; the row empty_kernel of the suite `launch` says how much.

#include <functional>
#include <memory>
#include <vector>

#include "device/buffer.hpp"
#include "device/device.hpp"
#include "device/nvml.hpp"
#include "statistics.hpp"

namespace foretrain::bench {

struct Launch {
  std::function<void(cudaStream_t, int set)> run;  // everything warm: must neither allocate nor wait
  int sets = 1;
};

class Sampler {
 public:
  Sampler(const Device& device, const StopRule& rule);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  // Nothing, of a rule without times: tools that look at every access may run one kernel at a time, and then
  // none would follow the one that waits for the host.
  Summary measure(const Launch& launch, bool cold);

  // Seconds of `count` launches one after the other between two events, behind the blocker; 0 likewise.
  double time_together(const Launch& launch, int count);

  cudaStream_t stream() const { return stream_; }
  const Device& device() const { return device_; }
  const StopRule& rule() const { return rule_; }

 private:
  static constexpr int most_in_batch = 16;  // all launches of a batch must fit the queue of a stream

  void hold();    // from here on the stream waits
  void let_go();  // ... until here
  struct Hold;    // lets go at its end, so that a launch that fails does not leave the stream waiting
  void expect_all_ran() const;
  Batch run_batch(const Launch& launch, bool cold, int count);

  Device device_;
  StopRule rule_;
  Nvml nvml_;
  cudaStream_t stream_ = nullptr;
  std::vector<cudaEvent_t> events_;  // two a sample
  HostBuffer flags_;                 // [0] go, [1] timed out
  Buffer flush_, sink_;
  int next_set_ = 0;
};

}  // namespace foretrain::bench
