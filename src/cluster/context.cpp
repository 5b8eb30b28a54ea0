#include "cluster/context.hpp"

#include <algorithm>

#include "network/priced.hpp"

namespace foretrain::cluster {
namespace {

// A ring over several nodes advances at its slowest hop: the rail.
Seconds time_of_round(Bytes size, const model::Work& work, const ContextInputs& in,
                      const network::LinkSpeeds& speeds) {
  const bool far = work.context_parallel * work.tensor_parallel > in.gpus_per_node;
  return network::time_of_message(size, far ? network::Hop::ib : network::Hop::nvlink, speeds);
}

Seconds beyond(Seconds exchange, Seconds attention) {
  return std::max(seconds(0), exchange - attention);
}

ContextExposed time_ring(ContextTimes& times, const model::Work& work, const ContextInputs& in,
                         const network::LinkSpeeds& speeds) {
  const auto cp = static_cast<double>(work.context_parallel);
  times.round = time_of_round(times.block, work, in, speeds);
  const Seconds back = time_of_round(2 * times.block, work, in, speeds);
  return {(cp - 1) * beyond(times.round, in.attention_forward / cp),
          (cp - 1) * beyond(back, in.attention_backward / cp)};
}

ContextExposed time_all_gather(ContextTimes& times, const model::ContextRow& row, const model::Work& work,
                               const ContextInputs& in, const network::LinkSpeeds& speeds) {
  const auto cp = static_cast<double>(work.context_parallel);
  const auto group = network::shape_of(work.context_parallel, work.tensor_parallel, in.gpus_per_node);
  for (const Bytes part : {row.keys, row.values}) {
    const Bytes whole = part * (static_cast<double>(work.tokens) * cp);
    times.gather += network::time_of(Pattern::all_gather, whole, group, speeds);
    times.scatter += network::time_of(Pattern::reduce_scatter, whole, group, speeds);
  }
  if (!in.beside) return {times.gather, times.gather + times.scatter};
  const Seconds forward = in.attention_forward / cp, backward = in.attention_backward / cp;  // of one block
  const Seconds round = time_of_round(2 * times.block, work, in, speeds);
  return {beyond(times.gather, forward),
          beyond(times.gather, backward) + (cp - 1) * beyond(round, backward) + round};
}

}  // namespace

ContextTimes context_times(const model::TransformerSpec& spec, const model::Work& work,
                           const ContextInputs& inputs, const network::LinkSpeeds& speeds) {
  ContextTimes times{};
  if (work.context_parallel <= 1) return times;
  const auto row = model::context_row(spec, work);
  times.block = (row.keys + row.values) * static_cast<double>(work.tokens);
  times.exposed = inputs.how == ContextExchange::ring ? time_ring(times, work, inputs, speeds)
                                                      : time_all_gather(times, row, work, inputs, speeds);
  if (work.recompute.layers || work.recompute.attention_core) times.exposed.backward += times.exposed.forward;
  return times;
}

}  // namespace foretrain::cluster
