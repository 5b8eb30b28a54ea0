#pragma once
// Quantities whose unit is part of their type, so that a time is never added to a byte count.
//
// A Quantity holds one double in base units: bytes, floating-point operations, seconds, joules, dollars.
// `.base()` is the only way out, for formulas. Bits are not bytes and Gi is not G: see the literals below.
// Cost models speak Seconds; the engine speaks integer nanoseconds (sim/clock.hpp). Cost: one double.

#include <compare>
#include <cstdint>

namespace foretrain {

struct Dim {
  std::int8_t byte{}, flop{}, second{}, joule{}, dollar{};
  friend constexpr bool operator==(Dim, Dim) = default;
};

constexpr Dim operator+(Dim a, Dim b) {
  return {static_cast<std::int8_t>(a.byte + b.byte), static_cast<std::int8_t>(a.flop + b.flop),
          static_cast<std::int8_t>(a.second + b.second), static_cast<std::int8_t>(a.joule + b.joule),
          static_cast<std::int8_t>(a.dollar + b.dollar)};
}
constexpr Dim operator-(Dim a) {
  return {static_cast<std::int8_t>(-a.byte), static_cast<std::int8_t>(-a.flop),
          static_cast<std::int8_t>(-a.second), static_cast<std::int8_t>(-a.joule),
          static_cast<std::int8_t>(-a.dollar)};
}

template <Dim D>
class Quantity {
 public:
  constexpr Quantity() = default;
  static constexpr Quantity from_base(double value) {
    Quantity q;
    q.base_ = value;
    return q;
  }
  constexpr double base() const { return base_; }

  constexpr Quantity& operator+=(Quantity o) { return base_ += o.base_, *this; }
  constexpr Quantity& operator-=(Quantity o) { return base_ -= o.base_, *this; }
  constexpr Quantity& operator*=(double f) { return base_ *= f, *this; }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return from_base(a.base_ + b.base_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return from_base(a.base_ - b.base_); }
  friend constexpr Quantity operator-(Quantity a) { return from_base(-a.base_); }
  friend constexpr Quantity operator*(Quantity a, double f) { return from_base(a.base_ * f); }
  friend constexpr Quantity operator*(double f, Quantity a) { return from_base(f * a.base_); }
  friend constexpr Quantity operator/(Quantity a, double f) { return from_base(a.base_ / f); }
  friend constexpr auto operator<=>(Quantity, Quantity) = default;

 private:
  double base_ = 0.0;
};

// A product or ratio of quantities; one whose dimensions cancel is a plain number.
template <Dim A, Dim B>
constexpr auto operator*(Quantity<A> a, Quantity<B> b) {
  if constexpr (A + B == Dim{}) return a.base() * b.base();
  else return Quantity<A + B>::from_base(a.base() * b.base());
}
template <Dim A, Dim B>
constexpr auto operator/(Quantity<A> a, Quantity<B> b) {
  if constexpr (A == B) return a.base() / b.base();
  else return Quantity<A + -B>::from_base(a.base() / b.base());
}
template <Dim D>
constexpr auto operator/(double f, Quantity<D> q) {
  return Quantity<-D>::from_base(f / q.base());
}

using Bytes = Quantity<Dim{.byte = 1}>;
using Flops = Quantity<Dim{.flop = 1}>;  // a count of floating-point operations
using Seconds = Quantity<Dim{.second = 1}>;
using Joules = Quantity<Dim{.joule = 1}>;
using Dollars = Quantity<Dim{.dollar = 1}>;
using Bandwidth = Quantity<Dim{.byte = 1, .second = -1}>;
using FlopRate = Quantity<Dim{.flop = 1, .second = -1}>;
using Watts = Quantity<Dim{.second = -1, .joule = 1}>;
using DollarRate = Quantity<Dim{.second = -1, .dollar = 1}>;  // rental of one GPU

constexpr Bytes bytes(double v) { return Bytes::from_base(v); }
constexpr Flops flops(double v) { return Flops::from_base(v); }
constexpr Seconds seconds(double v) { return Seconds::from_base(v); }
constexpr Dollars dollars(double v) { return Dollars::from_base(v); }
constexpr double gpu_hours(Seconds wall, double gpus) { return wall.base() / 3600.0 * gpus; }

namespace literals {
template <class Quantity, class Number>
constexpr Quantity of(Number value, double scale) {
  return Quantity::from_base(static_cast<double>(value) * scale);
}
constexpr Seconds operator""_s(long double v) { return of<Seconds>(v, 1.0); }
constexpr Seconds operator""_s(unsigned long long v) { return of<Seconds>(v, 1.0); }
constexpr Seconds operator""_ms(long double v) { return of<Seconds>(v, 1e-3); }
constexpr Seconds operator""_ms(unsigned long long v) { return of<Seconds>(v, 1e-3); }
constexpr Seconds operator""_us(long double v) { return of<Seconds>(v, 1e-6); }
constexpr Seconds operator""_us(unsigned long long v) { return of<Seconds>(v, 1e-6); }
constexpr Seconds operator""_ns(long double v) { return of<Seconds>(v, 1e-9); }
constexpr Seconds operator""_ns(unsigned long long v) { return of<Seconds>(v, 1e-9); }
constexpr Bytes operator""_B(long double v) { return of<Bytes>(v, 1.0); }
constexpr Bytes operator""_B(unsigned long long v) { return of<Bytes>(v, 1.0); }
constexpr Bytes operator""_MB(long double v) { return of<Bytes>(v, 1e6); }
constexpr Bytes operator""_MB(unsigned long long v) { return of<Bytes>(v, 1e6); }
constexpr Bytes operator""_GB(long double v) { return of<Bytes>(v, 1e9); }
constexpr Bytes operator""_GB(unsigned long long v) { return of<Bytes>(v, 1e9); }
constexpr Bytes operator""_MiB(long double v) { return of<Bytes>(v, 1048576.0); }
constexpr Bytes operator""_MiB(unsigned long long v) { return of<Bytes>(v, 1048576.0); }
constexpr Bytes operator""_GiB(long double v) { return of<Bytes>(v, 1073741824.0); }
constexpr Bytes operator""_GiB(unsigned long long v) { return of<Bytes>(v, 1073741824.0); }
constexpr Bandwidth operator""_GBps(long double v) { return of<Bandwidth>(v, 1e9); }
constexpr Bandwidth operator""_GBps(unsigned long long v) { return of<Bandwidth>(v, 1e9); }
constexpr Bandwidth operator""_Gbps(long double v) { return of<Bandwidth>(v, 0.125e9); }
constexpr Bandwidth operator""_Gbps(unsigned long long v) { return of<Bandwidth>(v, 0.125e9); }
constexpr FlopRate operator""_TFLOPS(long double v) { return of<FlopRate>(v, 1e12); }
constexpr FlopRate operator""_TFLOPS(unsigned long long v) { return of<FlopRate>(v, 1e12); }
constexpr Watts operator""_W(long double v) { return of<Watts>(v, 1.0); }
constexpr Watts operator""_W(unsigned long long v) { return of<Watts>(v, 1.0); }
constexpr DollarRate operator""_USD_per_h(long double v) { return of<DollarRate>(v, 1.0 / 3600.0); }
constexpr DollarRate operator""_USD_per_h(unsigned long long v) { return of<DollarRate>(v, 1.0 / 3600.0); }
}  // namespace literals

inline constexpr Bytes one_gib = Bytes::from_base(1073741824.0);

}  // namespace foretrain
