#pragma once
// What the kernels of the suite memory should compute, for one row or tile, in double precision on the host.
// Results that are stored in BF16 are not rounded here: the tolerance covers that. Casts to FP8 round as the
// kernels do, so that a wrong scale or a shifted element shows.

#include <array>
#include <vector>

namespace foretrain::bench {

using Values = std::vector<double>;

inline constexpr double rms_epsilon = 1e-6;  // DeepSeek-V3's
inline constexpr int scale_tile = 128;

// E4M3 with one scale for the tile, the largest of its values over 448; returns what the codes are worth.
Values reference_quantise(const Values& tile);

Values reference_swiglu(const Values& gate, const Values& up);  // silu(gate) * up
// Gradients of gate, then of up.
Values reference_swiglu_backward(const Values& gate, const Values& up, const Values& dy);
Values reference_rmsnorm(const Values& x, const Values& weight);
Values reference_rmsnorm_backward(const Values& x, const Values& dy, const Values& weight);  // dx

// Neighbouring pairs turned by angles; `turns` holds cosine and sine of each pair in turn.
Values reference_rope(const Values& x, const Values& turns);

struct Choice {
  std::array<int, 8> experts{};
  std::array<double, 8> weights{};
};
// 256 experts in 8 groups. Sigmoid scores; bias added for the choice alone; the 4 groups with the largest sum
// of their best two; the best 8 experts of these; weights are scores over their sum, times 2.5
// (arXiv:2412.19437, section 2.1.2; the factor from inference/configs/config_671B.json, route_scale).
Choice reference_gate(const Values& logits, const Values& bias);

struct AdamwState {
  double weight = 0, first = 0, second = 0;
};
// One step of AdamW at the constants of DeepSeek-V3 (arXiv:2412.19437, section 4.2), tenth step.
struct AdamwConstants {
  float rate = 2.2e-4F, beta1 = 0.9F, beta2 = 0.95F, epsilon = 1e-8F, decay = 0.1F;
  float correction1 = 0.65132156F, correction2 = 0.40126306F;  // 1 - beta^10
};
AdamwState reference_adamw(const AdamwState& before, double gradient, const AdamwConstants& constants);

}  // namespace foretrain::bench
