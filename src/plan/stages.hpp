#pragma once
// Which units of the model each pipeline stage holds, where the plan does not say.
//
// A model with MTP modules: its report's own split is not published (DeepSeek-V3). Every stage then gets
// about the same number of slots, where a layer, an MTP layer and a pass of the output head count one slot
// each (a head of 129280 x 7168 takes about as long as a layer) and the embedding none: the last stage takes
// head and MTP modules, and of the layers what is left of its share; the others go evenly over the other
// stages, the first of them taking what does not divide.
//
// Any other model, as Megatron-Core splits one (NVIDIA/Megatron-LM, arguments
// account_for_embedding_in_pipeline_split and account_for_loss_in_pipeline_split): layers evenly; where they
// do not divide, embedding and head count as a layer each if layers divide then, or else the head alone;
// where nothing divides, the first stages take one layer more.
//
// Left out: balancing by measured time, splits inside a layer.

#include <string>
#include <vector>

#include "model/transformer.hpp"

namespace foretrain::plan {

using Stages = std::vector<std::vector<model::Unit>>;

// DeepSeek-V3 on 16 stages: 15 stages of 4 layers, then 1 layer with head, MTP layer and MTP head. Llama 3.1
// 405B on 16: 7 layers, 14 stages of 8, 7 layers. With virtual stages `stages` counts those of all ranks.
// Precondition: the model has at least as many units as there are stages; no stage is empty.
Stages default_stages(const model::TransformerSpec& model, std::int64_t stages);

// The same with the first `layers` layers of each stage as units that are recomputed whole (model::again).
// MTP layers are none of them.
Stages recompute_first(Stages stages, std::int64_t layers);

// Why these stages are not the model's units, each once and in forward order; empty when they are.
std::string why_not_stages(const Stages& stages, const model::TransformerSpec& model);

// "0: embedding, 3 dense_layer, moe_layer; 1-14: 4 moe_layer; 15: moe_layer, head, mtp_layer, mtp_head"
std::string to_text(const Stages& stages);

}  // namespace foretrain::plan
