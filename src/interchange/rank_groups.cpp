#include "interchange/rank_groups.hpp"

#include <algorithm>

#include "plan/parameters.hpp"

namespace foretrain::interchange {

RankGroups::RankGroups(const plan::PlanSpec& plan, std::int64_t ranks, bool folded)
    : ranks_(ranks), width_(plan.data * plan.context * plan.tensor), folded_(folded) {
  const bool mirrored = plan.schedule == plan::Schedule::dualpipe && ranks > 1;
  const std::int64_t sharing = plan.expert * plan.expert_tensor;
  experts_ = {sharing, 1, false};
  expert_tensor_ = {plan.expert_tensor, 1, false};
  tensor_ = {plan.tensor, 1, false};
  dense_ = {width_ / plan.tensor, plan.tensor, mirrored};
  expert_ = {width_ / sharing, sharing, mirrored};
  shards_ = dense_;
  if (plan.zero == 3) {
    const auto shards = plan::shards_of(plan);
    if (shards.dense_copies > 1) {  // hybrid: gathered within a shard group, reduced across them
      shards_ = {shards.dense, plan.tensor, false};
      dense_ = {std::max<std::int64_t>(1, width_ / (plan.tensor * shards.dense)), plan.tensor * shards.dense,
                mirrored};
    }
  }
  std::uint32_t next = 1;
  for (Family* family : {&experts_, &expert_tensor_, &tensor_, &dense_, &expert_, &shards_}) {
    family->first = next;
    next += static_cast<std::uint32_t>(ranks_ * std::max<std::int64_t>(1, width_ / family->size));
  }
  if (plan.zero == 3 && shards_.size == dense_.size && shards_.stride == dense_.stride) shards_ = dense_;
}

std::uint32_t RankGroups::group_of(const Family& family, std::int64_t rank) const {
  if (folded_ || (family.size <= 1 && !family.mirrored)) return alone;
  std::int64_t pipeline = rank / width_;
  const std::int64_t lane = rank % width_;
  if (family.mirrored) pipeline = std::min(pipeline, ranks_ - 1 - pipeline);
  const std::int64_t block = lane / (family.size * family.stride);
  const std::int64_t place = block * family.stride + lane % family.stride;
  return family.first + static_cast<std::uint32_t>(pipeline * (width_ / family.size) + place);
}

std::vector<std::uint32_t> RankGroups::members(const Family& family, std::int64_t rank) const {
  const std::int64_t pipeline = rank / width_, lane = rank % width_;
  const std::int64_t first =
      lane / (family.size * family.stride) * (family.size * family.stride) + lane % family.stride;
  std::vector<std::uint32_t> list;
  const auto add = [&](std::int64_t of) {
    for (std::int64_t k = 0; k < family.size; ++k)
      list.push_back(static_cast<std::uint32_t>(of * width_ + first + k * family.stride));
  };
  add(pipeline);
  if (const std::int64_t mirror = ranks_ - 1 - pipeline; family.mirrored && mirror != pipeline) add(mirror);
  std::sort(list.begin(), list.end());
  return list;
}

MeetingGroups RankGroups::meetings(std::int64_t rank) const {
  return {alone, group_of(experts_, rank), group_of(expert_tensor_, rank), group_of(tensor_, rank),
          group_of(shards_, rank)};
}

std::uint32_t RankGroups::dense_replicas(std::int64_t rank) const {
  return group_of(dense_, rank);
}
std::uint32_t RankGroups::expert_replicas(std::int64_t rank) const {
  return group_of(expert_, rank);
}
std::uint32_t RankGroups::all(std::int64_t) const {
  return count() > 1 ? world : alone;
}

Groups RankGroups::list() const {
  Groups groups;
  if (folded_) return groups;
  for (std::int64_t rank = 0; rank < count(); ++rank)
    for (const Family* family : {&experts_, &expert_tensor_, &tensor_, &shards_, &dense_, &expert_})
      if (const auto group = group_of(*family, rank); group != alone && groups.count(group) == 0)
        groups[group] = members(*family, rank);
  return groups;
}

}  // namespace foretrain::interchange
