#pragma once
// Points by their shape: which ones measured the same thing, whether they agree, and which half of them a
// curve is fitted on.

#include <cstdint>
#include <string>
#include <vector>

#include "calibrate/measured.hpp"

namespace foretrain::calibrate {

constexpr double least_noise = 0.01;  // a run's clock wanders by that much from one minute to the next

// Of what is asked of the GPU, without the time; the same on every machine.
std::uint64_t hash_of(const Kernel& kernel);

std::string describe(const Kernel& kernel);  // "m 4096, n 7168, k 2048"

// Where a point was read: "file:line", or of a trace its round and op.
std::string place_of(const Point& point);

// Points of one kernel, one shape and one state of the caches and of the GPU beside it become one, with the
// median of their times and the largest of their spreads, that among them included, where these lie within
// three of their spreads together (in quadrature, each 1 % at least; unknown of single samples, which never
// quarrel). `contradiction` is set by the first that do not.
struct Merged {
  std::vector<Point> points;
  std::string contradiction;
};
Merged merge_repeated(const std::vector<Point>& points);

// Places of the points in two halves. Of neighbours in size (head dimension, then k, bytes and FLOPs) the
// hash of the shape says which one is fitted, so both halves span the sizes; the first and the last of each
// head dimension are always fitted, as a curve says nothing beyond its ends. Points of one shape stay
// together.
struct Halves {
  std::vector<std::size_t> fitted, held_out;
};
Halves halve(const std::vector<hardware::Measurement>& points);

}  // namespace foretrain::calibrate
