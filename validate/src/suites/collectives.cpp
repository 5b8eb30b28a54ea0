// NCCL's collectives. A sample is a number of them one after the other, so that the ranks' different starts
// weigh little; its time is the slowest rank's, divided by that number.

#include <nccl.h>

#include <algorithm>
#include <chrono>

#include "kernels/random.hpp"
#include "suites/comm.hpp"
#include "suites/gemm.hpp"
#include "suites/memory.hpp"

namespace foretrain::bench {

namespace {

void require(ncclResult_t status, const char* what) {
  if (status != ncclSuccess) throw Failure(std::string(what) + ": " + ncclGetErrorString(status));
}

struct Tensor {
  Buffer send, receive;
};

}  // namespace

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

// Elements: `share` of them is what one rank holds of a buffer that is split among all.
struct Exchange {
  std::string kernel;
  Format format = Format::bf16;
  std::size_t share = 0, whole = 0;

  std::size_t sent() const { return kernel == "all_gather" ? share : whole; }
  std::size_t received() const { return kernel == "reduce_scatter" ? share : whole; }
  bool sums() const { return kernel == "all_reduce" || kernel == "reduce_scatter"; }
};

Exchange exchange_of(const Row& row) {
  Exchange e;
  e.kernel = row.kernel;
  e.format = row.dtype == "fp32" ? Format::fp32 : Format::bf16;
  e.share =
      static_cast<std::size_t>(row.read_bytes) / size_of(e.format) / static_cast<std::size_t>(row.ranks);
  e.whole = e.share * static_cast<std::size_t>(row.ranks);
  return e;
}

std::vector<Tensor> make_tensors(const Exchange& e, const Ranks& ranks) {
  std::vector<Tensor> tensors;
  for (std::size_t r = 0; r < ranks.count(); ++r) {
    check(cudaSetDevice(static_cast<int>(r)), "cudaSetDevice");
    Tensor t{Buffer(e.sent() * size_of(e.format)), Buffer(e.received() * size_of(e.format))};
    fill_normal(t.send.get(), e.sent(), e.format, 1, 41 + r, ranks.streams[r]);
    poison(t.receive.get(), t.receive.bytes(), ranks.streams[r]);
    tensors.push_back(std::move(t));
  }
  ranks.wait();
  return tensors;
}

void all_to_all(const Exchange& e, const Ranks& ranks, std::size_t r, const Tensor& t, ncclDataType_t type) {
  const std::size_t bytes = e.share * size_of(e.format);
  for (std::size_t peer = 0; peer < ranks.count(); ++peer) {
    const int number = static_cast<int>(peer);
    require(
        ncclSend(t.send.as<char>() + peer * bytes, e.share, type, number, ranks.comms[r], ranks.streams[r]),
        "ncclSend");
    require(ncclRecv(t.receive.as<char>() + peer * bytes, e.share, type, number, ranks.comms[r],
                     ranks.streams[r]),
            "ncclRecv");
  }
}

void enqueue(const Exchange& e, const Ranks& ranks, const std::vector<Tensor>& tensors) {
  const ncclDataType_t type = e.format == Format::fp32 ? ncclFloat32 : ncclBfloat16;
  require(ncclGroupStart(), "ncclGroupStart");
  for (std::size_t r = 0; r < ranks.count(); ++r) {
    void *send = tensors[r].send.get(), *receive = tensors[r].receive.get();
    ncclComm_t comm = ranks.comms[r];
    cudaStream_t stream = ranks.streams[r];
    if (e.kernel == "all_reduce")
      require(ncclAllReduce(send, receive, e.whole, type, ncclSum, comm, stream), "ncclAllReduce");
    else if (e.kernel == "all_gather")
      require(ncclAllGather(send, receive, e.share, type, comm, stream), "ncclAllGather");
    else if (e.kernel == "reduce_scatter")
      require(ncclReduceScatter(send, receive, e.share, type, ncclSum, comm, stream), "ncclReduceScatter");
    else if (e.kernel == "all_to_all")
      all_to_all(e, ranks, r, tensors[r], type);
    else if (r == 0)
      require(ncclSend(send, e.whole, type, 1, comm, stream), "ncclSend");
    else
      require(ncclRecv(receive, e.whole, type, 0, comm, stream), "ncclRecv");
  }
  require(ncclGroupEnd(), "ncclGroupEnd");
}

std::vector<double> piece(const Buffer& buffer, Format format, std::size_t first, std::size_t count) {
  return read(buffer, format, static_cast<std::int64_t>(first), static_cast<std::int64_t>(count));
}

// What rank r should hold from `offset` on in the part that came from rank `from` (or, of a sum, in that part
// of the buffer).
std::vector<double> expected(const Exchange& e, const std::vector<Tensor>& tensors, std::size_t r,
                             std::size_t from, std::size_t offset, std::size_t count) {
  if (e.kernel == "all_gather") return piece(tensors[from].send, e.format, offset, count);
  if (e.kernel == "all_to_all") return piece(tensors[from].send, e.format, r * e.share + offset, count);
  if (e.kernel == "send_recv") return piece(tensors[0].send, e.format, from * e.share + offset, count);
  const std::size_t part = e.kernel == "reduce_scatter" ? r : from;
  std::vector<double> sum(count);
  for (const Tensor& t : tensors) {
    const auto more = piece(t.send, e.format, part * e.share + offset, count);
    for (std::size_t i = 0; i < count; ++i) sum[i] += more[i];
  }
  return sum;
}

// The beginning and the end of each part that each rank received.
double error_of(const Exchange& e, const Ranks& ranks, const std::vector<Tensor>& tensors) {
  std::vector<double> result, reference;
  const std::size_t count = std::min<std::size_t>(e.share, 512);
  for (std::size_t r = e.kernel == "send_recv" ? 1 : 0; r < ranks.count(); ++r) {
    check(cudaSetDevice(static_cast<int>(r)), "cudaSetDevice");
    const Buffer& own = tensors[r].receive;
    if (count_poison(own.get(), own.bytes(), e.format, ranks.streams[r]) > 0) return not_a_number;
    const std::size_t parts = e.received() / e.share;
    for (std::size_t part = 0; part < parts; ++part) {
      for (const std::size_t offset : {std::size_t{0}, e.share - count}) {
        append(result, piece(own, e.format, part * e.share + offset, count));
        append(reference, expected(e, tensors, r, part, offset, count));
      }
    }
  }
  return relative_error(result, reference);
}

double time_once(const Exchange& e, const Ranks& ranks, const std::vector<Tensor>& tensors, int repeats) {
  for (std::size_t r = 0; r < ranks.count(); ++r)
    check(cudaEventRecord(ranks.starts[r], ranks.streams[r]), "cudaEventRecord");
  for (int i = 0; i < repeats; ++i) enqueue(e, ranks, tensors);
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
  int before = 0;
  check(cudaGetDevice(&before), "cudaGetDevice");
  const auto wanted = static_cast<std::size_t>(row.ranks);
  if (!ranks_ || ranks_->count() != wanted) {
    ranks_.reset();
    ranks_ = std::make_unique<Ranks>(row.ranks);
  }
  const Exchange e = exchange_of(row);
  const auto tensors = make_tensors(e, *ranks_);
  enqueue(e, *ranks_, tensors);
  ranks_->wait();
  row.error = error_of(e, *ranks_, tensors);
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
  check(cudaSetDevice(before), "cudaSetDevice");
}

}  // namespace foretrain::bench
