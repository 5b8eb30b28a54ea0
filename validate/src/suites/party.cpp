#include "suites/party.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <set>

#include "suites/exchange.hpp"
#include "suites/gemm.hpp"
#include "suites/memory.hpp"

namespace foretrain::bench {

namespace {

constexpr double patience = 120;  // seconds until the others must have begun

ncclUniqueId meet(const World& world, const std::string& path) {
  ncclUniqueId id{};
  if (world.rank == 0) {
    require(ncclGetUniqueId(&id), "ncclGetUniqueId");
    const std::string fault = leave(path, {id.internal, sizeof(id.internal)});
    if (!fault.empty()) throw Failure(fault);
    return id;
  }
  const auto bytes = fetch(path, sizeof(id.internal), patience);
  if (!bytes) throw Failure("the first process left nothing in " + path);
  std::memcpy(id.internal, bytes->data(), sizeof(id.internal));
  return id;
}

// FNV-1a, in as many bits as a double holds.
double hash_of_host() {
  std::array<char, 256> name{};
  (void)gethostname(name.data(), name.size() - 1);
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return static_cast<double>(hash >> 11U);
}

}  // namespace

struct Party::Nccl {
  Nccl(const World& world, const std::string& path) {
    const ncclUniqueId id = meet(world, path);
    require(ncclCommInitRank(&comm, world.size, id, world.rank), "ncclCommInitRank");
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
    check(cudaEventCreate(&start), "cudaEventCreate");
    check(cudaEventCreate(&stop), "cudaEventCreate");
  }
  Nccl(const Nccl&) = delete;
  Nccl& operator=(const Nccl&) = delete;
  ~Nccl() {
    (void)ncclCommDestroy(comm);
    (void)cudaStreamDestroy(stream);
    (void)cudaEventDestroy(start);
    (void)cudaEventDestroy(stop);
  }
  void wait() const { check(cudaStreamSynchronize(stream), "wait for a collective"); }

  void run(const Exchange& e, int rank, const ExchangeTensors& tensors, int repeats) const {
    for (int i = 0; i < repeats; ++i) {
      NcclGroup group;
      enqueue(e, static_cast<std::size_t>(rank), tensors, comm, stream);
      group.end();
    }
  }
  // Seconds each, in this process.
  double time(const Exchange& e, int rank, const ExchangeTensors& tensors, int repeats) const {
    check(cudaEventRecord(start, stream), "cudaEventRecord");
    run(e, rank, tensors, repeats);
    check(cudaEventRecord(stop, stream), "cudaEventRecord");
    wait();
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, start, stop), "cudaEventElapsedTime");
    return milliseconds / 1e3 / repeats;
  }

  ncclComm_t comm = nullptr;
  cudaStream_t stream = nullptr;
  cudaEvent_t start = nullptr, stop = nullptr;
};

Party::Party(const World& world, const std::string& folder, const StopRule& rule)
    : world_(world), rule_(rule), nccl_(std::make_unique<Nccl>(world, meeting_file(folder, world))) {
  nodes_ = count_nodes();  // all are here: nobody needs the file any more
  if (world.rank == 0) (void)std::remove(meeting_file(folder, world).c_str());
}
Party::~Party() = default;

std::vector<double> Party::largest(const std::vector<double>& values) {
  const Buffer buffer = to_gpu(values);
  require(ncclAllReduce(buffer.get(), buffer.get(), values.size(), ncclFloat64, ncclMax, nccl_->comm,
                        nccl_->stream),
          "ncclAllReduce");
  nccl_->wait();
  return to_host<double>(buffer.get(), values.size());
}

int Party::count_nodes() {
  std::vector<double> hosts(static_cast<std::size_t>(world_.size));
  hosts[static_cast<std::size_t>(world_.rank)] = hash_of_host();
  const auto all = largest(hosts);
  return static_cast<int>(std::set<double>(all.begin(), all.end()).size());
}

void Party::measure(Row& row) {
  const Exchange e = exchange_of(row.kernel.substr(0, row.kernel.find("_over_")), row);
  const auto rank = static_cast<std::size_t>(world_.rank);
  const ExchangeTensors tensors = make_exchange_tensors(e, rank, nccl_->stream);
  nccl_->run(e, world_.rank, tensors, 1);
  nccl_->wait();
  double error = 0;
  if (e.receives(rank)) {
    std::size_t made = e.ranks;  // whose tensor `other` is: made again here, one at a time
    Buffer other;
    const Sent sent = [&](std::size_t of, std::size_t first, std::size_t count) {
      if (made != of) {
        other = Buffer();
        other = make_sent(e, of, nccl_->stream);
        made = of;
      }
      return read(other, e.format, static_cast<std::int64_t>(first), static_cast<std::int64_t>(count));
    };
    error = error_of(e, rank, tensors, sent, nccl_->stream);
  }
  row.error = largest({error})[0];
  const double one = largest({nccl_->time(e, world_.rank, tensors, 5)})[0];
  const int repeats = static_cast<int>(std::clamp(0.002 / std::max(one, 1e-7), 5.0, 100.0));
  std::vector<double> times;
  const auto begin = std::chrono::steady_clock::now();
  for (bool more = true; more;) {
    times.push_back(largest({nccl_->time(e, world_.rank, tensors, repeats)})[0]);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    more = largest({is_enough(times, spent.count(), rule_) ? 0.0 : 1.0})[0] > 0;
  }
  store(row, summarise(times, 0));
}

}  // namespace foretrain::bench
