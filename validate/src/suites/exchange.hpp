#pragma once
// One rank's side of a collective of NCCL: its tensors, its calls, and what it should hold afterwards.
// Whether the other ranks are in this process or on other nodes is not its business.

#include <nccl.h>

#include <functional>
#include <vector>

#include "device/buffer.hpp"
#include "floats.hpp"
#include "row.hpp"

namespace foretrain::bench {

void require(ncclResult_t status, const char* what);

// Calls of NCCL that go out together. A group that a failure leaves is ended too: calls after it would only
// be gathered, and never run.
class NcclGroup {
 public:
  NcclGroup() { require(ncclGroupStart(), "ncclGroupStart"); }
  NcclGroup(const NcclGroup&) = delete;
  NcclGroup& operator=(const NcclGroup&) = delete;
  ~NcclGroup() {
    if (open_) (void)ncclGroupEnd();
  }
  void end() {
    open_ = false;
    require(ncclGroupEnd(), "ncclGroupEnd");
  }

 private:
  bool open_ = true;
};

// Elements: `share` of them is what one rank holds of a buffer that is split among all.
struct Exchange {
  std::string kernel;
  Format format = Format::bf16;
  std::size_t ranks = 1, share = 0, whole = 0;

  std::size_t sent() const { return kernel == "all_gather" ? share : whole; }
  std::size_t received() const { return kernel == "reduce_scatter" ? share : whole; }
  bool receives(std::size_t rank) const { return kernel != "send_recv" || rank + 1 == ranks; }
};
// `kernel`: all_reduce, all_gather, reduce_scatter, all_to_all, or send_recv from the first rank to the last.
Exchange exchange_of(const std::string& kernel, const Row& row);

struct ExchangeTensors {
  Buffer send, receive;
};
// What `rank` sends, the same in whichever process it is made; and a poisoned buffer. On the current device.
Buffer make_sent(const Exchange& exchange, std::size_t rank, cudaStream_t stream);
ExchangeTensors make_exchange_tensors(const Exchange& exchange, std::size_t rank, cudaStream_t stream);

// One rank's calls; the caller groups them.
void enqueue(const Exchange& exchange, std::size_t rank, const ExchangeTensors& tensors, ncclComm_t comm,
             cudaStream_t stream);

// `count` elements from `first` on of what a rank sent.
using Sent = std::function<std::vector<double>(std::size_t rank, std::size_t first, std::size_t count)>;
// The relative error of the beginning and the end of each part that `rank` received; not_a_number when
// elements stayed unwritten.
double error_of(const Exchange& exchange, std::size_t rank, const ExchangeTensors& tensors, const Sent& sent,
                cudaStream_t stream);

}  // namespace foretrain::bench
