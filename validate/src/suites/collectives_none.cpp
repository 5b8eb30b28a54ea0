// Stands in for collectives.cpp and party.cpp where NCCL was not found: the list then holds no collectives.

#include "suites/comm.hpp"
#include "suites/party.hpp"

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

struct Party::Nccl {};

Party::Party(const World&, const std::string&, const StopRule&) {
  throw Failure("built without NCCL, which --world needs");
}
Party::~Party() = default;
void Party::measure(Row&) {}
std::vector<double> Party::largest(const std::vector<double>& values) {
  return values;
}

}  // namespace foretrain::bench
