#include "references_attention.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace foretrain::bench {

namespace {

double dot(const double* a, const double* b, std::size_t count) {
  return std::inner_product(a, a + count, b, 0.0);
}
void add(Values& to, double factor, const double* row) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * row[i];
}

// Each key's share of the query, and the log sum.
Values shares_of(const Values& q, const Rows& keys, double scale, double& log_sum) {
  Values shares(keys.count);
  for (std::size_t j = 0; j < keys.count; ++j) shares[j] = scale * dot(q.data(), keys.row(j), q.size());
  const double largest = *std::max_element(shares.begin(), shares.end());
  double sum = 0;
  for (double& share : shares) sum += share = std::exp(share - largest);
  for (double& share : shares) share /= sum;
  log_sum = largest + std::log(sum);
  return shares;
}

}  // namespace

Attended reference_attention(const Values& q, const Rows& keys, const Rows& values, double scale) {
  Attended a;
  const Values shares = shares_of(q, keys, scale, a.log_sum);
  a.out.resize(values.width);
  for (std::size_t j = 0; j < keys.count; ++j) add(a.out, shares[j], values.row(j));
  return a;
}

Values reference_query_gradient(const Values& q, const Rows& keys, const Rows& values, const Values& d_out,
                                double scale) {
  double log_sum = 0, product = 0;
  const Values shares = shares_of(q, keys, scale, log_sum);
  Values of_shares(keys.count), dq(q.size());
  for (std::size_t j = 0; j < keys.count; ++j) {
    of_shares[j] = dot(d_out.data(), values.row(j), values.width);
    product += shares[j] * of_shares[j];
  }
  for (std::size_t j = 0; j < keys.count; ++j)
    add(dq, scale * shares[j] * (of_shares[j] - product), keys.row(j));
  return dq;
}

KeyGradient reference_key_gradient(const Values& k, const Values& v, const Rows& queries, const Rows& d_outs,
                                   const Values& log_sums, const Values& products, double scale) {
  KeyGradient g{Values(k.size()), Values(v.size())};
  for (std::size_t i = 0; i < queries.count; ++i) {
    const double share = std::exp(scale * dot(k.data(), queries.row(i), k.size()) - log_sums[i]);
    const double of_share = dot(v.data(), d_outs.row(i), v.size());
    add(g.dv, share, d_outs.row(i));
    add(g.dk, scale * share * (of_share - products[i]), queries.row(i));
  }
  return g;
}

}  // namespace foretrain::bench
