#pragma once
// A chunk as a small graph of segments on two streams, cut only where communication begins or ends.
//
// Every GPU has a compute stream and a communication stream; each runs its segments in list order. Inside an
// overlapped pair the compute stream runs, per layer, attn(F) mlp(I) mlp(W) mlp(F) attn(I) attn(W), and the
// communication stream: gradient dispatch, forward dispatch, gradient combine, forward combine (the order of
// deepseek-ai/profile-data train.json). A lone chunk is the same with one side missing. A full lone backward
// computes weight gradients in line, so that every exchange waits for those before it: there autograd runs
// without the store that puts them off (deepseek-ai/DualPipe@3da1bbe, dualpipe.py, WeightGradStore). The list
// is the whole model of the overlap: nothing else decides it.
//
// Where parameters are sharded (ZeRO 3, FSDP), the communication stream also gathers each unit's parameters
// before its forward, and again before its backward if they were let go, and scatters its gradients after. A
// unit's gather is issued when the unit before it starts, one ahead, as PyTorch FSDP prefetches
// (arXiv:2304.11277, section 3.3.2); nothing is prefetched from one chunk to the next. The embedding's
// backward needs no weights, and heads keep theirs from the forward. Compute beside them lacks the SMs that
// they hold (plan::SoftwareSpec::nccl_sms).

#include <array>
#include <cstdint>
#include <vector>

#include "cluster/blocks.hpp"
#include "model/transformer.hpp"
#include "plan/schedule.hpp"

namespace foretrain::cluster {

enum class ExchangeKind : std::uint8_t {
  dispatch_gradient,
  dispatch,
  combine_gradient,
  combine,
  gather,   // of a unit's sharded parameters
  scatter,  // of its gradients, reduced
};
inline constexpr std::size_t exchange_kinds = 4;  // those of tokens, which come first

struct Segment {
  bool is_exchange = false;
  BlockKind block{};        // when computing
  ExchangeKind exchange{};  // when communicating; a barrier of the expert-parallel group precedes it
  std::uint16_t unit = 0;   // index into the chunk's units (forward side or backward side)
  bool backward_side = false;
  std::uint16_t draw = 0;  // which routing draw of the chunk sets its rows (units with an exchange, per side)
  std::array<std::int16_t, 2> needs{
      -1, -1};  // segments that must have ended, besides those before it on its stream
};

struct ChunkSegments {
  std::vector<Segment> segments;   // a legal sequential order; per stream, the execution order
  std::uint16_t draws = 0;         // routing draws used
  std::int16_t last_forward = -1;  // ends when the forward output is ready; -1: no forward side
};

enum class Parameters : std::uint8_t {
  held,       // whole on every GPU
  resharded,  // gathered for the forward and again for the backward
  kept,       // gathered for the forward, kept until the backward
};
struct ChunkTraits {
  Parameters parameters = Parameters::held;
  // Full recompute: a backward first dispatches and combines once more. Units that are recomputed by
  // themselves (model::again) do so without being told.
  bool exchange_again = false;
};

// `forward` and `backward` are the units of the two stages in forward order; the side an action does not have
// is ignored.
ChunkSegments list_segments(plan::Action action, const std::vector<model::Unit>& forward,
                            const std::vector<model::Unit>& backward, const ChunkTraits& traits = {});

bool has_attention(model::Unit unit);
bool has_exchange(model::Unit unit);  // tokens are dispatched to experts and combined

}  // namespace foretrain::cluster
