#include "study/what_changes.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.hpp"
#include "study/network_changes.hpp"

namespace foretrain::study {
namespace {

using cluster::Unevenness;

// GPUs worth asking about: ranks differ in what they hold (the first has the embedding, the last mostly the
// head) and in how long they wait for others.
struct Place {
  std::int64_t gpu;
  std::string name;
};
std::vector<Place> places(const cluster::ClusterShape& shape) {
  std::vector<Place> all;
  std::int64_t before = -1;
  for (const std::int64_t rank : {std::int64_t{0}, shape.ranks / 2, shape.ranks - 1}) {
    if (rank == before) continue;
    before = rank;
    const std::int64_t gpu = rank * shape.gpus_per_rank;
    all.push_back({gpu, fmt::format("GPU {}, pipeline rank {}", gpu, rank)});
  }
  return all;
}

WhatChange uneven(std::string name, std::function<void(Unevenness&)> change, bool keeps_draws = true) {
  return {std::move(name), std::move(change), {}, keeps_draws};
}

WhatQuestion stragglers(const cluster::ClusterShape& shape) {
  WhatQuestion q{"WHAT A SLOW GPU COSTS: its SM-bound kernels take longer by the share named", {}, {}};
  for (const Place& place : places(shape))
    for (const int percent : {5, 10, 20})
      q.changes.push_back(uneven(fmt::format("{}: {} % slower", place.name, percent),
                                 [gpu = place.gpu, percent](Unevenness& u) {
                                   u.faults.slow_gpus.push_back({gpu, percent / 100.0});
                                 }));
  const std::int64_t node = std::min(shape.per_node, shape.gpus_per_rank);
  if (node > 1)
    q.changes.push_back(
        uneven(fmt::format("GPUs 0 to {}, a node: 10 % slower", node - 1), [node](Unevenness& u) {
          for (std::int64_t g = 0; g < node; ++g) u.faults.slow_gpus.push_back({g, 0.1});
        }));
  q.notes.push_back(
      "A group waits for its slowest GPU before every exchange, so one slow GPU slows its whole expert "
      "group, and through the pipeline its replica; where others are slow already, part of it hides behind "
      "them.");
  return q;
}

WhatQuestion link_failure(const cluster::ClusterShape& shape) {
  WhatQuestion q{"WHAT A BROKEN LINK COSTS: NICs and NVLinks of single GPUs", {}, {}};
  const auto nic = [](std::int64_t gpu, double rate) {
    return [gpu, rate](Unevenness& u) { u.faults.nics.push_back({gpu, rate, rate == 0}); };
  };
  for (const Place& place : places(shape)) {
    q.changes.push_back(uneven(place.name + ": NIC at half its rate", nic(place.gpu, 0.5)));
    q.changes.push_back(uneven(place.name + ": NIC failed", nic(place.gpu, 0)));
    q.changes.push_back(uneven(place.name + ": NVLink at half its rate", [gpu = place.gpu](Unevenness& u) {
      u.faults.nvlinks.push_back({gpu, 0.5});
    }));
  }
  if (std::min(shape.per_node, shape.gpus_per_rank) > 3)
    q.changes.push_back(uneven("GPUs 0 and 1: both NICs failed", [](Unevenness& u) {
      u.faults.nics.push_back({0, 0, true});
      u.faults.nics.push_back({1, 0, true});
    }));
  q.notes.push_back(
      "A failed NIC's traffic goes over NVLink through the next working NIC of the node, which both then "
      "share. Every GPU of an expert group receives tokens from every other, so the group waits for its "
      "slowest NIC.");
  return q;
}

WhatQuestion skew() {
  using Kind = model::Popularity::Kind;
  WhatQuestion q{
      "WHAT UNEVEN ROUTING COSTS: how tokens choose experts, with and without balancing by biases", {}, {}};
  const auto add = [&](std::string name, const model::Popularity& popularity) {
    q.changes.push_back(uneven(
        std::move(name), [popularity](Unevenness& u) { u.popularity = popularity; }, false));
  };
  add("balanced: every GPU the same rows", {.kind = Kind::balanced});
  add("multinomial: equally popular experts, drawn", {.kind = Kind::multinomial});
  const auto biased = [&](const std::string& name, model::Popularity popularity) {
    add(name, popularity);
    for (const std::int64_t steps : {10, 100}) {
      popularity.balancing_steps = steps;
      add(fmt::format("{}, {} steps of balancing", name, steps), popularity);
    }
  };
  biased("one hot expert a layer, 4 times as popular", {.kind = Kind::hot, .times = 4});
  for (const double exponent : {0.1, 0.3, 0.6})
    biased(fmt::format("Zipf, exponent {}", exponent), {.kind = Kind::zipf, .exponent = exponent});
  q.notes.push_back(
      "Balancing moves each expert's bias by 0.001 a step against its load (arXiv:2408.15664; DeepSeek-V3, "
      "arXiv:2412.19437, section 4.2). Memory for the rows of a hot expert is not checked.");
  return q;
}

}  // namespace

WhatQuestion list_changes(const spec::Scenario& scenario, const cluster::ClusterShape& shape,
                          const std::string& question) {
  if (question == "stragglers") return stragglers(shape);
  if (question == "link-failure") return link_failure(shape);
  if (question == "skew") return skew();
  check(question == "network", "a question that is known");
  return network_changes(scenario);
}

}  // namespace foretrain::study
