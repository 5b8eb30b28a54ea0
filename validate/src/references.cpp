#include "references.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "floats.hpp"

namespace foretrain::bench {

namespace {

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

double mean_square(const Values& x) {
  return std::inner_product(x.begin(), x.end(), x.begin(), 0.0) / static_cast<double>(x.size());
}

}  // namespace

Values reference_quantise(const Values& tile) {
  float largest = 0;
  for (const double x : tile) largest = std::max(largest, std::fabs(static_cast<float>(x)));
  const float scale = largest > 0 ? largest / e4m3_max : 1;
  const float factor = largest > 0 ? e4m3_max / largest : 1;
  Values worth;
  for (const double x : tile) {
    const float code = from_e4m3(to_e4m3(static_cast<float>(x) * factor));
    worth.push_back(static_cast<double>(code) * static_cast<double>(scale));
  }
  return worth;
}

Values reference_swiglu(const Values& gate, const Values& up) {
  Values y;
  for (std::size_t i = 0; i < gate.size(); ++i) y.push_back(gate[i] * sigmoid(gate[i]) * up[i]);
  return y;
}

Values reference_swiglu_backward(const Values& gate, const Values& up, const Values& dy) {
  Values d(2 * gate.size());
  for (std::size_t i = 0; i < gate.size(); ++i) {
    const double s = sigmoid(gate[i]);
    d[i] = dy[i] * up[i] * s * (1 + gate[i] * (1 - s));
    d[gate.size() + i] = dy[i] * gate[i] * s;
  }
  return d;
}

Values reference_rmsnorm(const Values& x, const Values& weight) {
  const double factor = 1 / std::sqrt(mean_square(x) + rms_epsilon);
  Values y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(x[i] * factor * weight[i]);
  return y;
}

Values reference_rmsnorm_backward(const Values& x, const Values& dy, const Values& weight) {
  const double factor = 1 / std::sqrt(mean_square(x) + rms_epsilon);
  double dot = 0;
  for (std::size_t i = 0; i < x.size(); ++i) dot += weight[i] * dy[i] * x[i];
  const double pull = factor * factor * factor * dot / static_cast<double>(x.size());
  Values dx;
  for (std::size_t i = 0; i < x.size(); ++i) dx.push_back(factor * weight[i] * dy[i] - pull * x[i]);
  return dx;
}

Values reference_rope(const Values& x, const Values& turns) {
  Values y(x.size());
  for (std::size_t i = 0; i + 1 < x.size(); i += 2) {
    const double cosine = turns[i % turns.size()], sine = turns[(i + 1) % turns.size()];
    y[i] = x[i] * cosine - x[i + 1] * sine;
    y[i + 1] = x[i] * sine + x[i + 1] * cosine;
  }
  return y;
}

Choice reference_gate(const Values& logits, const Values& bias) {
  constexpr std::size_t groups = 8, size = 32;
  Values scores, biased;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    scores.push_back(sigmoid(logits[i]));
    biased.push_back(scores[i] + bias[i]);
  }
  std::vector<std::pair<double, std::size_t>> ranked;
  for (std::size_t g = 0; g < groups; ++g) {
    const auto begin = biased.begin() + static_cast<std::ptrdiff_t>(g * size);
    Values own(begin, begin + size);
    std::sort(own.rbegin(), own.rend());
    ranked.emplace_back(own[0] + own[1], g);
  }
  std::sort(ranked.rbegin(), ranked.rend());
  std::vector<std::pair<double, std::size_t>> candidates;
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t e = ranked[i].second * size; e < (ranked[i].second + 1) * size; ++e)
      candidates.emplace_back(biased[e], e);
  }
  std::sort(candidates.rbegin(), candidates.rend());
  Choice choice;
  double sum = 0;
  for (std::size_t i = 0; i < choice.experts.size(); ++i) sum += scores[candidates[i].second];
  for (std::size_t i = 0; i < choice.experts.size(); ++i) {
    choice.experts[i] = static_cast<int>(candidates[i].second);
    choice.weights[i] = 2.5 * scores[candidates[i].second] / sum;
  }
  return choice;
}

AdamwState reference_adamw(const AdamwState& before, double gradient, const AdamwConstants& c) {
  AdamwState after;
  after.first = c.beta1 * before.first + (1.0 - c.beta1) * gradient;
  after.second = c.beta2 * before.second + (1.0 - c.beta2) * gradient * gradient;
  const double step = (after.first / c.correction1) / (std::sqrt(after.second / c.correction2) + c.epsilon);
  after.weight = before.weight - c.rate * (step + c.decay * before.weight);
  return after;
}

}  // namespace foretrain::bench
