#pragma once
// What a chunk is given, from scenario and layout: the work of one GPU, who meets whom, and the times of the
// exchanges inside a chunk. Used by `prepare` (step.hpp) alone.
//
// Tokens: a GPU holds sequence * micro_batch / context of them; with tensor parallelism the group holds them
// together, and each of its GPUs sends its own share to the experts (Megatron-Core's parallel folding,
// arXiv:2504.14960, section 3). Rows of an expert: T top_k of a GPU's experts, times the GPUs that share an
// expert; padded to 128 by grouped GEMMs, or cut and padded to capacity_factor times the mean. Left out: what
// dropped tokens do to the balance of the rest.

#include "cluster/step.hpp"

namespace foretrain::cluster {

// Rows that one GPU's experts compute at balance, without padding.
double unpadded_rows(const StepSpec& spec, const model::Work& work);

void add_groups(const StepSpec& spec, ChunkInputs& inputs);
void add_exchange(const StepSpec& spec, const network::TokenSpread& spread, network::LinkSpeeds speeds,
                  ChunkInputs& inputs);
void add_context(const StepSpec& spec, const network::LinkSpeeds& speeds, ChunkInputs& inputs);
void add_sharding(const StepSpec& spec, const network::LinkSpeeds& speeds, ChunkInputs& inputs);

}  // namespace foretrain::cluster
