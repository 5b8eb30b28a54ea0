#include "interchange/rank_groups.hpp"

#include <algorithm>

#include "catch.hpp"
#include "plan/parameters.hpp"

namespace {

using namespace foretrain;
using interchange::Meeting;

plan::PlanSpec layout(plan::Schedule schedule) {
  plan::PlanSpec p;
  p.schedule = schedule;
  p.pipeline = 4;
  p.tensor = 2;
  p.context = 2;
  p.data = 4;
  p.expert = 4;
  p.expert_tensor = 1;
  return p;
}

}  // namespace

TEST_CASE(
    "groups hold as many GPUs as the plan counts, each rank is in its own, no two GPUs differ about it") {
  const auto schedule = GENERATE(plan::Schedule::one_f_one_b, plan::Schedule::dualpipe);
  const plan::PlanSpec p = layout(schedule);
  const interchange::RankGroups groups(p, 4, false);
  CHECK(groups.count() == 64);
  const auto list = groups.list();
  const auto copies = plan::copies_of(p);
  for (std::int64_t rank = 0; rank < groups.count(); ++rank) {
    const auto meetings = groups.meetings(rank);
    const auto check = [&](std::uint32_t group, std::int64_t size) {
      REQUIRE(group != interchange::alone);
      const auto& members = list.at(group);
      CHECK(members.size() == static_cast<std::size_t>(size));
      CHECK(std::count(members.begin(), members.end(), static_cast<std::uint32_t>(rank)) == 1);
    };
    check(meetings[static_cast<std::size_t>(Meeting::experts)], p.expert);
    check(meetings[static_cast<std::size_t>(Meeting::tensor)], p.tensor);
    CHECK(meetings[static_cast<std::size_t>(Meeting::expert_tensor)] == interchange::alone);
    check(groups.dense_replicas(rank), copies.dense);
    check(groups.expert_replicas(rank), copies.expert);
  }
}

TEST_CASE("GPUs are numbered tensor first, then context and data, then pipeline rank") {
  const interchange::RankGroups groups(layout(plan::Schedule::one_f_one_b), 4, false);
  const auto list = groups.list();
  const auto tensor = static_cast<std::size_t>(Meeting::tensor);
  const auto experts = static_cast<std::size_t>(Meeting::experts);
  using Members = std::vector<std::uint32_t>;
  CHECK(list.at(groups.meetings(19)[tensor]) == Members{18, 19});
  CHECK(list.at(groups.meetings(19)[experts]) == Members{16, 17, 18, 19});
  CHECK(list.at(groups.dense_replicas(19)) == Members{17, 19, 21, 23, 25, 27, 29, 31});
  CHECK(list.at(groups.expert_replicas(19)) == Members{19, 23, 27, 31});
}

TEST_CASE("under DualPipe the mirrored rank holds the same parameters") {
  const interchange::RankGroups groups(layout(plan::Schedule::dualpipe), 4, false);
  CHECK(groups.expert_replicas(3) == groups.expert_replicas(51));
  CHECK(groups.list().at(groups.expert_replicas(3)) ==
        std::vector<std::uint32_t>{3, 7, 11, 15, 51, 55, 59, 63});
}

TEST_CASE("folded ranks meet in the world alone") {
  const interchange::RankGroups groups(layout(plan::Schedule::dualpipe), 4, true);
  CHECK(groups.count() == 4);
  CHECK(groups.list().empty());
  CHECK(groups.dense_replicas(1) == interchange::alone);
  CHECK(groups.all(1) == interchange::world);
}
