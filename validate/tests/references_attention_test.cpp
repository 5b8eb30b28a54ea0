#include "references_attention.hpp"

#include <cmath>
#include <functional>

#include "catch.hpp"
#include "pick.hpp"

using namespace foretrain::bench;

namespace {

Values drawn(int count, std::uint64_t seed) {
  Values values;
  for (const auto number : pick(2001, count + 4, seed))
    values.push_back(static_cast<double>(number) / 1000 - 1);
  return {values.begin() + 4, values.end()};
}

Values piece(const Values& values, std::size_t row, std::size_t width) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

constexpr std::size_t d_qk = 6, d_v = 4, length = 5;
constexpr double scale = 0.4;

// Causal attention of `length` queries, weighed: what the gradients are gradients of.
double loss(const Values& q, const Values& k, const Values& v, const Values& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const Rows keys{k.data(), i + 1, d_qk, d_qk}, values{v.data(), i + 1, d_v, d_v};
    const auto out = reference_attention(piece(q, i, d_qk), keys, values, scale).out;
    for (std::size_t c = 0; c < d_v; ++c) sum += out[c] * weights[i * d_v + c];
  }
  return sum;
}

double slope(Values at, std::size_t index, const std::function<double(const Values&)>& of) {
  at[index] += 1e-5;
  const double up = of(at);
  at[index] -= 2e-5;
  return (up - of(at)) / 2e-5;
}

}  // namespace

TEST_CASE("attention by hand") {
  const Values keys{1, 0, 0, 1}, values{10, 20};
  const Attended a = reference_attention({std::log(3.0), 0}, rows_of(keys, 2), rows_of(values, 1), 1);
  CHECK(a.out[0] == Approx((3 * 10 + 1 * 20) / 4.0));
  CHECK(a.log_sum == Approx(std::log(4.0)));
  const Attended half =
      reference_attention({2 * std::log(3.0), 0}, rows_of(keys, 2), rows_of(values, 1), 0.5);
  CHECK(half.out == a.out);
}

TEST_CASE("values may be the first part of the keys, as latents are") {
  const Values latents{1, 2, 3, 4, 5, 6};
  const Rows keys{latents.data(), 2, 3, 3}, values{latents.data(), 2, 2, 3};
  CHECK(reference_attention({0, 0, 0}, keys, values, 1).out == Values{2.5, 3.5});
}

TEST_CASE("a sequence in parts combines by the log sums") {
  const Values q = drawn(8, 1), keys = drawn(8 * 10, 2), values = drawn(3 * 10, 3);
  const Attended whole = reference_attention(q, rows_of(keys, 8), rows_of(values, 3), 1);
  const Attended first = reference_attention(q, {keys.data(), 4, 8, 8}, {values.data(), 4, 3, 3}, 1);
  const Attended rest = reference_attention(q, {keys.data() + 32, 6, 8, 8}, {values.data() + 12, 6, 3, 3}, 1);
  const double a = std::exp(first.log_sum - whole.log_sum), b = std::exp(rest.log_sum - whole.log_sum);
  CHECK(a + b == Approx(1));
  for (std::size_t i = 0; i < 3; ++i) CHECK(whole.out[i] == Approx(a * first.out[i] + b * rest.out[i]));
}

TEST_CASE("gradients of queries, keys and values are those of the output") {
  const Values q = drawn(length * d_qk, 4), k = drawn(length * d_qk, 5), v = drawn(length * d_v, 6);
  const Values d_out = drawn(length * d_v, 7);
  Values log_sums, products;
  for (std::size_t i = 0; i < length; ++i) {
    const Rows keys{k.data(), i + 1, d_qk, d_qk}, values{v.data(), i + 1, d_v, d_v};
    const Values own = piece(d_out, i, d_v);
    const Attended a = reference_attention(piece(q, i, d_qk), keys, values, scale);
    log_sums.push_back(a.log_sum);
    double product = 0;
    for (std::size_t c = 0; c < d_v; ++c) product += a.out[c] * own[c];
    products.push_back(product);
    const Values dq = reference_query_gradient(piece(q, i, d_qk), keys, values, own, scale);
    for (std::size_t c = 0; c < d_qk; ++c)
      CHECK(dq[c] == Approx(slope(q, i * d_qk + c, [&](const Values& at) {
                       return loss(at, k, v, d_out);
                     })).margin(1e-8));
  }
  for (std::size_t j = 0; j < length; ++j) {  // queries from j on see key j
    const Rows queries{q.data() + j * d_qk, length - j, d_qk, d_qk},
        outs{d_out.data() + j * d_v, length - j, d_v, d_v};
    const Values sums(log_sums.begin() + static_cast<std::ptrdiff_t>(j), log_sums.end());
    const Values of(products.begin() + static_cast<std::ptrdiff_t>(j), products.end());
    const auto g =
        reference_key_gradient(piece(k, j, d_qk), piece(v, j, d_v), queries, outs, sums, of, scale);
    for (std::size_t c = 0; c < d_qk; ++c)
      CHECK(g.dk[c] == Approx(slope(k, j * d_qk + c, [&](const Values& at) {
                         return loss(q, at, v, d_out);
                       })).margin(1e-8));
    for (std::size_t c = 0; c < d_v; ++c)
      CHECK(g.dv[c] == Approx(slope(v, j * d_v + c, [&](const Values& at) {
                         return loss(q, k, at, d_out);
                       })).margin(1e-8));
  }
}
