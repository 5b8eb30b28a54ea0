#include "base/units.hpp"

#include <concepts>
#include <type_traits>

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::literals;

namespace {

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
  a < b;
};
template <class A>
concept CountsAsDouble = std::convertible_to<A, double> || std::convertible_to<double, A>;

static_assert(Addable<Seconds, Seconds>);
static_assert(!Addable<Seconds, Bytes>);
static_assert(!Addable<Seconds, double>);
static_assert(!Comparable<Flops, Bytes>);
static_assert(!CountsAsDouble<Seconds>);
static_assert(!std::is_same_v<Bandwidth, FlopRate>);

static_assert(std::is_same_v<decltype(Bytes{} / Bandwidth{}), Seconds>);
static_assert(std::is_same_v<decltype(Flops{} / FlopRate{}), Seconds>);
static_assert(std::is_same_v<decltype(Watts{} * Seconds{}), Joules>);
static_assert(std::is_same_v<decltype(DollarRate{} * Seconds{}), Dollars>);
static_assert(!std::is_same_v<decltype(Bytes{} / FlopRate{}), Seconds>);
static_assert(std::is_same_v<decltype(Bytes{} / Bytes{}), double>);
static_assert(std::is_same_v<decltype((1.0 / Seconds{}) * Seconds{}), double>);
static_assert(sizeof(Seconds) == sizeof(double));

}  // namespace

TEST_CASE("a ratio of quantities has the ratio of their units") {
  const Seconds t = 50_GB / 25_GBps;
  CHECK(t == 2_s);
  CHECK((2_s * 25_GBps).base() == 50e9);
  CHECK(6_GB / 3_GB == 2.0);
  CHECK((1.0 / 4_s).base() == 0.25);
}

TEST_CASE("bits are not bytes and Gi is not G") {
  CHECK(400_Gbps == 50_GBps);
  CHECK((80_GiB).base() == 85899345920.0);
  CHECK(80_GiB > 80_GB);
  CHECK(1_MiB - 1_MB == 48576_B);
}

TEST_CASE("literals are in base units") {
  CHECK((1500_ms).base() == Approx(1.5));
  CHECK((2.5_us).base() == Approx(2.5e-6));
  CHECK((7_ns).base() == Approx(7e-9));
  CHECK((989.5_TFLOPS).base() == Approx(989.5e12));
  CHECK((700_W * 2_s).base() == 1400.0);
  CHECK((2_USD_per_h * 3600_s).base() == Approx(2.0));
  CHECK(gpu_hours(1800_s, 2048) == 1024.0);
}

TEST_CASE("quantities order, scale and accumulate") {
  Seconds t = 1_s;
  t += 500_ms;
  t *= 2.0;
  t -= 1_s;
  CHECK(t == 2_s);
  CHECK(-t < 0_s);
  CHECK(0.5 * t == t / 2.0);
}
