#include "network/routing.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/stats.hpp"
#include "network/token_sampler.hpp"

namespace foretrain::network {
namespace {

std::int64_t gpus_in_node(const ExpertRouting& r) {
  return std::min(r.expert_parallel, r.gpus_per_node);
}
std::int64_t node_count(const ExpertRouting& r) {
  return r.expert_parallel / gpus_in_node(r);
}

void check_shape(const ExpertRouting& r) {
  check(r.groups > 0 && r.experts % r.groups == 0, "groups must divide experts");
  check(r.expert_parallel > 0 && r.experts % r.expert_parallel == 0,
        "expert parallelism must divide experts");
  check(r.expert_parallel % gpus_in_node(r) == 0, "an expert-parallel group must fill its nodes");
  check(r.top_groups <= r.groups && r.top_k <= r.experts / r.groups * r.top_groups,
        "too few experts to choose from");
}

// Chance that none of `held` given experts is among `chosen` of `all`, drawn without replacement.
double chance_of_none(std::int64_t held, std::int64_t chosen, std::int64_t all) {
  double p = 1;
  for (std::int64_t i = 0; i < chosen; ++i)
    p *= std::max(0.0, static_cast<double>(all - held - i)) / static_cast<double>(all - i);
  return p;
}

TokenSpread complete(const ExpertRouting& r, double nodes, double gpus) {
  const double n = static_cast<double>(node_count(r)), g = static_cast<double>(gpus_in_node(r));
  TokenSpread s;
  s.nodes = nodes;
  s.remote_nodes = nodes * (n - 1) / n;  // nodes are alike and the own one is any of them
  s.gpus = gpus;
  s.remote_gpus = gpus * (n - 1) / n;
  s.nvlink_copies = gpus * (g - 1) / g;
  return s;
}

// Expected number of distinct places (GPUs or nodes, each holding `held` experts in a row) that a token
// visits, given how many experts it chose in each group: within a group every choice of that many experts is
// equally likely. This replaces drawing the experts themselves, and lowers the noise.
class Places {
 public:
  Places(const ExpertRouting& r, std::int64_t held) : top_k_(r.top_k) {
    const std::int64_t per_group = r.experts / r.groups;
    for (std::int64_t first = 0; first < r.experts; first += held) {
      std::vector<Part> parts;
      for (std::int64_t g = first / per_group; g * per_group < first + held; ++g)
        parts.push_back({static_cast<std::size_t>(g), table_for(std::min(first + held, (g + 1) * per_group) -
                                                                    std::max(first, g * per_group),
                                                                per_group)});
      const bool same = parts.size() == 1 && !places_.empty() && places_.back().parts == parts;
      if (same)
        places_.back().alike += 1;
      else
        places_.push_back({std::move(parts), 1});
    }
  }

  double expected(const std::vector<std::int64_t>& chosen) const {
    double visited = 0;
    for (const Place& place : places_) {
      double none = 1;
      for (const Part& p : place.parts) none *= tables_[p.table][static_cast<std::size_t>(chosen[p.group])];
      visited += place.alike * (1 - none);
    }
    return visited;
  }

 private:
  struct Part {
    std::size_t group, table;
    friend bool operator==(const Part&, const Part&) = default;
  };
  struct Place {
    std::vector<Part> parts;  // the groups that its experts belong to
    double alike;             // places of the same parts
  };

  std::size_t table_for(std::int64_t held, std::int64_t per_group) {  // chance of none, by number chosen
    const auto known = std::find(held_.begin(), held_.end(), held);
    if (known != held_.end()) return static_cast<std::size_t>(known - held_.begin());
    std::vector<double> table;
    for (std::int64_t c = 0; c <= std::min(top_k_, per_group); ++c)
      table.push_back(chance_of_none(held, c, per_group));
    held_.push_back(held);
    tables_.push_back(std::move(table));
    return tables_.size() - 1;
  }

  std::int64_t top_k_;
  std::vector<Place> places_;
  std::vector<std::int64_t> held_;
  std::vector<std::vector<double>> tables_;
};

}  // namespace

TokenSpread spread_unlimited(const ExpertRouting& r) {
  check_shape(r);
  const auto visited = [&](std::int64_t places) {
    return static_cast<double>(places) * (1 - chance_of_none(r.experts / places, r.top_k, r.experts));
  };
  return complete(r, visited(node_count(r)), visited(r.expert_parallel));
}

TokenSpread spread_by_sampling(const ExpertRouting& r, Rng rng, std::int64_t tokens) {
  check_shape(r);
  check(tokens > 1 && r.group_scored_by > 0, "sampling needs tokens and a score");
  const Places gpus(r, r.experts / r.expert_parallel), nodes(r, r.experts / node_count(r));
  TokenSampler sampler(r);
  RunningMoments node_moments, gpu_moments;
  for (std::int64_t t = 0; t < tokens; ++t) {
    const std::vector<std::int64_t>& chosen = sampler.draw(rng);
    node_moments.add(nodes.expected(chosen));
    gpu_moments.add(gpus.expected(chosen));
  }
  TokenSpread s = complete(r, node_moments.mean(), gpu_moments.mean());
  const double root = std::sqrt(static_cast<double>(tokens));
  s.nodes_error = node_moments.standard_deviation() / root;
  s.gpus_error = gpu_moments.standard_deviation() / root;
  return s;
}

TokenSpread spread_of(const ExpertRouting& r, Rng rng, std::int64_t tokens) {
  if (r.groups == r.top_groups) return spread_unlimited(r);
  return spread_by_sampling(r, rng, tokens);
}

}  // namespace foretrain::network
