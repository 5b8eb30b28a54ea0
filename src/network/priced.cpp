#include "network/priced.hpp"

#include "network/nccl.hpp"

namespace foretrain::network {

Seconds time_of(Pattern pattern, Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds) {
  if (group.size() < 2 || buffer <= Bytes{}) return {};
  if (speeds.nccl.known()) return fastest(list_candidates(pattern, buffer, group, speeds)).time;
  switch (pattern) {
    case Pattern::all_reduce:
      return time_of_all_reduce(buffer, group, speeds);
    case Pattern::reduce_scatter:
      return time_of_reduce_scatter(buffer, group, speeds);
    case Pattern::all_gather:
      return time_of_all_gather(buffer, group, speeds);
  }
  return {};
}

Seconds time_of_all_to_all(Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds) {
  if (group.size() < 2 || buffer <= Bytes{}) return {};
  if (speeds.nccl.known()) return time_of_nccl_all_to_all(buffer, group, speeds);
  const Bytes piece = buffer / static_cast<double>(group.size());
  Traffic t;
  t.nvlink_out = t.nvlink_in = piece * static_cast<double>(group.gpus_per_node - 1);
  t.ib_out = t.ib_in = piece * static_cast<double>(group.size() - group.gpus_per_node);
  return time_of(t, speeds);
}

Bytes expert_exchange(double tokens, double top_k, Bytes row) {
  return tokens * top_k * row;
}

}  // namespace foretrain::network
