#pragma once
// The suite comm: copies between host and GPU and within a GPU, and NCCL's collectives among GPUs of this
// machine, driven by this one process. Built without NCCL, only the copies are there. Several nodes are
// party.hpp. Left out: user-registered buffers.

#include <memory>

#include "device/sampler.hpp"
#include "row.hpp"

namespace foretrain::bench {

void measure_copy_between(Row& row, Sampler& sampler);

bool has_nccl();

struct Ranks;  // the communicators, streams and events of the GPUs of one group

// Keeps the group of the row before, because making one takes a second.
class Collectives {
 public:
  explicit Collectives(const StopRule& rule);
  ~Collectives();
  Collectives(const Collectives&) = delete;
  Collectives& operator=(const Collectives&) = delete;

  void measure(Row& row);

 private:
  StopRule rule_;
  std::unique_ptr<Ranks> ranks_;
};

}  // namespace foretrain::bench
