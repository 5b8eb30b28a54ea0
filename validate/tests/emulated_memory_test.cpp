// The kernels of the suite memory, run on the host (emulation/emulation.hpp), against the references that a
// GPU is checked with.

#include <random>

#include "catch.hpp"
#include "floats.hpp"
#include "kernels/memory.hpp"
#include "pick.hpp"

using namespace foretrain::bench;

namespace {

struct Tensor {
  std::vector<std::uint16_t> stored;
  Values values;

  Tensor(std::int64_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    for (std::int64_t i = 0; i < count; ++i) {
      stored.push_back(to_bf16(normal(random)));
      values.push_back(static_cast<double>(from_bf16(stored.back())));
    }
  }
  Values piece(std::int64_t first, std::int64_t count) const {
    return {values.begin() + first, values.begin() + first + count};
  }
};

Values numbers(const std::vector<std::uint16_t>& stored, std::int64_t first, std::int64_t count) {
  const auto all = decode(stored.data() + first, static_cast<std::size_t>(count), Format::bf16);
  return {all.begin(), all.end()};
}

std::vector<std::uint16_t> room(std::int64_t count) {
  return std::vector<std::uint16_t>(static_cast<std::size_t>(count), 0xffff);
}

// One tile of codes times its scale.
Values worth(const std::vector<std::uint8_t>& codes, std::int64_t first, float scale) {
  Values all;
  for (const float code : decode(codes.data() + first, scale_tile, Format::fp8))
    all.push_back(static_cast<double>(code) * static_cast<double>(scale));
  return all;
}

}  // namespace

TEST_CASE("copies and sums", "[emulated]") {
  constexpr std::int64_t count = 3 * 8 * 1000;
  const Tensor a(count, 1), b(count, 2);
  auto out = room(count);
  copy(a.stored.data(), out.data(), 2 * count, nullptr);
  CHECK(out == a.stored);
  residual_add(a.stored.data(), b.stored.data(), out.data(), count, nullptr);
  for (std::size_t i = 0; i < count; ++i) {
    const auto sum = static_cast<float>(a.values[i] + b.values[i]);
    REQUIRE(out[i] == to_bf16(sum));
  }
}

TEST_CASE("casts by rows and by columns, and the activation with one", "[emulated]") {
  constexpr std::int64_t m = 128, n = 384, f = 128;
  const Tensor in(m * n, 3), gate_up(m * 2 * f, 4);
  std::vector<std::uint8_t> codes(m * n, 0xff);
  std::vector<float> scales(m * n / 128);
  quantise_row(in.stored.data(), codes.data(), scales.data(), m, n, nullptr);
  for (std::int64_t row = 0; row < m; ++row) {
    for (std::int64_t tile = 0; tile < n / 128; ++tile) {
      const Values reference = reference_quantise(in.piece(row * n + tile * 128, 128));
      const float scale = scales[static_cast<std::size_t>(tile * m + row)];
      REQUIRE(relative_error(worth(codes, row * n + tile * 128, scale), reference) < 5e-3);
    }
  }
  quantise_column(in.stored.data(), codes.data(), scales.data(), m, n, nullptr);
  for (std::int64_t column = 0; column < n; ++column) {
    Values tile;
    for (std::int64_t row = 0; row < m; ++row)
      tile.push_back(in.values[static_cast<std::size_t>(row * n + column)]);
    const float scale = scales[static_cast<std::size_t>(column)];
    REQUIRE(relative_error(worth(codes, column * m, scale), reference_quantise(tile)) < 5e-3);
  }
  std::vector<std::uint8_t> activated(m * f, 0xff);
  swiglu_cast(gate_up.stored.data(), activated.data(), scales.data(), m, f, nullptr);
  for (std::int64_t row = 0; row < m; ++row) {
    const Values y = reference_swiglu(gate_up.piece(row * 2 * f, f), gate_up.piece(row * 2 * f + f, f));
    REQUIRE(relative_error(worth(activated, row * f, scales[static_cast<std::size_t>(row)]),
                           reference_quantise(y)) < 0.02);
  }
}

TEST_CASE("norms, one warp and several a row", "[emulated]") {
  for (const std::int64_t n : {512, 1536, 7168}) {
    constexpr std::int64_t m = 5;
    constexpr int sms = 2;
    const Tensor x(m * n, 5), dy(m * n, 6), weight(n, 7);
    auto y = room(m * n), dx = room(m * n);
    rmsnorm(x.stored.data(), weight.stored.data(), y.data(), m, n, nullptr);
    const int blocks = rmsnorm_blocks(m, n, sms);
    std::vector<float> partial(static_cast<std::size_t>(blocks * n), -1);
    rmsnorm_backward(x.stored.data(), dy.stored.data(), weight.stored.data(), dx.data(), partial.data(), m, n,
                     sms, nullptr);
    Values of_weight(static_cast<std::size_t>(n)), sums = of_weight;
    for (std::int64_t row = 0; row < m; ++row) {
      const Values own = x.piece(row * n, n), pull = dy.piece(row * n, n);
      CHECK(relative_error(numbers(y, row * n, n), reference_rmsnorm(own, weight.values)) < 5e-3);
      CHECK(relative_error(numbers(dx, row * n, n), reference_rmsnorm_backward(own, pull, weight.values)) <
            5e-3);
      const Values normed = reference_rmsnorm(own, Values(static_cast<std::size_t>(n), 1));
      for (std::size_t i = 0; i < of_weight.size(); ++i) of_weight[i] += normed[i] * pull[i];
    }
    for (std::size_t i = 0; i < partial.size(); ++i) sums[i % sums.size()] += static_cast<double>(partial[i]);
    CHECK(relative_error(sums, of_weight) < 1e-5);
  }
}

