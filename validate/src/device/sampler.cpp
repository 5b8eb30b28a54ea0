#include "device/sampler.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "kernels/random.hpp"
#include "kernels/timing.hpp"

namespace foretrain::bench {

namespace {

constexpr unsigned long long longest_hold_ns = 10'000'000'000ULL;
constexpr double warm_up_seconds = 0.01;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double seconds_between(cudaEvent_t start, cudaEvent_t stop) {
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, start, stop), "cudaEventElapsedTime");
  return milliseconds / 1e3;
}

}  // namespace

Sampler::Sampler(const Device& device, const StopRule& rule)
    : device_(device),
      rule_(rule),
      nvml_(device.pci_bus_id),
      flags_(2 * sizeof(int)),
      flush_(static_cast<std::size_t>(2 * device.l2_bytes)),
      sink_(sizeof(int)) {
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
  events_.resize(2 * most_in_batch);
  for (cudaEvent_t& event : events_) check(cudaEventCreate(&event), "cudaEventCreate");
  fill_normal(flush_.get(), flush_.bytes() / sizeof(float), Format::fp32, 1, 1, stream_);
  check(cudaStreamSynchronize(stream_), "fill the flush buffer");
}

Sampler::~Sampler() {
  for (cudaEvent_t event : events_) (void)cudaEventDestroy(event);
  if (stream_ != nullptr) (void)cudaStreamDestroy(stream_);
}

void Sampler::hold() {
  int* flags = flags_.as<int>();
  std::atomic_ref<int>(flags[0]).store(0);
  std::atomic_ref<int>(flags[1]).store(0);
  launch_blocker(flags, flags + 1, longest_hold_ns, stream_);
}

void Sampler::let_go() {
  std::atomic_ref<int>(flags_.as<int>()[0]).store(1);
}

struct Sampler::Hold {
  explicit Hold(Sampler& of) : sampler(of) { sampler.hold(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { sampler.let_go(); }
  Sampler& sampler;
};

void Sampler::expect_all_ran() const {
  check(cudaStreamSynchronize(stream_), "wait for the samples");
  if (std::atomic_ref<int>(flags_.as<int>()[1]).load() != 0)
    throw Failure("the blocking kernel gave up before all launches were queued");
}

// The clock is read while the batch runs: once or often, as long as the batch lasts.
Batch Sampler::run_batch(const Launch& launch, bool cold, int count) {
  const Hold held(*this);
  for (int i = 0; i < count; ++i) {
    const auto pair = static_cast<std::size_t>(2 * i);
    if (cold) launch_flush(flush_.get(), flush_.bytes(), sink_.get(), stream_);
    check(cudaEventRecord(events_[pair], stream_), "cudaEventRecord");
    launch.run(stream_, next_set_);
    check(cudaEventRecord(events_[pair + 1], stream_), "cudaEventRecord");
    next_set_ = (next_set_ + 1) % launch.sets;
  }
  let_go();
  std::vector<double> clocks;
  do {
    clocks.push_back(nvml_.sm_clock_mhz());
  } while (nvml_.found() &&
           cudaEventQuery(events_[static_cast<std::size_t>(2 * count - 1)]) == cudaErrorNotReady);
  (void)cudaGetLastError();  // "not ready" is no error, yet the next launch would be told of it
  expect_all_ran();
  Batch batch;
  batch.clock_mhz = quantile(clocks, 0.5);
  for (int i = 0; i < count; ++i) {
    const auto pair = static_cast<std::size_t>(2 * i);
    batch.times.push_back(seconds_between(events_[pair], events_[pair + 1]));
  }
  return batch;
}

Summary Sampler::measure(const Launch& launch, bool cold) {
  if (rule_.untimed) return {};
  next_set_ = 0;
  for (int set = 0; set < launch.sets; ++set) launch.run(stream_, set);  // modules load, nothing held yet
  if (cold) launch_flush(flush_.get(), flush_.bytes(), sink_.get(), stream_);
  check(cudaStreamSynchronize(stream_), "first launch");

  const auto start = std::chrono::steady_clock::now();
  double alone = 0;
  do alone = quantile(run_batch(launch, cold, 2).times, 0.5);
  while (seconds_since(start) < warm_up_seconds);

  const double fits = 0.02 / std::max(alone, 1e-9);  // batches of some 20 ms let the host stop in time
  const int count = static_cast<int>(std::clamp(fits, 2.0, static_cast<double>(most_in_batch)));
  std::vector<Batch> batches;
  Kept kept;
  const auto begin = std::chrono::steady_clock::now();
  do {
    batches.push_back(run_batch(launch, cold, count));
    kept = drop_throttled(batches, nvml_.highest_sm_clock_mhz(), rule_.clock_share);
  } while (!is_enough(kept.times, seconds_since(begin), rule_));
  if (kept.times.empty()) throw Failure("the clock stayed below the share of --clock-share throughout");
  return summarise(kept.times, kept.dropped);
}

double Sampler::time_together(const Launch& launch, int count) {
  if (rule_.untimed) return 0;
  for (int set = 0; set < launch.sets; ++set) launch.run(stream_, set);
  check(cudaStreamSynchronize(stream_), "first launch");
  const Hold held(*this);
  check(cudaEventRecord(events_[0], stream_), "cudaEventRecord");
  for (int i = 0; i < count; ++i) launch.run(stream_, i % launch.sets);
  check(cudaEventRecord(events_[1], stream_), "cudaEventRecord");
  let_go();
  expect_all_ran();
  return seconds_between(events_[0], events_[1]);
}

}  // namespace foretrain::bench
