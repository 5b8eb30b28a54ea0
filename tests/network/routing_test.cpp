#include "network/routing.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/stats.hpp"
#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::network;

namespace {

const ExpertRouting v3_routing{
    .experts = 256, .top_k = 8, .groups = 8, .top_groups = 4, .expert_parallel = 64};

// The rule itself, token by token, with all scores drawn and sorted.
struct Plain {
  RunningMoments nodes, gpus, remote, nvlink;
};
Plain spread_plainly(const ExpertRouting& r, Rng rng, int tokens) {
  Plain result;
  const std::int64_t per_group = r.experts / r.groups, per_gpu = r.experts / r.expert_parallel;
  for (int t = 0; t < tokens; ++t) {
    std::vector<std::pair<double, std::int64_t>> scores, groups;
    for (std::int64_t e = 0; e < r.experts; ++e) scores.push_back({rng.normal(), e});
    for (std::int64_t g = 0; g < r.groups; ++g) {
      auto of_group = std::vector(scores.begin() + g * per_group, scores.begin() + (g + 1) * per_group);
      std::sort(of_group.rbegin(), of_group.rend());
      double sum = 0;
      for (std::int64_t i = 0; i < r.group_scored_by; ++i) sum += of_group[static_cast<std::size_t>(i)].first;
      groups.push_back({sum, g});
    }
    std::sort(groups.rbegin(), groups.rend());
    std::set<std::int64_t> kept;
    for (std::int64_t i = 0; i < r.top_groups; ++i) kept.insert(groups[static_cast<std::size_t>(i)].second);
    std::sort(scores.rbegin(), scores.rend());
    std::vector<std::int64_t> chosen;
    for (const auto& [score, e] : scores)
      if (static_cast<std::int64_t>(chosen.size()) < r.top_k && kept.count(e / per_group))
        chosen.push_back(e);
    const auto own = static_cast<std::int64_t>(rng.uniform(static_cast<std::uint64_t>(r.expert_parallel)));
    std::set<std::int64_t> gpus, nodes, remote;
    int nvlink = 0;
    for (const std::int64_t e : chosen) gpus.insert(e / per_gpu);
    for (const std::int64_t gpu : gpus) {
      nodes.insert(gpu / r.gpus_per_node);
      if (gpu / r.gpus_per_node != own / r.gpus_per_node) remote.insert(gpu / r.gpus_per_node);
      nvlink += gpu % r.gpus_per_node != own % r.gpus_per_node;
    }
    result.nodes.add(static_cast<double>(nodes.size()));
    result.gpus.add(static_cast<double>(gpus.size()));
    result.remote.add(static_cast<double>(remote.size()));
    result.nvlink.add(nvlink);
  }
  return result;
}

}  // namespace

TEST_CASE("DeepSeek-V3 at EP64 over 8 nodes visits 3.97 nodes and 7.49 GPUs a token") {
  const TokenSpread s = spread_of(v3_routing, Rng(1, "routing"));
  INFO("nodes " << s.nodes << " +- " << s.nodes_error << ", gpus " << s.gpus << " +- " << s.gpus_error
                << ", remote " << s.remote_nodes);
  CHECK(s.nodes ==
        Approx(3.9725).margin(0.005));  // by the rule applied to 60,000 tokens with another generator
  CHECK(s.remote_nodes == Approx(3.476).margin(0.005));
  CHECK(s.gpus == Approx(7.4856).margin(0.005));
  CHECK(s.nvlink_copies == Approx(s.gpus * 7 / 8));
  CHECK(s.remote_gpus == Approx(s.gpus * 7 / 8));
  CHECK(s.nodes_error < 0.002);
  CHECK(s.gpus_error < 0.002);
  CHECK(s.nodes_error > 0);
}

