#pragma once
// Collectives among the processes of a launcher, one GPU each, over as many nodes as there are (--world).
// Every process calls the same in the same order; whether a measurement goes on is agreed between them, so
// that none waits for one that has stopped. Left out: taking up after a process that died.

#include <memory>
#include <string>
#include <vector>

#include "device/sampler.hpp"
#include "row.hpp"
#include "world.hpp"

namespace foretrain::bench {

class Party {
 public:
  // Meets the others through a file in `folder`; Failure when they do not come.
  Party(const World& world, const std::string& folder, const StopRule& rule);
  ~Party();
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  int nodes() const { return nodes_; }
  void measure(Row& row);  // of list_over_nodes; the same result in every process

  // Of each value the largest among all processes.
  std::vector<double> largest(const std::vector<double>& values);

 private:
  struct Nccl;
  int count_nodes();

  World world_;
  StopRule rule_;
  std::unique_ptr<Nccl> nccl_;
  int nodes_ = 1;
};

}  // namespace foretrain::bench
