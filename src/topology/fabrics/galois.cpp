#include "topology/fabrics/galois.hpp"

#include <algorithm>

namespace foretrain::topology::fabrics {
namespace {

using Digits = std::vector<std::int64_t>;  // coefficients, lowest first

Digits digits_of(std::int64_t element, std::int64_t p, std::int64_t m) {
  Digits digits;
  for (std::int64_t i = 0; i < m; ++i, element /= p) digits.push_back(element % p);
  return digits;
}

std::int64_t element_of(const Digits& digits, std::int64_t p) {
  std::int64_t element = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) element = element * p + *digit;
  return element;
}

// The product modulo x^m + modulus[m-1] x^(m-1) + ... + modulus[0].
Digits multiply_digits(const Digits& a, const Digits& b, const Digits& modulus, std::int64_t p) {
  const std::size_t m = a.size();
  Digits product(2 * m - 1);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < m; ++j) product[i + j] = (product[i + j] + a[i] * b[j]) % p;
  for (std::size_t top = product.size(); top-- > m;) {
    for (std::size_t i = 0; i < m; ++i)
      product[top - m + i] = (product[top - m + i] + (p - modulus[i]) * product[top]) % p;
    product[top] = 0;
  }
  product.resize(m);
  return product;
}

}  // namespace

GaloisField::GaloisField(std::int64_t p, std::int64_t m, const std::vector<std::int64_t>& modulus) {
  q_ = 1;
  for (std::int64_t i = 0; i < m; ++i) q_ *= p;
  sums_.resize(static_cast<std::size_t>(q_ * q_));
  products_.resize(sums_.size());
  for (Element a = 0; a < q_; ++a)
    for (Element b = 0; b < q_; ++b) {
      const Digits x = digits_of(a, p, m), y = digits_of(b, p, m);
      Digits sum(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) sum[i] = (x[i] + y[i]) % p;
      sums_[at(a, b)] = element_of(sum, p);
      products_[at(a, b)] = element_of(multiply_digits(x, y, modulus, p), p);
    }
  for (Element a = 1; generator_ == 0 && a < q_; ++a)
    if (order_of(a) == q_ - 1) generator_ = a;
}

std::int64_t GaloisField::order_of(Element a) const {
  std::int64_t order = 1;
  for (Element power = a; power != 1; power = multiply(power, a), ++order)
    if (power == 0 || order >= q_) return 0;
  return order;
}

GaloisField::Element GaloisField::power(Element a, std::int64_t exponent) const {
  Element result = 1;
  for (std::int64_t i = 0; i < exponent; ++i) result = multiply(result, a);
  return result;
}

// A modulus makes a field with a generator where some element runs through all others but 0: then every
// element has an inverse. Moduli are tried in order, so the field is the same every time.
std::optional<GaloisField> GaloisField::of(std::int64_t q) {
  constexpr std::int64_t most = 512;
  if (q < 2 || q > most) return std::nullopt;
  std::int64_t p = 2;
  while (q % p != 0) ++p;
  std::int64_t m = 0, rest = q;
  for (; rest % p == 0; rest /= p) ++m;
  if (rest != 1) return std::nullopt;
  for (std::int64_t modulus = 0; modulus < q; ++modulus) {
    GaloisField field(p, m, digits_of(modulus, p, m));
    if (field.generator_ != 0) return field;
  }
  return std::nullopt;
}

}  // namespace foretrain::topology::fabrics
