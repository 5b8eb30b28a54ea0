#include "suites/exchange.hpp"

#include <algorithm>

#include "kernels/random.hpp"
#include "suites/memory.hpp"

namespace foretrain::bench {

namespace {

void all_to_all(const Exchange& e, const ExchangeTensors& t, ncclDataType_t type, ncclComm_t comm,
                cudaStream_t stream) {
  const std::size_t bytes = e.share * size_of(e.format);
  for (std::size_t peer = 0; peer < e.ranks; ++peer) {
    const int number = static_cast<int>(peer);
    require(ncclSend(t.send.as<char>() + peer * bytes, e.share, type, number, comm, stream), "ncclSend");
    require(ncclRecv(t.receive.as<char>() + peer * bytes, e.share, type, number, comm, stream), "ncclRecv");
  }
}

// What `rank` should hold from `offset` on in the part that came from rank `from` (or, of a sum, in that part
// of the buffer).
std::vector<double> expected(const Exchange& e, const Sent& sent, std::size_t rank, std::size_t from,
                             std::size_t offset, std::size_t count) {
  if (e.kernel == "all_gather") return sent(from, offset, count);
  if (e.kernel == "all_to_all") return sent(from, rank * e.share + offset, count);
  if (e.kernel == "send_recv") return sent(0, from * e.share + offset, count);
  const std::size_t part = e.kernel == "reduce_scatter" ? rank : from;
  std::vector<double> sum(count);
  for (std::size_t other = 0; other < e.ranks; ++other) {
    const auto more = sent(other, part * e.share + offset, count);
    for (std::size_t i = 0; i < count; ++i) sum[i] += more[i];
  }
  return sum;
}

}  // namespace

void require(ncclResult_t status, const char* what) {
  if (status != ncclSuccess) throw Failure(std::string(what) + ": " + ncclGetErrorString(status));
}

Exchange exchange_of(const std::string& kernel, const Row& row) {
  Exchange e;
  e.kernel = kernel;
  e.format = row.dtype == "fp32" ? Format::fp32 : Format::bf16;
  e.ranks = static_cast<std::size_t>(row.ranks);
  e.share = static_cast<std::size_t>(row.read_bytes) / size_of(e.format) / e.ranks;
  e.whole = e.share * e.ranks;
  return e;
}

Buffer make_sent(const Exchange& e, std::size_t rank, cudaStream_t stream) {
  Buffer buffer(e.sent() * size_of(e.format));
  fill_normal(buffer.get(), e.sent(), e.format, 1, 41 + rank, stream);
  return buffer;
}

ExchangeTensors make_exchange_tensors(const Exchange& e, std::size_t rank, cudaStream_t stream) {
  ExchangeTensors t{make_sent(e, rank, stream), Buffer(e.received() * size_of(e.format))};
  poison(t.receive.get(), t.receive.bytes(), stream);
  return t;
}

void enqueue(const Exchange& e, std::size_t rank, const ExchangeTensors& t, ncclComm_t comm,
             cudaStream_t stream) {
  const ncclDataType_t type = e.format == Format::fp32 ? ncclFloat32 : ncclBfloat16;
  void *send = t.send.get(), *receive = t.receive.get();
  if (e.kernel == "all_reduce")
    require(ncclAllReduce(send, receive, e.whole, type, ncclSum, comm, stream), "ncclAllReduce");
  else if (e.kernel == "all_gather")
    require(ncclAllGather(send, receive, e.share, type, comm, stream), "ncclAllGather");
  else if (e.kernel == "reduce_scatter")
    require(ncclReduceScatter(send, receive, e.share, type, ncclSum, comm, stream), "ncclReduceScatter");
  else if (e.kernel == "all_to_all")
    all_to_all(e, t, type, comm, stream);
  else if (rank == 0)
    require(ncclSend(send, e.whole, type, static_cast<int>(e.ranks - 1), comm, stream), "ncclSend");
  else if (rank + 1 == e.ranks)
    require(ncclRecv(receive, e.whole, type, 0, comm, stream), "ncclRecv");
}

double error_of(const Exchange& e, std::size_t rank, const ExchangeTensors& t, const Sent& sent,
                cudaStream_t stream) {
  if (count_poison(t.receive.get(), t.receive.bytes(), e.format, stream) > 0) return not_a_number;
  std::vector<double> result, reference;
  const std::size_t count = std::min<std::size_t>(e.share, 512), parts = e.received() / e.share;
  for (std::size_t part = 0; part < parts; ++part) {
    for (const std::size_t offset : {std::size_t{0}, e.share - count}) {
      append(result, read(t.receive, e.format, static_cast<std::int64_t>(part * e.share + offset),
                          static_cast<std::int64_t>(count)));
      append(reference, expected(e, sent, rank, part, offset, count));
    }
  }
  return relative_error(result, reference);
}

}  // namespace foretrain::bench
