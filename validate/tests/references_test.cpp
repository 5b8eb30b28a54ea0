#include "references.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "catch.hpp"
#include "floats.hpp"
#include "row.hpp"

using namespace foretrain::bench;

TEST_CASE("every E4M3 code survives the way to a number and back") {
  for (int code = 0; code < 256; ++code) {
    if ((code & 0x7f) == 0x7f) continue;  // NaN
    CHECK(to_e4m3(from_e4m3(static_cast<std::uint8_t>(code))) == code);
  }
  CHECK(from_e4m3(0x7e) == 448);
  CHECK(from_e4m3(0x01) == std::ldexp(1.0F, -9));
  CHECK(std::isnan(from_e4m3(0xff)));
}

TEST_CASE("E4M3 rounds to the nearest, ties to even, and stays below 448") {
  CHECK(from_e4m3(to_e4m3(1e9F)) == 448);
  CHECK(from_e4m3(to_e4m3(-460)) == -448);
  CHECK(from_e4m3(to_e4m3(17)) == 16);  // between 16 and 18: 16 has the even last bit
  CHECK(from_e4m3(to_e4m3(19)) == 20);
  CHECK(from_e4m3(to_e4m3(17.1F)) == 18);
  CHECK(from_e4m3(to_e4m3(31.5F)) == 32);  // carries into the next exponent
  CHECK(to_e4m3(std::ldexp(1.0F, -11)) == 0);
  for (int code = 0; code < 0x7e; ++code) {  // the middle of neighbours goes to the even code
    const float low = from_e4m3(static_cast<std::uint8_t>(code));
    const float high = from_e4m3(static_cast<std::uint8_t>(code + 1));
    CHECK(to_e4m3((low + high) / 2) == (code % 2 == 0 ? code : code + 1));
    CHECK(to_e4m3(low + (high - low) * 0.4F) == code);
  }
}

TEST_CASE("BF16 rounds to the nearest, ties to even") {
  CHECK(from_bf16(to_bf16(1.0F)) == 1.0F);
  CHECK(from_bf16(to_bf16(-3.140625F)) == -3.140625F);
  CHECK(from_bf16(to_bf16(1.0F + 1.0F / 256)) == 1.0F);  // a tie
  CHECK(from_bf16(to_bf16(1.0F + 3.0F / 256)) == 1.0F + 4.0F / 256);
  CHECK(std::isnan(from_bf16(to_bf16(std::nanf("")))));
  const std::uint16_t raw[] = {0x3f80, 0xc000};
  CHECK(decode(raw, 2, Format::bf16) == std::vector<float>{1, -2});
}

TEST_CASE("the relative error knows NaN, and zero references") {
  CHECK(relative_error({3, 4}, {3, 4}) == 0);
  CHECK(relative_error({3, 4.5}, {3, 4}) == Approx(0.1));
  CHECK(relative_error({std::nan(""), 1}, {1, 1}) == not_a_number);
  CHECK(relative_error({std::numeric_limits<double>::infinity(), 1}, {1, 1}) == not_a_number);
  CHECK(relative_error({1}, {0}) == not_a_number);
  CHECK(relative_error({0}, {0}) == 0);
}

TEST_CASE("a tile keeps its largest value, and the others within half a step") {
  Values tile(128);
  for (std::size_t i = 0; i < tile.size(); ++i) tile[i] = static_cast<double>(i) - 100;
  const Values worth = reference_quantise(tile);
  CHECK(worth[0] == Approx(-100));
  for (std::size_t i = 0; i < tile.size(); ++i) CHECK(std::abs(worth[i] - tile[i]) <= std::abs(tile[i]) / 15);
  CHECK(reference_quantise(Values(128, 0.0)) == Values(128, 0.0));
}

TEST_CASE("activation, norm and rotation by hand") {
  CHECK(reference_swiglu({0, 2}, {5, 3})[0] == 0);
  CHECK(reference_swiglu({0, 2}, {5, 3})[1] == Approx(6 / (1 + std::exp(-2.0))));
  const Values y = reference_rmsnorm({3, 4}, {1, 2});
  CHECK(y[0] == Approx(3 / std::sqrt(12.5)));
  CHECK(y[1] == Approx(8 / std::sqrt(12.5)));
  const Values turned = reference_rope({1, 0, 0, 1}, {0, 1});  // every pair by a right angle
  CHECK(turned == Values{0, 1, -1, 0});
}

