#pragma once
// Arithmetic in a finite field of q = p^m elements, as tables: what Slim Fly's graphs are made of. Elements
// are 0 .. q-1, the digits of an element in base p being its polynomial's coefficients. Cost: q^2 entries for
// sums and products, so q stays in the hundreds.

#include <cstdint>
#include <optional>
#include <vector>

namespace foretrain::topology::fabrics {

class GaloisField {
 public:
  using Element = std::int64_t;

  static std::optional<GaloisField> of(std::int64_t q);  // nothing where q is no power of a prime

  std::int64_t size() const { return q_; }
  Element add(Element a, Element b) const { return sums_[at(a, b)]; }
  Element multiply(Element a, Element b) const { return products_[at(a, b)]; }
  Element power(Element a, std::int64_t exponent) const;
  Element generator() const { return generator_; }  // its powers are all elements but 0

 private:
  GaloisField(std::int64_t p, std::int64_t m, const std::vector<std::int64_t>& modulus);
  std::size_t at(Element a, Element b) const { return static_cast<std::size_t>(a * q_ + b); }
  std::int64_t order_of(Element a) const;

  std::int64_t q_ = 0;
  std::vector<Element> sums_, products_;
  Element generator_ = 0;
};

}  // namespace foretrain::topology::fabrics
