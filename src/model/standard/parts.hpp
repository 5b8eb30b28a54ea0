#pragma once
// The parts that a unit of the standard stack is put together from (layers.cpp). Each part comes as forward,
// backward (input gradient) and weights, in execution order.

#include <string>

#include "model/standard/shapes.hpp"

namespace foretrain::model::standard {

// From the layer's input to the normalised input of the feed-forward part, residual added.
void add_attention_forward(OpList& list, const Shapes& s);
void add_attention_backward(OpList& list, const Shapes& s);  // begins with the second norm's gradient
void add_attention_weights(OpList& list, const Shapes& s);

// Queries, keys and values out of the normalised input: one matrix (grouped), or by way of latents (mla).
void add_grouped_forward(OpList& list, const Shapes& s);
void add_grouped_backward(OpList& list, const Shapes& s);
void add_grouped_weights(OpList& list, const Shapes& s);
void add_latent_forward(OpList& list, const Shapes& s);
void add_output_again(OpList& list, const Shapes& s);  // the same of the output, before the feed-forward part
void add_grouped_again(OpList& list, const Shapes& s);  // what recompute.products does not keep
void add_latent_again(OpList& list, const Shapes& s);   // what recompute.mla_up does not keep
void add_latent_backward(OpList& list, const Shapes& s);
void add_latent_weights(OpList& list, const Shapes& s);

// What every token passes: the MLP of a dense layer, or the shared experts.
struct FeedForward {
  std::string name;
  std::int64_t ffn = 0;
  bool shares_input = false;  // another op keeps the BF16 input
};
void add_feed_forward(OpList& list, const Shapes& s, const FeedForward& part);
void add_feed_forward_backward(OpList& list, const Shapes& s, const FeedForward& part);
void add_feed_forward_weights(OpList& list, const Shapes& s, const FeedForward& part);

void add_router_forward(OpList& list, const Shapes& s);  // and what runs before the dispatch
void add_router_backward(OpList& list, const Shapes& s);
void add_router_weights(OpList& list, const Shapes& s);
void add_experts_forward(OpList& list, const Shapes& s);
void add_experts_backward(OpList& list, const Shapes& s);
void add_experts_weights(OpList& list, const Shapes& s);

void add_embedding_forward(OpList& list, const Shapes& s);
void add_embedding_weights(OpList& list, const Shapes& s);
void add_head_forward(OpList& list, const Shapes& s);
void add_head_backward(OpList& list, const Shapes& s);
void add_head_weights(OpList& list, const Shapes& s);

void add_mtp_forward(OpList& list, const Shapes& s);
void add_mtp_backward(OpList& list, const Shapes& s);
void add_mtp_weights(OpList& list, const Shapes& s);

}  // namespace foretrain::model::standard
