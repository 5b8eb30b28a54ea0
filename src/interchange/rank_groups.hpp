#pragma once
// Which GPUs meet in which collective, as process groups with numbers. GPUs are numbered as in
// cluster/hop.hpp: tensor and context parallel first, then data, then pipeline rank, each of which has the
// same `width` of them. A family of groups takes every `stride`-th GPU of a pipeline rank, `size` at a time;
// a mirrored one joins those of ranks r and P - 1 - r, which under DualPipe hold the same stages.
//
// Left out: groups that lie unevenly (plan sizes divide one another).

#include <cstdint>
#include <vector>

#include "interchange/chunk_nodes.hpp"
#include "plan/plan.hpp"

namespace foretrain::interchange {

class RankGroups {
 public:
  // `ranks` of the pipeline. Folded: one GPU stands for each of them, and nobody meets but the world.
  RankGroups(const plan::PlanSpec& plan, std::int64_t ranks, bool folded);

  std::int64_t width() const { return folded_ ? 1 : width_; }
  std::int64_t count() const { return ranks_ * width(); }  // of ranks in all

  MeetingGroups meetings(std::int64_t rank) const;         // inside chunks
  std::uint32_t dense_replicas(std::int64_t rank) const;   // GPUs with the same dense parameters
  std::uint32_t expert_replicas(std::int64_t rank) const;  // and with the same experts
  std::uint32_t all(std::int64_t rank) const;              // the world

  Groups list() const;  // every group that a rank can name

 private:
  struct Family {
    std::int64_t size = 1, stride = 1;
    bool mirrored = false;
    std::uint32_t first = 1;  // number of its first group
  };
  std::uint32_t group_of(const Family& family, std::int64_t rank) const;
  std::vector<std::uint32_t> members(const Family& family, std::int64_t rank) const;

  std::int64_t ranks_, width_;
  bool folded_;
  Family experts_, expert_tensor_, tensor_, shards_, dense_, expert_;
};

}  // namespace foretrain::interchange
