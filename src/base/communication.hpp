#pragma once
// What an op list says of communication, before anyone knows the network: which pattern, among whom, how many
// bytes. `model` writes it, `cluster` prices it with `network`. Not here: the token exchange of experts and
// the pipeline's messages, which have programs of their own.

#include <cstdint>
#include <string_view>

#include "base/units.hpp"

namespace foretrain {

enum class Pattern : std::uint8_t { all_reduce, reduce_scatter, all_gather };
constexpr std::string_view name_of(Pattern p) {
  return p == Pattern::all_reduce       ? "all-reduce"
         : p == Pattern::reduce_scatter ? "reduce-scatter"
                                        : "all-gather";
}

// Who takes part: the GPUs that share a layer's matrices, or those that share one expert's.
enum class Group : std::uint8_t { tensor, expert_tensor };
constexpr std::string_view name_of(Group g) {
  return g == Group::tensor ? "tensor" : "expert tensor";
}

// What a collective may run beside, where the software overlaps tensor parallelism: a GEMM cut in pieces, one
// of which computes while the next is on its way; a GEMM as it is; or nothing.
enum class Beside : std::uint8_t { nothing, pieces, whole };

// How the ranks of a context-parallel group get one another's keys and values: blocks handed on around a ring
// while attention runs on the last, or all of them gathered before attention.
enum class ContextExchange : std::uint8_t { ring, all_gather };
constexpr std::string_view name_of(ContextExchange c) {
  return c == ContextExchange::ring ? "ring" : "all_gather";
}

struct Communication {
  Pattern pattern{};
  Group group{};
  Bytes buffer{};         // the whole vector: before a reduce-scatter, after an all-gather
  Beside beside = Beside::nothing;
};

}  // namespace foretrain
