// NCCL's collectives. A sample is a number of them one after the other, so that the ranks' different starts
// weigh little; its time is the slowest rank's, divided by that number.

#include <algorithm>
#include <chrono>

#include "suites/comm.hpp"
#include "suites/exchange.hpp"
#include "suites/gemm.hpp"
#include "suites/memory.hpp"

namespace foretrain::bench {

// Ranks are the first GPUs of the machine.
struct Ranks {
  explicit Ranks(int count) : comms(static_cast<std::size_t>(count)) {
    require(ncclCommInitAll(comms.data(), count, nullptr), "ncclCommInitAll");
    for (int rank = 0; rank < count; ++rank) {
      check(cudaSetDevice(rank), "cudaSetDevice");
      check(cudaStreamCreateWithFlags(&streams.emplace_back(), cudaStreamNonBlocking), "cudaStreamCreate");
      check(cudaEventCreate(&starts.emplace_back()), "cudaEventCreate");
      check(cudaEventCreate(&stops.emplace_back()), "cudaEventCreate");
    }
  }
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  ~Ranks() {
    for (ncclComm_t comm : comms) (void)ncclCommDestroy(comm);
    for (cudaStream_t stream : streams) (void)cudaStreamDestroy(stream);
    for (cudaEvent_t event : starts) (void)cudaEventDestroy(event);
    for (cudaEvent_t event : stops) (void)cudaEventDestroy(event);
  }

  std::size_t count() const { return comms.size(); }
  void wait() const {
    for (cudaStream_t stream : streams) check(cudaStreamSynchronize(stream), "wait for a collective");
  }

  std::vector<ncclComm_t> comms;
  std::vector<cudaStream_t> streams;
  std::vector<cudaEvent_t> starts, stops;
};

namespace {

// The current device again at its end, however a measurement ends: all other suites are on that one.
struct SameDevice {
  SameDevice() { check(cudaGetDevice(&before), "cudaGetDevice"); }
  SameDevice(const SameDevice&) = delete;
  SameDevice& operator=(const SameDevice&) = delete;
  ~SameDevice() { (void)cudaSetDevice(before); }
  int before = 0;
};

std::vector<ExchangeTensors> make_tensors(const Exchange& e, const Ranks& ranks) {
  std::vector<ExchangeTensors> tensors;
  for (std::size_t r = 0; r < ranks.count(); ++r) {
    check(cudaSetDevice(static_cast<int>(r)), "cudaSetDevice");
    tensors.push_back(make_exchange_tensors(e, r, ranks.streams[r]));
  }
  ranks.wait();
  return tensors;
}

void enqueue_all(const Exchange& e, const Ranks& ranks, const std::vector<ExchangeTensors>& tensors) {
  NcclGroup group;
  for (std::size_t r = 0; r < ranks.count(); ++r) enqueue(e, r, tensors[r], ranks.comms[r], ranks.streams[r]);
  group.end();
}

double worst_error(const Exchange& e, const Ranks& ranks, const std::vector<ExchangeTensors>& tensors) {
  const Sent sent = [&](std::size_t rank, std::size_t first, std::size_t count) {
    return read(tensors[rank].send, e.format, static_cast<std::int64_t>(first),
                static_cast<std::int64_t>(count));
  };
  double worst = 0;
  for (std::size_t r = 0; r < ranks.count(); ++r) {
    if (!e.receives(r)) continue;
    check(cudaSetDevice(static_cast<int>(r)), "cudaSetDevice");
    worst = std::max(worst, error_of(e, r, tensors[r], sent, ranks.streams[r]));
  }
  return worst;
}

double time_once(const Exchange& e, const Ranks& ranks, const std::vector<ExchangeTensors>& tensors,
                 int repeats) {
  for (std::size_t r = 0; r < ranks.count(); ++r)
    check(cudaEventRecord(ranks.starts[r], ranks.streams[r]), "cudaEventRecord");
  for (int i = 0; i < repeats; ++i) enqueue_all(e, ranks, tensors);
  for (std::size_t r = 0; r < ranks.count(); ++r)
    check(cudaEventRecord(ranks.stops[r], ranks.streams[r]), "cudaEventRecord");
  ranks.wait();
  double slowest = 0;
  for (std::size_t r = 0; r < ranks.count(); ++r) {
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, ranks.starts[r], ranks.stops[r]), "cudaEventElapsedTime");
    slowest = std::max(slowest, milliseconds / 1e3);
  }
  return slowest / repeats;
}

}  // namespace

bool has_nccl() {
  return true;
}

Collectives::Collectives(const StopRule& rule) : rule_(rule) {}
Collectives::~Collectives() = default;

void Collectives::measure(Row& row) {
  const SameDevice same;
  const auto wanted = static_cast<std::size_t>(row.ranks);
  if (!ranks_ || ranks_->count() != wanted) {
    ranks_.reset();
    ranks_ = std::make_unique<Ranks>(row.ranks);
  }
  const Exchange e = exchange_of(row.kernel, row);
  const auto tensors = make_tensors(e, *ranks_);
  enqueue_all(e, *ranks_, tensors);
  ranks_->wait();
  row.error = worst_error(e, *ranks_, tensors);
  if (rule_.untimed) return;
  (void)time_once(e, *ranks_, tensors, 5);
  const double one = std::max(time_once(e, *ranks_, tensors, 5), 1e-7);
  const int repeats = static_cast<int>(std::clamp(0.002 / one, 5.0, 100.0));
  std::vector<double> times;
  const auto start = std::chrono::steady_clock::now();
  std::chrono::duration<double> spent{};
  do {
    times.push_back(time_once(e, *ranks_, tensors, repeats));
    spent = std::chrono::steady_clock::now() - start;
  } while (!is_enough(times, spent.count(), rule_));
  store(row, summarise(times, 0));
}

}  // namespace foretrain::bench
