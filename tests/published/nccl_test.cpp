// Measured NCCL collectives against network/nccl.hpp. In a node: fitted on every other size, judged on the
// sizes between. Across nodes: nothing but the card's rate was fitted.

#include <algorithm>
#include <cstdio>

#include "catch.hpp"
#include "network/nccl.hpp"
#include "network/priced.hpp"
#include "published/curve_data.hpp"
#include "spec/load.hpp"

namespace {

using namespace foretrain;
using network::GroupShape;
using network::LinkSpeeds;
using published::number;
using published::Row;
using published::whole;

const std::string parts = std::string(FORETRAIN_ROOT) + "/topologies/parts/";

LinkSpeeds speeds_of(const std::string& device, const std::string& nic = {}) {
  LinkSpeeds speeds;
  speeds.nccl = spec::load_collectives(parts + "collectives/" + device + ".yaml");
  if (nic.empty()) return speeds;
  const auto card = spec::load_nic(parts + nic + ".yaml");
  speeds.ib = card.achieved.value;
  speeds.ring_ib = card.rings.value;
  return speeds;
}

double microseconds(const std::string& op, double buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  const Seconds time = op == "all_reduce"       ? time_of(Pattern::all_reduce, bytes(buffer), g, speeds)
                       : op == "all_gather"     ? time_of(Pattern::all_gather, bytes(buffer), g, speeds)
                       : op == "reduce_scatter" ? time_of(Pattern::reduce_scatter, bytes(buffer), g, speeds)
                                                : time_of_all_to_all(bytes(buffer), g, speeds);
  return time.base() * 1e6;
}

bool judges(const Row& row) {  // its size is an even power of two
  std::int64_t power = 0;
  for (auto left = whole(row, "bytes"); left > 1; left /= 2) ++power;
  return power % 2 == 0;
}

struct Errors {
  std::vector<double> signed_errors;
  double median() const {
    std::vector<double> sizes;
    for (const double e : signed_errors) sizes.push_back(std::abs(e));
    std::sort(sizes.begin(), sizes.end());
    return sizes[sizes.size() / 2];
  }
  double largest() const {
    double most = 0;
    for (const double e : signed_errors) most = std::max(most, std::abs(e));
    return most;
  }
  double bias() const {
    double sum = 0;
    for (const double e : signed_errors) sum += e;
    return sum / static_cast<double>(signed_errors.size());
  }
};

constexpr std::array size_classes{"below 1 MiB", "1 to 8 MiB", "from 16 MiB"};
std::size_t size_class(double buffer) {
  return buffer < 1048576 ? 0 : buffer < 16777216 ? 1 : 2;
}

}  // namespace

TEST_CASE("NCCL in one node, on sizes that were not fitted") {
  const auto rows = published::read_csv("nccl.csv");
  std::printf("NCCL in one node, sizes not fitted: error of the predicted time\n");
  std::printf("%-6s %-14s %-12s %8s %8s %8s\n", "GPU", "collective", "buffer", "median", "largest", "bias");
  for (const std::string device : {"a100", "h100", "h200", "b200", "b300", "gb200", "gb300"}) {
    const LinkSpeeds speeds = speeds_of(device);
    for (const std::string op : {"all_gather", "reduce_scatter", "all_reduce", "alltoall"}) {
      std::array<Errors, 3> errors;
      for (const Row& row : rows) {
        if (row.at("device") != device || row.at("op") != op || !judges(row)) continue;
        const double predicted = microseconds(op, number(row, "bytes"), {whole(row, "gpus"), 1}, speeds);
        errors[size_class(number(row, "bytes"))].signed_errors.push_back(
            100 * (predicted / number(row, "time_us") - 1));
      }
      for (std::size_t c = 0; c < errors.size(); ++c) {
        std::printf("%-6s %-14s %-12s %6.1f %% %6.1f %% %+6.1f %%\n", device.c_str(), op.c_str(),
                    size_classes[c], errors[c].median(), errors[c].largest(), errors[c].bias());
        CAPTURE(device, op, size_classes[c]);
        CHECK(errors[c].median() < (c == 0 ? 17 : 13));
        CHECK(errors[c].largest() < (c == 0 ? 60 : 45));
        if (c == 2) CHECK(errors[c].median() < 10);
      }
    }
  }
}

TEST_CASE("NCCL across nodes, of which no time was fitted") {
  std::printf("\nNCCL all-reduce across nodes: error of the predicted time\n");
  Errors all;
  for (const Row& row : published::read_csv("nccl_nodes.csv")) {
    const LinkSpeeds speeds = speeds_of(row.at("device"), row.at("nic"));
    const GroupShape g{whole(row, "gpus"), whole(row, "nodes")};
    const double n = static_cast<double>(g.size()), buffer = number(row, "bytes");
    const double measured = 2 * (n - 1) / n * buffer / (number(row, "busbw_gbs") * 1e3);
    const auto chosen = fastest(list_candidates(Pattern::all_reduce, bytes(buffer), g, speeds));
    const double error = 100 * (chosen.time.base() * 1e6 / measured - 1);
    std::printf("%-6s %3d x %2d GPUs %12.0f B  %10.0f us measured, %10.0f us %s %s  %+6.1f %%\n",
                row.at("device").c_str(), static_cast<int>(g.nodes), static_cast<int>(g.gpus_per_node),
                buffer, measured, chosen.time.base() * 1e6, std::string(name_of(chosen.algorithm)).c_str(),
                std::string(name_of(chosen.protocol)).c_str(), error);
    all.signed_errors.push_back(error);
    CAPTURE(row.at("device"), g.nodes, buffer);
    CHECK(std::abs(error) < 30);
  }
  std::printf("median %.1f %%, largest %.1f %%, bias %+.1f %%\n", all.median(), all.largest(), all.bias());
  CHECK(all.signed_errors.size() == 23);
  CHECK(all.median() < 10);
}