TEST_CASE("rotation, rows moved and summed", "[emulated]") {
  constexpr std::int64_t m = 12, heads = 2, n = heads * 64;
  const Tensor x(m * n, 8);
  std::vector<float> turns(m * 64);
  for (std::size_t i = 0; i < turns.size(); ++i) turns[i] = static_cast<float>(i % 17) / 10 - 0.8F;
  auto y = room(m * n);
  rope(x.stored.data(), turns.data(), y.data(), m, n, nullptr);
  for (std::int64_t row = 0; row < m; ++row) {
    const Values own(turns.begin() + row * 64, turns.begin() + (row + 1) * 64);
    for (std::int64_t head = 0; head < heads; ++head) {
      const Values reference = reference_rope(x.piece(row * n + head * 64, 64), own);
      CHECK(relative_error(numbers(y, row * n + head * 64, 64), reference) < 5e-3);
    }
  }
  const auto source = random_order(2 * m, m, 9);
  auto out = room(2 * m * n);
  permute(x.stored.data(), source.data(), out.data(), 2 * m, n, nullptr);
  for (std::int64_t row = 0; row < 2 * m; ++row)
    CHECK(numbers(out, row * n, n) == x.piece(source[static_cast<std::size_t>(row)] * n, n));
  const auto places = random_order(m, m, 10);
  std::vector<float> weights(m);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.1F * static_cast<float>(i + 1);
  auto sum = room(m / 2 * n);
  unpermute(x.stored.data(), places.data(), weights.data(), sum.data(), m / 2, n, nullptr);
  for (std::int64_t token = 0; token < m / 2; ++token) {
    const auto first = static_cast<std::size_t>(2 * token);
    const Values a = x.piece(places[first] * n, n), b = x.piece(places[first + 1] * n, n);
    Values reference;
    for (std::size_t i = 0; i < a.size(); ++i)
      reference.push_back(static_cast<double>(weights[first]) * a[i] +
                          static_cast<double>(weights[first + 1]) * b[i]);
    CHECK(relative_error(numbers(sum, token * n, n), reference) < 5e-3);
  }
}

TEST_CASE("the gate, and one step of AdamW", "[emulated]") {
  constexpr std::int64_t tokens = 40, experts = 256;
  std::mt19937_64 random(11);
  std::normal_distribution<float> normal;
  std::vector<float> logits(tokens * experts), bias(experts), weights(tokens * 8);
  for (float& value : logits) value = normal(random);
  for (float& value : bias) value = std::abs(normal(random)) / 10;
  std::vector<int> chosen(tokens * 8, -1);
  gate_topk(logits.data(), bias.data(), chosen.data(), weights.data(), tokens, nullptr);
  for (std::size_t token = 0; token < tokens; ++token) {
    const auto begin = logits.begin() + static_cast<std::ptrdiff_t>(token * experts);
    const Choice choice = reference_gate({begin, begin + experts}, {bias.begin(), bias.end()});
    for (std::size_t i = 0; i < 8; ++i) {
      CHECK(chosen[token * 8 + i] == choice.experts[i]);
      CHECK(weights[token * 8 + i] == Approx(choice.weights[i]).epsilon(1e-5));
    }
  }
  constexpr std::int64_t count = 8 * 300;
  const Tensor first(count, 12), drawn(count, 13);
  std::vector<float> master, gradient;
  std::vector<std::uint16_t> second;
  for (std::size_t i = 0; i < count; ++i) {
    master.push_back(normal(random)), gradient.push_back(normal(random));
    second.push_back(to_bf16(static_cast<float>(std::abs(drawn.values[i]))));
  }
  const auto before = master;
  auto moment = first.stored, square = second, out = room(count);
  adamw(master.data(), gradient.data(), moment.data(), square.data(), out.data(), count, {}, nullptr);
  for (std::size_t i = 0; i < count; ++i) {
    const auto g = static_cast<double>(gradient[i]), w = static_cast<double>(before[i]);
    const AdamwState next =
        reference_adamw({w, first.values[i], static_cast<double>(from_bf16(second[i]))}, g, {});
    REQUIRE(static_cast<double>(master[i]) - w == Approx(next.weight - w).margin(3e-7));
    REQUIRE(static_cast<double>(from_bf16(moment[i])) == Approx(next.first).epsilon(4e-3));
    REQUIRE(static_cast<double>(from_bf16(square[i])) == Approx(next.second).epsilon(4e-3));
    REQUIRE(static_cast<double>(from_bf16(out[i])) == Approx(next.weight).epsilon(4e-3));
  }
}