TEST_CASE("the activation's gradient is that of the activation") {
  const Values gate{0.5, -1.5, 2}, up{1, 0.25, -2}, dy{0.3, -0.7, 1.1};
  const Values d = reference_swiglu_backward(gate, up, dy);
  const auto loss = [&](const Values& g, const Values& u) {
    const Values y = reference_swiglu(g, u);
    return dy[0] * y[0] + dy[1] * y[1] + dy[2] * y[2];
  };
  for (std::size_t i = 0; i < gate.size(); ++i) {
    Values high = gate, low = gate;
    high[i] += 1e-5, low[i] -= 1e-5;
    CHECK(d[i] == Approx((loss(high, up) - loss(low, up)) / 2e-5).epsilon(1e-6));
    high = low = up;
    high[i] += 1e-5, low[i] -= 1e-5;
    CHECK(d[gate.size() + i] == Approx((loss(gate, high) - loss(gate, low)) / 2e-5).epsilon(1e-6));
  }
}

TEST_CASE("the norm's gradient is that of the norm") {
  const Values x{0.5, -1.5, 2, 0.25}, weight{1, 0.5, -2, 3}, dy{0.3, -0.7, 0.1, 1.1};
  const auto loss = [&](const Values& at) {
    const Values y = reference_rmsnorm(at, weight);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += dy[i] * y[i];
    return sum;
  };
  const Values dx = reference_rmsnorm_backward(x, dy, weight);
  for (std::size_t i = 0; i < x.size(); ++i) {
    Values up = x, down = x;
    up[i] += 1e-5, down[i] -= 1e-5;
    CHECK(dx[i] == Approx((loss(up) - loss(down)) / 2e-5).epsilon(1e-6));
  }
}

TEST_CASE("the gate takes its experts from four groups, by biased scores, and weighs by plain ones") {
  Values logits(256, -4.0), bias(256, 0.0);
  for (const std::size_t e : {0U, 1U, 40U, 41U, 80U, 81U, 120U, 121U}) logits[e] = 2;  // groups 0 to 3
  logits[200] = 6;  // the best expert, alone in group 6: its group has the largest sum but one
  logits[0] = 3;
  Choice choice = reference_gate(logits, bias);
  std::set<int> experts(choice.experts.begin(), choice.experts.end());
  CHECK(experts == std::set<int>{0, 1, 40, 41, 80, 81, 120, 121});  // 1 + sigmoid(-4) < 2 sigmoid(2)
  CHECK(choice.experts[0] == 0);
  double sum = 0;
  for (const double weight : choice.weights) sum += weight;
  CHECK(sum == Approx(2.5));
  bias[201] = 1;  // now group 6 has two good ones and displaces a group
  choice = reference_gate(logits, bias);
  experts = {choice.experts.begin(), choice.experts.end()};
  CHECK(experts.count(200) == 1);
  CHECK(experts.count(201) == 1);
  const auto at = std::find(choice.experts.begin(), choice.experts.end(), 201) - choice.experts.begin();
  CHECK(choice.weights[static_cast<std::size_t>(at)] < 0.05);  // its own score is small
}

TEST_CASE("AdamW's first moments by hand") {
  const AdamwConstants c;
  CHECK(c.correction1 == Approx(1 - std::pow(0.9, 10)));
  CHECK(c.correction2 == Approx(1 - std::pow(0.95, 10)));
  const AdamwState after = reference_adamw({1, 0.5, 0.25}, 2, c);
  CHECK(after.first == Approx(0.9 * 0.5 + 0.1 * 2));
  CHECK(after.second == Approx(0.95 * 0.25 + 0.05 * 4));
  const double step = (0.65 / c.correction1) / (std::sqrt(0.4375 / c.correction2) + 1e-8);
  CHECK(after.weight == Approx(1 - 2.2e-4 * (step + 0.1)));
}
