#include "cluster/context.hpp"

#include <algorithm>

namespace foretrain::cluster {
namespace {

// Elements that one token's keys and values take on one GPU of the ring.
double width(const model::AttentionSpec& attention, std::int64_t tensor_parallel) {
  if (attention.kind == model::AttentionSpec::Kind::mla)
    return static_cast<double>(attention.kv_lora_rank + attention.qk_rope_dim);
  const std::int64_t heads = std::max<std::int64_t>(1, attention.kv_heads / tensor_parallel);
  return static_cast<double>(2 * heads * attention.head_dim);
}

}  // namespace

ContextTimes context_times(const model::TransformerSpec& spec, const model::Work& work,
                           std::int64_t gpus_per_node, const network::LinkSpeeds& speeds,
                           Seconds attention_forward, Seconds attention_backward) {
  ContextTimes times{};
  const auto cp = static_cast<double>(work.context_parallel);
  if (work.context_parallel <= 1) return times;
  times.block =
      size_of(DType::bf16) * (static_cast<double>(work.tokens) * width(spec.attention, work.tensor_parallel));
  // A ring over several nodes advances at its slowest hop: the rail.
  const auto hop =
      work.context_parallel * work.tensor_parallel > gpus_per_node ? network::Hop::ib : network::Hop::nvlink;
  times.round = network::time_of_message(times.block, hop, speeds);
  const auto exposed = [cp](Seconds round, Seconds attention) {
    return (cp - 1) * std::max(seconds(0), round - attention / cp);
  };
  times.exposed_forward = exposed(times.round, attention_forward);
  times.exposed_backward =
      exposed(network::time_of_message(2 * times.block, hop, speeds), attention_backward);
  return times;
}

}  // namespace foretrain::cluster
