// What stated faults make of each GPU.
#include "cluster/traits.hpp"

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::cluster;

namespace {

ClusterShape shape() {
  ClusterShape s;
  s.ranks = 2;
  s.gpus_per_rank = 32;
  s.per_group = s.per_replica = 16;
  return s;
}

ChunkInputs equal_chips() {
  ChunkInputs in;
  in.group_ranks = in.exchange_ranks = 16;
  return in;
}

const GpuTraits& of(const std::vector<GpuTraits>& traits, std::size_t gpu) {
  return traits[gpu % 32 * 2 + gpu / 32];
}

}  // namespace

TEST_CASE("a failed NIC shares the next working one of its node, round the corner too") {
  const auto share = shares_of_nics(16, 8, {{2, 0, true}, {7, 0, true}, {9, 0.25, false}});
  const std::vector<double> expected{0.5, 1, 0.5, 0.5, 1, 1, 1, 0.5, 1, 0.25, 1, 1, 1, 1, 1, 1};
  CHECK(share == expected);
}

TEST_CASE("NICs that failed side by side share one, of which each gets a third") {
  const auto share = shares_of_nics(8, 8, {{0, 0, true}, {1, 0, true}, {2, 0.6, false}});
  CHECK(share[0] == Approx(0.2));
  CHECK(share[1] == Approx(0.2));
  CHECK(share[2] == Approx(0.2));
  CHECK(share[3] == 1);
}

TEST_CASE("a worse NIC delays its expert group, a worse NVLink its node, and nobody else") {
  topology::Faults faults;
  faults.nics = {{35, 0.5, false}};  // pipeline rank 1, first group
  faults.nvlinks = {{20, 0.25}};     // rank 0, second group, GPUs 16 to 23
  faults.slow_gpus = {{5, 0.1}};
  const auto traits = list_traits(shape(), equal_chips(), faults);
  REQUIRE(traits.size() == 64);
  for (std::size_t gpu = 0; gpu < 64; ++gpu) {
    CAPTURE(gpu);
    CHECK(of(traits, gpu).nic == (gpu == 35 ? 0.5 : 1.0));
    CHECK(of(traits, gpu).inter == (gpu >= 32 && gpu < 48 ? 2.0 : 1.0));
    CHECK(of(traits, gpu).nvlink == (gpu == 20 ? 0.25 : 1.0));
    CHECK(of(traits, gpu).intra == (gpu >= 16 && gpu < 24 ? 4.0 : 1.0));
    CHECK(of(traits, gpu).slowness == Approx(gpu == 5 ? 0.1 : 0.0).margin(1e-15));
  }
}

TEST_CASE("a stated fault adds to the chip that was drawn") {
  auto inputs = equal_chips();
  inputs.gpu_spread = 0.02;
  topology::Faults faults;
  const auto before = list_traits(shape(), inputs, faults);
  faults.slow_gpus = {{40, 0.1}};
  const auto after = list_traits(shape(), inputs, faults);
  for (std::size_t gpu = 0; gpu < 64; ++gpu) {
    const double chip = of(before, gpu).slowness;
    CHECK(chip != 0);
    CHECK(of(after, gpu).slowness == Approx(gpu == 40 ? (1 + chip) * 1.1 - 1 : chip));
  }
}
