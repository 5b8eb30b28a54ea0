#pragma once
// Which units of the model each pipeline stage holds. DeepSeek-V3's own split is not published; the default
// here gives every stage about the same number of slots, where a layer, an MTP layer and a pass of the output
// head count one slot each (a head of 129280 x 7168 takes about as long as a layer) and the embedding none.
//
// Left out: balancing by measured time, splits inside a layer.

#include <string>
#include <vector>

#include "model/transformer.hpp"

namespace foretrain::plan {

using Stages = std::vector<std::vector<model::Unit>>;

// The last stage takes head and MTP modules, and of the layers what is left of its share; the other layers go
// evenly over the other stages, the first of them taking what does not divide. DeepSeek-V3 on 16 stages: 15
// stages of 4 layers, then 1 layer with head, MTP layer and MTP head. Precondition: the model has at least as
// many units as there are stages; no stage is empty.
Stages default_stages(const model::TransformerSpec& model, std::int64_t stages);

// Why these stages are not the model's units, each once and in forward order; empty when they are.
std::string why_not_stages(const Stages& stages, const model::TransformerSpec& model);

// "0: embedding, 3 dense_layer, moe_layer; 1-14: 4 moe_layer; 15: moe_layer, head, mtp_layer, mtp_head"
std::string to_text(const Stages& stages);

}  // namespace foretrain::plan
