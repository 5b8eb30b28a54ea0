#pragma once
// A value together with where it came from: a number without provenance is not used.

#include <string>

namespace foretrain {

struct Provenance {
  std::string source;  // "DeepGEMM README a6d97a1, 2025-02-25"
  std::string where;   // "topologies/parts/h800.yaml:31", or "default", or "--set"
  double spread = 0;   // relative one-sigma uncertainty, 0 when the source states none
};

template <class T>
struct Sourced {
  T value{};
  Provenance from{};
};

}  // namespace foretrain
