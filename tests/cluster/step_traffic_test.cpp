// Who sends to whom in a step, counted: bytes, rails, groups.

#include "cluster/step_traffic.hpp"

#include <map>
#include <set>

#include "catch.hpp"

using namespace foretrain;
using cluster::TrafficClass;
using plan::Schedule;

namespace {

struct Layout {
  model::TransformerSpec model;
  plan::PlanSpec plan;
  topology::ClusterSpec cluster;

  Layout(std::int64_t ranks, std::int64_t data, std::int64_t expert, Schedule schedule) {
    model.moe.experts = expert > 1 ? 64 : 0;
    plan.pipeline = ranks;
    plan.data = data;
    plan.expert = expert;
    plan.schedule = schedule;
    plan.stages.resize(static_cast<std::size_t>(ranks));
    cluster.gpus = ranks * data;
  }
  network::SentAtOnce list(TrafficClass which) const {
    return cluster::list_step_traffic(model, plan, cluster,
                                      topology::place_in_order(cluster))[static_cast<std::size_t>(which)];
  }
};

// Gigabytes that each GPU sends and receives.
struct Totals {
  std::map<std::uint32_t, double> out, in;
};
Totals total(const network::SentAtOnce& sent) {
  Totals t;
  for (const auto& m : sent.list.listed) {
    t.out[m.from] += m.size.base() / 1e9;
    t.in[m.to] += m.size.base() / 1e9;
  }
  return t;
}

std::size_t groups(const network::SentAtOnce& sent) {
  const std::set<std::uint32_t> all(sent.groups.begin(), sent.groups.end());
  if (!all.empty()) CHECK(*all.rbegin() + 1 == all.size());
  return all.size();
}

void check_one_unit_each(const network::SentAtOnce& sent, std::size_t gpus) {
  const Totals t = total(sent);
  CHECK(t.out.size() == gpus);
  CHECK(t.in.size() == gpus);
  for (const auto& [gpu, size] : t.out) CHECK(size == Approx(1));
  for (const auto& [gpu, size] : t.in) CHECK(size == Approx(1));
  for (const auto& m : sent.list.listed) {
    CHECK(m.from % 8 == m.to % 8);  // each on its own rail
    CHECK(m.from / 8 != m.to / 8);
  }
}

}  // namespace

TEST_CASE("an expert exchange goes from every GPU to its rail in the other nodes of its group") {
  const Layout l(4, 64, 32, Schedule::one_f_one_b);
  const auto sent = l.list(TrafficClass::exchange);
  CHECK(sent.list.size() == 256 * 3);
  CHECK(groups(sent) == 8);
  check_one_unit_each(sent, 256);
  for (std::size_t i = 0; i < sent.list.size(); ++i)
    CHECK(sent.list.listed[i].from / 32 == sent.list.listed[i].to / 32);
  CHECK(Layout(4, 64, 8, Schedule::one_f_one_b).list(TrafficClass::exchange).list.size() == 0);
  CHECK(Layout(4, 64, 1, Schedule::one_f_one_b).list(TrafficClass::exchange).list.size() == 0);
}

TEST_CASE("pipeline messages go both ways between neighbours, and around where ranks hold several stages") {
  Layout l(4, 16, 1, Schedule::one_f_one_b);
  const auto sent = l.list(TrafficClass::pipeline);
  CHECK(sent.list.size() == 2 * 3 * 16);
  CHECK(groups(sent) == 16);
  for (const auto& [gpu, size] : total(sent).out) CHECK(size == (gpu / 16 % 3 == 0 ? 1 : 2));
  l.plan.schedule = Schedule::interleaved;
  l.plan.virtual_stages = 2;
  l.plan.stages.resize(8);
  CHECK(l.list(TrafficClass::pipeline).list.size() == 2 * 4 * 16);
  CHECK(Layout(2, 4, 1, Schedule::one_f_one_b).list(TrafficClass::pipeline).list.size() == 0);  // one node
}

TEST_CASE("rings join all who hold the same parameters, under DualPipe those of the mirrored rank too") {
  const Layout straight(4, 64, 32, Schedule::one_f_one_b), mirrored(4, 64, 32, Schedule::dualpipe);
  const auto dense = straight.list(TrafficClass::gradients), both = mirrored.list(TrafficClass::gradients);
  check_one_unit_each(dense, 256);
  check_one_unit_each(both, 256);
  CHECK(groups(dense) == 4);
  CHECK(groups(both) == 2);
  for (std::size_t i = 0; i < both.list.size(); ++i) {
    const auto& m = both.list.listed[i];
    const auto from = m.from / 64, to = m.to / 64;
    CHECK((from == to || from == 3 - to));
    CHECK(both.groups[i] == std::min(from, 3 - from));
  }
  const auto experts = straight.list(TrafficClass::expert_gradients);
  check_one_unit_each(experts, 256);
  CHECK(groups(experts) == 4 * 32);
  for (const auto& m : experts.list.listed) CHECK((m.from + 32) % 64 == m.to % 64);
}

TEST_CASE(
    "with tensor parallelism the replicas of a GPU lie further apart; shard groups are rings of their own") {
  Layout l(2, 16, 1, Schedule::one_f_one_b);
  l.plan.tensor = 4;
  l.cluster.gpus = 128;
  const auto sent = l.list(TrafficClass::gradients);
  CHECK(groups(sent) == 2 * 4);
  check_one_unit_each(sent, 128);
  for (const auto& m : sent.list.listed) CHECK(m.from % 4 == m.to % 4);
  Layout sharded(1, 64, 1, Schedule::one_f_one_b);
  sharded.plan.zero = 3;
  sharded.plan.shard_group = 16;
  CHECK(groups(sharded.list(TrafficClass::gradients)) == 4);
}

TEST_CASE("racks that a group does not fill: the bytes for a rack go to those who are there") {
  Layout l(1, 144, 48, Schedule::one_f_one_b);
  l.cluster.gpus_per_node = l.cluster.nics_per_node = 4;
  l.cluster.nvlink_domain = 72;
  const auto sent = l.list(TrafficClass::exchange);
  CHECK(groups(sent) == 1);  // the second of three groups lies in both racks, half in each
  const Totals t = total(sent);
  CHECK(t.out.size() == 48);
  for (const auto& [gpu, size] : t.in) CHECK(size == Approx(1));
}

TEST_CASE("a placement moves the ends of messages and nothing else") {
  const Layout l(4, 64, 32, Schedule::one_f_one_b);
  const auto placed = topology::place_at_random(l.cluster, 3);
  const auto before =
      cluster::list_step_traffic(l.model, l.plan, l.cluster, topology::place_in_order(l.cluster));
  const auto after = cluster::list_step_traffic(l.model, l.plan, l.cluster, placed);
  for (std::size_t c = 0; c < cluster::traffic_classes; ++c) {
    REQUIRE(before[c].list.size() == after[c].list.size());
    CHECK(before[c].groups == after[c].groups);
    for (std::size_t i = 0; i < after[c].list.size(); ++i) {
      CHECK(after[c].list.listed[i].from == placed[before[c].list.listed[i].from]);
      CHECK(after[c].list.listed[i].to == placed[before[c].list.listed[i].to]);
      CHECK(after[c].list.listed[i].size == before[c].list.listed[i].size);
    }
  }
}
