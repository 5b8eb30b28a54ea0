// Stands in for collectives.cpp where NCCL was not found: the list then holds no collectives.

#include "suites/comm.hpp"

namespace foretrain::bench {

struct Ranks {};

bool has_nccl() {
  return false;
}

Collectives::Collectives(const StopRule& rule) : rule_(rule) {}
Collectives::~Collectives() = default;

void Collectives::measure(Row& row) {
  throw Failure("built without NCCL, which " + row.kernel + " needs");
}

}  // namespace foretrain::bench
