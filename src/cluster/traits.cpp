#include "cluster/traits.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/random.hpp"
#include "cluster/index.hpp"

namespace foretrain::cluster {
namespace {

std::size_t place_of(const ClusterShape& shape, std::int64_t gpu) {
  const std::int64_t rank = gpu / shape.gpus_per_rank, lane = gpu % shape.gpus_per_rank / shape.per_lane;
  return index(lane * shape.ranks + rank);
}

void draw_chips(const ClusterShape& shape, const ChunkInputs& inputs, std::vector<GpuTraits>& traits) {
  for (std::int64_t rank = 0; rank < shape.ranks; ++rank)
    for (std::int64_t replica = 0; replica < shape.replicas(); ++replica) {
      Rng rng(inputs.seed, fmt::format("chips/{}/{}", rank, replica));
      for (std::int64_t g = 0; g < shape.per_replica; ++g) {
        auto& mine = traits[index((replica * shape.lanes() + g / shape.per_lane) * shape.ranks + rank)];
        const double slowness = inputs.gpu_spread * rng.normal();
        mine.slowness = g % shape.per_lane == 0 ? slowness : std::max(mine.slowness, slowness);
      }
    }
}

// The GPU whose NIC carries the traffic of `gpu`: its own where it works, else the next of its node.
std::int64_t carrier_of(std::int64_t gpu, std::int64_t per_node, const std::vector<double>& rate) {
  const std::int64_t node = gpu / per_node * per_node;
  for (std::int64_t k = 0; k < per_node; ++k) {
    const std::int64_t other = node + (gpu - node + k) % per_node;
    if (index(other) < rate.size() && rate[index(other)] > 0) return other;
  }
  check(false, "on every node a NIC works");
  return gpu;
}

// A token group is done with an exchange when its slowest member is: every GPU receives from every other.
void spread_to_groups(const ClusterShape& shape, std::vector<GpuTraits>& traits) {
  const std::int64_t lanes_per_group = shape.per_group / shape.per_lane;
  const std::int64_t lanes_per_node =
      std::clamp<std::int64_t>(shape.per_node / shape.per_lane, 1, lanes_per_group);
  const std::int64_t lanes = shape.replicas() * shape.lanes();
  const auto widen = [&](std::int64_t width, double GpuTraits::*share, double GpuTraits::*factor) {
    for (std::int64_t rank = 0; rank < shape.ranks; ++rank)
      for (std::int64_t first = 0; first < lanes; first += width) {
        const std::int64_t last = std::min(first + width, lanes);
        double worst = 1;
        for (std::int64_t l = first; l < last; ++l)
          worst = std::min(worst, traits[index(l * shape.ranks + rank)].*share);
        for (std::int64_t l = first; l < last; ++l) traits[index(l * shape.ranks + rank)].*factor = 1 / worst;
      }
  };
  widen(lanes_per_group, &GpuTraits::nic, &GpuTraits::inter);
  widen(lanes_per_node, &GpuTraits::nvlink, &GpuTraits::intra);
}

}  // namespace

std::vector<double> shares_of_nics(std::int64_t gpus, std::int64_t per_node,
                                   const std::vector<topology::WorseNic>& nics) {
  std::vector<double> rate(index(gpus), 1), share(index(gpus), 1);
  for (const auto& nic : nics) rate[index(nic.gpu)] = nic.failed ? 0 : nic.rate;
  for (const auto& worse : nics) {
    const std::int64_t node = worse.gpu / per_node * per_node, end = std::min(node + per_node, gpus);
    std::vector<int> sharing(index(per_node), 0);
    for (std::int64_t g = node; g < end; ++g) ++sharing[index(carrier_of(g, per_node, rate) - node)];
    for (std::int64_t g = node; g < end; ++g) {
      const std::int64_t carrier = carrier_of(g, per_node, rate);
      share[index(g)] = rate[index(carrier)] / sharing[index(carrier - node)];
    }
  }
  return share;
}

std::vector<GpuTraits> list_traits(const ClusterShape& shape, const ChunkInputs& inputs,
                                   const topology::Faults& faults) {
  std::vector<GpuTraits> traits(index(shape.replicas() * shape.lanes() * shape.ranks));
  if (inputs.gpu_spread > 0) draw_chips(shape, inputs, traits);
  for (const auto& slow : faults.slow_gpus) {
    auto& mine = traits[place_of(shape, slow.gpu)];
    mine.slowness = std::max(mine.slowness, (1 + mine.slowness) * (1 + slow.slower) - 1);
  }
  const std::int64_t gpus = shape.ranks * shape.gpus_per_rank;
  const auto share = shares_of_nics(gpus, shape.per_node, faults.nics);
  for (std::int64_t gpu = 0; gpu < gpus; ++gpu) {
    auto& mine = traits[place_of(shape, gpu)];
    mine.nic = std::min(mine.nic, share[index(gpu)]);
  }
  for (const auto& link : faults.nvlinks) {
    auto& mine = traits[place_of(shape, link.gpu)];
    mine.nvlink = std::min(mine.nvlink, link.rate);
  }
  if (!faults.nics.empty() || !faults.nvlinks.empty()) spread_to_groups(shape, traits);
  return traits;
}

}  // namespace foretrain::cluster
