#include "plan/schedule.hpp"

#include <algorithm>
#include <array>

#include "catch.hpp"
#include "plan/schedules/schedules.hpp"

namespace {

using namespace foretrain;
using plan::Action;
using plan::Instruction;
using plan::Program;
using plan::Schedule;

constexpr std::array every_schedule{Schedule::one_f_one_b, Schedule::zb1p,  Schedule::dualpipe,
                                    Schedule::dualpipe_v,  Schedule::gpipe, Schedule::interleaved};

std::int32_t virtual_stages_of(Schedule schedule) {
  return schedule == Schedule::interleaved ? 2 : 1;
}

std::array<int, 5> counts_of(const std::vector<Instruction>& list) {
  std::array<int, 5> counts{};
  for (const Instruction& i : list) ++counts[static_cast<std::size_t>(i.action)];
  return counts;
}

bool mentions(const std::vector<std::string>& faults, const std::string& words) {
  return std::any_of(faults.begin(), faults.end(),
                     [&](const std::string& f) { return f.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("every program verifies, within its bound on activations") {
  const Schedule schedule = GENERATE(Schedule::one_f_one_b, Schedule::zb1p, Schedule::dualpipe,
                                     Schedule::dualpipe_v, Schedule::gpipe);
  int verified = 0;
  for (std::int32_t stages = 1; stages <= 18; ++stages)
    for (std::int32_t n = 1; n <= 60; ++n) {
      if (!plan::why_not(schedule, stages, n).empty()) continue;
      CAPTURE(plan::name_of(schedule), stages, n);
      const Program program = plan::list_program(schedule, stages, n);
      REQUIRE(plan::verify(program, plan::activation_limit(schedule, stages, n)).empty());
      ++verified;
    }
  CHECK(verified > 150);
}

TEST_CASE("every interleaved program verifies, whatever the remainder of its micro-batches") {
  int verified = 0;
  for (std::int32_t ranks = 1; ranks <= 9; ++ranks)
    for (std::int32_t ways = 2; ways <= 5; ++ways)
      for (std::int32_t n = 1; n <= 40; ++n) {
        const std::int32_t stages = ranks * ways;
        if (!plan::why_not(Schedule::interleaved, stages, n, ways).empty()) continue;
        CAPTURE(ranks, ways, n);
        const Program program = plan::list_program(Schedule::interleaved, stages, n, ways);
        const std::int64_t limit = plan::activation_limit(Schedule::interleaved, stages, n, ways);
        REQUIRE(plan::verify(program, limit).empty());
        REQUIRE(plan::peak_activations(program).front() == limit);
        REQUIRE(plan::stages_per_rank(Schedule::interleaved, ways) * program.ranks == stages);
        ++verified;
      }
  CHECK(verified > 1200);
}

TEST_CASE("the bounds on activations are reached") {
  for (const Schedule schedule : every_schedule) {
    const std::int32_t ways = virtual_stages_of(schedule);
    const std::vector<std::int32_t> peaks = plan::peak_activations(plan::list_program(schedule, 8, 40, ways));
    CAPTURE(plan::name_of(schedule));
    CHECK(*std::max_element(peaks.begin(), peaks.end()) == plan::activation_limit(schedule, 8, 40, ways));
  }
}

// Korthikanti et al. 2022, section 5: (1 + (P - 1) / (P v)) times P stages' worth of 1F1B, v chunks each.
TEST_CASE("interleaving keeps 1 + (P - 1) / (P v) of 1F1B's activations") {
  for (const std::int32_t ranks : {2, 4, 8})
    for (const std::int32_t ways : {2, 3, 6}) {
      const auto limit = plan::activation_limit(Schedule::interleaved, ranks * ways, 4 * ranks, ways);
      CHECK(static_cast<double>(limit) == Approx((1 + (ranks - 1.0) / (ranks * ways)) * ranks * ways));
    }
}

// README.md and dualpipe/dualpipe.py of deepseek-ai/DualPipe@3da1bbe, counted.
TEST_CASE("DualPipe's counts per rank for 16 stages and 120 micro-batches") {
  const Program program = plan::list_program(Schedule::dualpipe, 16, 120);
  for (std::size_t rank = 0; rank < 16; ++rank) {
    const int h = static_cast<int>(std::min(rank, 15 - rank));
    const std::array<int, 5> expected =
        h == 7 ? std::array{17, 9, 8, 8, 103} : std::array{23 - h, 8, 15 - h, 15 - h, 97 + h};
    CAPTURE(rank);
    CHECK(counts_of(program.per_rank[rank]) == expected);
  }
}

TEST_CASE("DualPipeV keeps both ends of the model on rank 0") {
  const Program program = plan::list_program(Schedule::dualpipe_v, 8, 10);
  CHECK(program.ranks == 4);
  CHECK(program.rank_at(0, 3) == 0);
  CHECK(program.rank_at(7, 3) == 0);
  CHECK(program.rank_at(3, 3) == 3);
  CHECK(program.rank_at(4, 3) == 3);
  for (const auto& list : program.per_rank) {
    const std::array<int, 5> counts = counts_of(list);
    CHECK(counts[0] + counts[4] == 20);              // forwards
    CHECK(counts[1] + counts[2] + counts[4] == 20);  // backwards
    CHECK(counts[2] == counts[3]);                   // every stored weight chunk is run
  }
}

TEST_CASE("1F1B's lists for three stages and four micro-batches, written out") {
  const Program program = plan::list_program(Schedule::one_f_one_b, 3, 4);
  const auto letters = [](const std::vector<Instruction>& list) {
    std::string text;
    for (const Instruction& i : list)
      text += i.action == Action::forward ? "F" + std::to_string(i.forward_micro_batch)
                                          : "B" + std::to_string(i.backward_micro_batch);
    return text;
  };
  CHECK(letters(program.per_rank[0]) == "F0F1F2B0F3B1B2B3");
  CHECK(letters(program.per_rank[1]) == "F0F1B0F2B1F3B2B3");
  CHECK(letters(program.per_rank[2]) == "F0B0F1B1F2B2F3B3");
}

// Narayanan et al. 2021, figure 4: four ranks of two chunks each, eight micro-batches. Chunk 1 in brackets.
TEST_CASE("interleaved 1F1B's lists for four ranks, two chunks and eight micro-batches, written out") {
  const Program program = plan::list_program(Schedule::interleaved, 8, 8, 2);
  const auto letters = [](const std::vector<Instruction>& list) {
    std::string text;
    for (const Instruction& i : list) {
      const bool forward = i.action == Action::forward;
      const std::int32_t stage = forward ? i.forward_stage : i.backward_stage;
      const std::string m = std::to_string((forward ? i.forward_micro_batch : i.backward_micro_batch) + 1);
      text += (forward ? "F" : "B") + (stage < 4 ? m : "[" + m + "]");
    }
    return text;
  };
  CHECK(letters(program.per_rank[0]) ==
        "F1F2F3F4F[1]F[2]F[3]F[4]F5F6F7B[1]F8B[2]F[5]B[3]F[6]B[4]F[7]B1F[8]B2B3B4B[5]B[6]B[7]B[8]B5B6B7B8");
  CHECK(letters(program.per_rank[3]) ==
        "F1F2F3F4F[1]B[1]F[2]B[2]F[3]B[3]F[4]B[4]F5B1F6B2F7B3F8B4F[5]B[5]F[6]B[6]F[7]B[7]F[8]B[8]B5B6B7B8");
  CHECK(program.rank_at(6, 0) == 2);
}

TEST_CASE("a remainder of micro-batches takes the smallest group that Megatron-Core accepts") {
  using plan::schedules::interleaved_group;
  CHECK(interleaved_group(4, 8) == 4);
  CHECK(interleaved_group(4, 4) == 4);
  CHECK(interleaved_group(4, 6) == 6);   // one group
  CHECK(interleaved_group(4, 9) == 5);   // 5 + 4
  CHECK(interleaved_group(4, 10) == 5);  // 5 + 5
  CHECK(interleaved_group(8, 12) == 12);
  for (std::int64_t ranks = 1; ranks <= 16; ++ranks)
    for (std::int64_t n = ranks; n <= 100; ++n) {
      const std::int64_t group = interleaved_group(ranks, n);
      REQUIRE((group >= ranks && group <= n));
      REQUIRE((n % group == 0 || n % group >= ranks));
    }
}

TEST_CASE("schedules by name") {
  for (const Schedule schedule : every_schedule)
    CHECK(plan::schedule_named(plan::name_of(schedule)) == schedule);
  CHECK(plan::schedule_named("zb-h1") == Schedule::zb1p);
  CHECK_FALSE(plan::schedule_named("zb-h2"));
  CHECK(plan::schedule_names().size() == every_schedule.size());
}

TEST_CASE("why_not names the reason, and nearest_micro_batches a way out") {
  CHECK(plan::why_not(Schedule::interleaved, 8, 4, 2).empty());
  CHECK(plan::why_not(Schedule::interleaved, 8, 3, 2).find("at least 4") != std::string::npos);
  CHECK(plan::why_not(Schedule::interleaved, 8, 8).find("2 virtual stages") != std::string::npos);
  CHECK(plan::why_not(Schedule::interleaved, 9, 8, 2).find("remainder of 1") != std::string::npos);
  CHECK(plan::why_not(Schedule::zb1p, 8, 8, 2).find("only interleaved") != std::string::npos);
  CHECK(plan::nearest_micro_batches(Schedule::interleaved, 8, 3, 2) == 4);
  CHECK(plan::nearest_micro_batches(Schedule::interleaved, 9, 3, 2) == 0);
  CHECK(plan::why_not(Schedule::one_f_one_b, 8, 1).empty());
  CHECK(plan::why_not(Schedule::zb1p, 1, 1).empty());
  CHECK_FALSE(plan::why_not(Schedule::one_f_one_b, 0, 4).empty());
  CHECK_FALSE(plan::why_not(Schedule::zb1p, 4, 0).empty());
  CHECK(plan::why_not(Schedule::dualpipe, 7, 20).find("7 stages is not an even number") != std::string::npos);
  CHECK(plan::why_not(Schedule::dualpipe, 8, 21).find("21 is not an even number") != std::string::npos);
  CHECK(plan::why_not(Schedule::dualpipe, 8, 14).find("at least 16") != std::string::npos);
  CHECK(plan::why_not(Schedule::dualpipe, 8, 16).empty());
  CHECK(plan::why_not(Schedule::dualpipe_v, 8, 7).find("at least 8") != std::string::npos);
  CHECK(plan::why_not(Schedule::dualpipe_v, 8, 9).empty());
  CHECK(plan::nearest_micro_batches(Schedule::dualpipe, 8, 21) == 22);
  CHECK(plan::nearest_micro_batches(Schedule::dualpipe, 8, 3) == 16);
  CHECK(plan::nearest_micro_batches(Schedule::dualpipe_v, 8, 3) == 8);
  CHECK(plan::nearest_micro_batches(Schedule::dualpipe, 7, 20) == 0);
  for (const std::int64_t asked : {-5, 0, 1, 17, 21})
    CHECK(plan::why_not(Schedule::dualpipe, 8, plan::nearest_micro_batches(Schedule::dualpipe, 8, asked))
              .empty());
}

TEST_CASE("verify finds what is broken") {
  Program program = plan::list_program(Schedule::zb1p, 4, 6);
  REQUIRE(plan::verify(program).empty());
  auto& last = program.per_rank[3];
  SECTION("a weight chunk dropped") {
    last.pop_back();
    CHECK(mentions(plan::verify(program), "W of stage 3, micro-batch 5 is missing"));
  }
  SECTION("a forward dropped") {
    program.per_rank[1].erase(program.per_rank[1].begin());
    CHECK(mentions(plan::verify(program), "rank 1: F of stage 1, micro-batch 0 is missing"));
    CHECK(mentions(plan::verify(program), "waits for ever"));
  }
  SECTION("a backward before its forward") {
    std::swap(last[0], last[1]);
    CHECK(mentions(plan::verify(program), "backward before its forward"));
    CHECK(mentions(plan::verify(program),
                   "rank 3: I of stage 3, micro-batch 0 waits for ever (instruction 0)"));
  }
  SECTION("a weight chunk before its input backward") {
    auto& first = program.per_rank[0];  // ... I W ...
    const auto w =
        std::find_if(first.begin(), first.end(), [](auto& i) { return i.action == Action::weight; });
    std::swap(*w, *(w - 1));
    CHECK(mentions(plan::verify(program), "weight before its input backward"));
  }
  SECTION("the same chunk twice") {
    last.push_back(last.back());
    CHECK(mentions(plan::verify(program), "done twice"));
  }
  SECTION("a chunk on the wrong rank") {
    program.per_rank[2].push_back(last.back());
    last.pop_back();
    CHECK(mentions(plan::verify(program), "stage lives on rank 3"));
  }
  SECTION("a stage that does not exist") {
    last[0].forward_stage = 4;
    CHECK(mentions(plan::verify(program), "no such stage or micro-batch"));
  }
  SECTION("a micro-batch that does not exist") {
    last[0].forward_micro_batch = 6;
    CHECK(mentions(plan::verify(program), "no such stage or micro-batch"));
  }
  SECTION("a rank that does not exist") {
    program.rank_of[0][2] = 9;
    CHECK(mentions(plan::verify(program), "does not exist"));
  }
  SECTION("a list too few") {
    program.per_rank.pop_back();
    CHECK(mentions(plan::verify(program), "one list a rank"));
  }
  SECTION("more activations than allowed") {
    CHECK(plan::verify(program, 4).empty());
    CHECK(mentions(plan::verify(program, 3), "keeps 4 activations, more than 3"));
  }
}

TEST_CASE("verify finds a cycle across ranks whose lists are each in order") {
  Program program = plan::list_program(Schedule::one_f_one_b, 2, 2);
  auto& first = program.per_rank[0];  // F0 F1 B0 B1: asking for B0 before F1 is right...
  std::swap(first[1], first[2]);
  REQUIRE(plan::verify(program).empty());
  auto& second = program.per_rank[1];  // F0 B0 F1 B1: ...unless rank 1 in turn wants F1 before B0
  std::swap(second[1], second[2]);
  const std::vector<std::string> faults = plan::verify(program);
  CHECK(mentions(faults, "rank 0: B of stage 0, micro-batch 0 waits for ever (instruction 1)"));
  CHECK(mentions(faults, "rank 1: F of stage 1, micro-batch 1 waits for ever (instruction 1)"));
}