TEST_CASE("sampling by order statistics agrees with the rule applied token by token") {
  const std::vector<ExpertRouting> cases{
      v3_routing,
      {.experts = 64, .top_k = 6, .groups = 4, .top_groups = 2, .expert_parallel = 16},  // two groups a node
      {.experts = 256, .top_k = 8, .groups = 8, .top_groups = 4, .expert_parallel = 32},
      {.experts = 96,
       .top_k = 4,
       .groups = 6,
       .top_groups = 3,
       .expert_parallel = 32},  // groups across nodes
      {.experts = 64, .top_k = 4, .groups = 8, .top_groups = 3, .expert_parallel = 32, .group_scored_by = 1}};
  const auto routing = cases[GENERATE(range(std::size_t{0}, std::size_t{5}))];
  const int tokens = 6000;
  const Plain plain = spread_plainly(routing, Rng(5, "test/plain"), tokens);
  const TokenSpread fast = spread_of(routing, Rng(1, "routing"));
  const auto near = [&](const RunningMoments& m, double value, double error) {
    const double sd = m.standard_deviation() / std::sqrt(static_cast<double>(tokens));
    INFO("plain " << m.mean() << " +- " << sd << " against " << value << " +- " << error);
    CHECK(std::abs(m.mean() - value) < 4 * std::hypot(sd, error) + 1e-9);
  };
  near(plain.nodes, fast.nodes, fast.nodes_error);
  near(plain.gpus, fast.gpus, fast.gpus_error);
  near(plain.remote, fast.remote_nodes, fast.nodes_error);
  near(plain.nvlink, fast.nvlink_copies, fast.gpus_error);
}

TEST_CASE("without a limit the closed form holds, and sampling meets it") {
  ExpertRouting r = v3_routing;
  r.groups = r.top_groups = 1;
  const TokenSpread exact = spread_of(r, Rng(1, "routing"));
  // 1 - C(224,8)/C(256,8) of a node, written out as a product of fractions.
  double none = 1;
  for (int i = 0; i < 8; ++i) none *= (224.0 - i) / (256.0 - i);
  CHECK(exact.nodes == Approx(8 * (1 - none)));
  CHECK(exact.nodes_error == 0);
  const TokenSpread sampled = spread_by_sampling(r, Rng(1, "routing"), 2000);
  CHECK(sampled.nodes ==
        Approx(exact.nodes).epsilon(1e-9));  // one group: given its count nothing is left to chance
  CHECK(sampled.gpus == Approx(exact.gpus).epsilon(1e-9));
  ExpertRouting all_groups = v3_routing;
  all_groups.top_groups = 8;
  CHECK(spread_of(all_groups, Rng(1, "routing")).nodes == Approx(exact.nodes));
  const TokenSpread by_groups = spread_by_sampling(all_groups, Rng(1, "routing"), 20000);
  CHECK(std::abs(by_groups.nodes - exact.nodes) < 4 * by_groups.nodes_error);
  CHECK(std::abs(by_groups.gpus - exact.gpus) < 4 * by_groups.gpus_error);
}

TEST_CASE("one expert a GPU and one node are the simple cases") {
  ExpertRouting r = v3_routing;
  r.expert_parallel = 256;
  CHECK(spread_of(r, Rng(1, "routing")).gpus == Approx(8));
  r.expert_parallel = 8;
  const TokenSpread s = spread_of(r, Rng(1, "routing"));
  CHECK(s.nodes == Approx(1));
  CHECK(s.remote_nodes == 0);
  CHECK(s.remote_gpus == 0);
  r.expert_parallel = 1;
  CHECK(spread_of(r, Rng(1, "routing")).gpus == Approx(1));
  CHECK(spread_of(r, Rng(1, "routing")).nvlink_copies == 0);
}

TEST_CASE("the same seed gives the same spread, another seed another") {
  CHECK(spread_of(v3_routing, Rng(1, "routing")).gpus == spread_of(v3_routing, Rng(1, "routing")).gpus);
  CHECK(spread_of(v3_routing, Rng(1, "routing")).gpus != spread_of(v3_routing, Rng(2, "routing")).gpus);
}
