#include "cluster/segments.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace foretrain::cluster {
namespace {

using model::Unit;
using plan::Action;

// Writes segments of one round after another; remembers what the next round's parts depend on.
class Writer {
 public:
  Writer(Action action, const std::vector<Unit>& forward, const std::vector<Unit>& backward,
         const ChunkTraits& traits)
      : parameters_(traits.parameters),
        exchange_again_(traits.exchange_again),
        paired_(action == Action::pair),
        inline_weights_(action == Action::backward) {
    if (action == Action::forward || action == Action::pair) forward_ = forward;
    if (action != Action::forward) backward_ = {backward.rbegin(), backward.rend()};
    weights_only_ = action == Action::weight;
  }

  ChunkSegments write() {
    const std::size_t rounds = std::max(forward_.size(), backward_.size());
    Gathered next = gather(0);
    for (std::size_t i = 0; i < rounds; ++i) {
      gathered_ = next;
      next = gather(i + 1);
      if (weights_only_)
        weights(i);
      else
        round(i);
    }
    out_.last_forward = forward_ready_;
    return std::move(out_);
  }

 private:
  struct Gathered {
    std::int16_t forward = -1, backward = -1;
  };

  // The parameters of unit i, for each side that needs them; not before the unit before it starts, which is
  // when all before that has been computed.
  Gathered gather(std::size_t i) {
    Gathered g;
    if (parameters_ == Parameters::held || weights_only_) return g;
    if (i < forward_.size()) g.forward = exchange(ExchangeKind::gather, i, false, 0, last_compute_);
    if (i < backward_.size() && parameters_ == Parameters::resharded && has_attention(backward_[i]))
      g.backward = exchange(ExchangeKind::gather, i, true, 0, last_compute_);
    return g;
  }
  void scatter(std::size_t i) {
    if (parameters_ != Parameters::held) exchange(ExchangeKind::scatter, i, true, 0, last_compute_);
  }

  // One round: the forward of unit i beside the backward of unit i (counted from the loss).
  void round(std::size_t i) {
    const bool f = i < forward_.size(), b = i < backward_.size();
    const bool fx = f && has_exchange(forward_[i]), bx = b && has_exchange(backward_[i]);
    const std::uint16_t f_draw = fx ? out_.draws++ : 0, b_draw = bx ? out_.draws++ : 0;
    std::int16_t gradient_in = backward_ready_, tokens_in = -1, gradient_back = -1;
    if (bx && (exchange_again_ || backward_[i] != model::plain(backward_[i])))
      exchange(ExchangeKind::combine, i, true, b_draw,
               exchange(ExchangeKind::dispatch, i, true, b_draw, backward_ready_));
    if (bx) gradient_in = exchange(ExchangeKind::dispatch_gradient, i, true, b_draw, backward_ready_);
    if (f) tokens_in = forward_ready_;
    if (f && has_attention(forward_[i]))
      tokens_in = compute(BlockKind::attention_f, i, false, f_draw, forward_ready_);
    if (fx) tokens_in = exchange(ExchangeKind::dispatch, i, false, f_draw, tokens_in);
    if (b) {
      gradient_back = compute(BlockKind::mlp_i, i, true, b_draw, gradient_in);
      if (inline_weights_) gradient_back = compute(BlockKind::mlp_w, i, true, b_draw, gradient_back);
      if (bx) gradient_back = exchange(ExchangeKind::combine_gradient, i, true, b_draw, gradient_back);
      if (paired_) compute(BlockKind::mlp_w, i, true, b_draw, -1);
    }
    if (f) {
      forward_ready_ = compute(BlockKind::mlp_f, i, false, f_draw, tokens_in);
      if (fx) forward_ready_ = exchange(ExchangeKind::combine, i, false, f_draw, forward_ready_);
    }
    if (!b) return;
    backward_ready_ = gradient_back;
    if (has_attention(backward_[i])) backward_attention(i, b_draw, gradient_back);
    if (inline_weights_ || paired_) scatter(i);
  }

  void backward_attention(std::size_t i, std::uint16_t draw, std::int16_t gradient) {
    backward_ready_ = compute(BlockKind::attention_i, i, true, draw, gradient);
    if (inline_weights_) backward_ready_ = compute(BlockKind::attention_w, i, true, draw, backward_ready_);
    if (paired_) compute(BlockKind::attention_w, i, true, draw, -1);
  }

  void weights(std::size_t i) {
    const std::uint16_t draw = has_exchange(backward_[i]) ? out_.draws++ : 0;
    compute(BlockKind::mlp_w, i, true, draw, -1);
    if (has_attention(backward_[i])) compute(BlockKind::attention_w, i, true, draw, -1);
    scatter(i);
  }

  std::int16_t compute(BlockKind block, std::size_t unit, bool backward_side, std::uint16_t draw,
                       std::int16_t need) {
    last_compute_ = push({.block = block,
                          .unit = index_of(unit, backward_side),
                          .backward_side = backward_side,
                          .draw = draw,
                          .needs = {need, backward_side ? gathered_.backward : gathered_.forward}});
    return last_compute_;
  }
  std::int16_t exchange(ExchangeKind kind, std::size_t unit, bool backward_side, std::uint16_t draw,
                        std::int16_t need) {
    return push({.is_exchange = true,
                 .exchange = kind,
                 .unit = index_of(unit, backward_side),
                 .backward_side = backward_side,
                 .draw = draw,
                 .needs = {need, -1}});
  }
  std::int16_t push(Segment s) {
    out_.segments.push_back(s);
    return static_cast<std::int16_t>(out_.segments.size() - 1);
  }
  std::uint16_t index_of(std::size_t i, bool backward_side) const {  // back to forward order
    return static_cast<std::uint16_t>(backward_side ? backward_.size() - 1 - i : i);
  }

  Parameters parameters_ = Parameters::held;
  Gathered gathered_;  // of the round being written
  bool exchange_again_ = false, paired_ = false, inline_weights_ = false, weights_only_ = false;
  std::vector<Unit> forward_, backward_;
  ChunkSegments out_;
  std::int16_t forward_ready_ = -1, backward_ready_ = -1, last_compute_ = -1;
};

}  // namespace

bool has_attention(Unit unit) {
  return model::is_layer(unit);
}

bool has_exchange(Unit unit) {
  const Unit plain = model::plain(unit);
  return plain == Unit::moe_layer || plain == Unit::moe_window_layer || plain == Unit::mtp_layer;
}

ChunkSegments list_segments(Action action, const std::vector<Unit>& forward,
                            const std::vector<Unit>& backward, const ChunkTraits& traits) {
  return Writer(action, forward, backward, traits).write();
}

}  // namespace foretrain::cluster
