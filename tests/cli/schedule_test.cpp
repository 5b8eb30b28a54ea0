#include "cli/schedule.hpp"

#include <filesystem>
#include <sstream>

#include "catch.hpp"
#include "cli/commands.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::testing;

std::vector<std::string> complaints(const Words& words) {
  std::vector<std::string> texts;
  for (const Diagnostic& d : mistakes(words))
    texts.push_back(d.message + (d.hint.empty() ? "" : " | " + d.hint));
  return texts;
}

// A right command, some of whose options are replaced, or taken out ("").
std::vector<std::string> schedule(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> options{{"--schedule", "dualpipe"},
                                                           {"--stages", "8"},
                                                           {"--micro-batches", "20"},
                                                           {"--f", "1ms"},
                                                           {"--b", "2ms"},
                                                           {"--w", "1ms"}};
  for (const auto& [name, value] : changes) {
    bool replaced = false;
    for (auto& [n, v] : options)
      if (n == name) v = value, replaced = true;
    if (!replaced) options.emplace_back(name, value);
  }
  std::vector<std::string> words{"schedule"};
  for (const auto& [name, value] : options)
    if (!value.empty()) words.insert(words.end(), {name, value});
  return words;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a small schedule, every byte") {
  CHECK(printed(schedule({{"--schedule", "zb1p"}, {"--stages", "3"}, {"--micro-batches", "4"}})) ==
        R"(zb1p: 3 stages on 3 ranks, 4 micro-batches
F 1 ms, B 2 ms (I 1 + W 1), communication free

makespan   14 ms
ideal      12 ms, the busiest rank without a wait
bubble     2 ms on every rank, 14.29 % of the makespan
published  2 ms = (P-1)(F+B-2W)

rank     stages     bubble ms       busy ms       F       B       I       W     F&B  activations
   0          0             2            12       4       0       4       4       0            3
   1          1             2            12       4       0       4       4       0            3
   2          2             2            12       4       0       4       4       0            3

rank 0 |FFFFFFFFFFFF........IIIIWWWWFFFFIIIIWWWWIIIIWWWWIIIIWWWW|
rank 1 |....FFFFFFFF....IIIIFFFFIIIIWWWWFFFFIIIIWWWWIIIIWWWWWWWW|
rank 2 |........FFFFIIIIFFFFIIIIFFFFIIIIWWWWFFFFIIIIWWWWWWWWWWWW|
       0                                                    14 ms
F forward, B backward (I + W), I input gradient, W weight gradient, & F with B, . idle
one letter is 0.25 ms
)");
}

TEST_CASE("where the published bubble is not exact the report says why") {
  const std::string text = printed(schedule({{"--fb", "2.5ms"}}));
  CHECK(text.find("makespan   59 ms\n") != std::string::npos);
  CHECK(text.find("bubble     3.5 to 4.5 ms, ") != std::string::npos);
  CHECK(text.find("published  4.5 ms = (P/2-1)(F&B+B-3W); not exact here: F&B differs from F + B\n") !=
        std::string::npos);
}

TEST_CASE("JSON has units in its keys") {
  auto words = schedule({{"--fb", "2.5ms"}, {"--p2p", "100us"}});
  words.emplace_back("--json");
  const std::string json = printed(words);
  for (const char* part : {"\"makespan_s\": 0.0616,", "\"bubble_s\": 0.0061,", "\"peak_activations\": 9,",
                           "\"counts\": {\n        \"forward\": 11,"})
    CHECK(json.find(part) != std::string::npos);
}

TEST_CASE("messages that share a port, and senders that wait, cost time") {
  const auto makespan = [](std::vector<std::string> flags) {
    auto words = schedule({{"--p2p", "0.2ms"}});
    words.insert(words.end(), flags.begin(), flags.end());
    words.emplace_back("--json");
    const std::string json = printed(words);
    return std::stod(json.substr(json.find("makespan_s") + 12));
  };
  CHECK(makespan({"--share-port"}) > makespan({}));
  CHECK(makespan({"--wait-sends"}) > makespan({}));
  CHECK(makespan({"--wait-sends", "--share-port"}) > makespan({"--wait-sends"}));
}

TEST_CASE("each mistake has its one diagnostic") {
  CHECK(complaints(schedule({{"--schedule", "dualpip"}})) ==
        Lines{"--schedule 'dualpip' is not a schedule | did you mean 'dualpipe'?"});
  CHECK(
      complaints(schedule({{"--schedule", "gantt"}})) ==
      Lines{
          "--schedule 'gantt' is not a schedule | use 1f1b, zb1p, dualpipe, dualpipe-v, gpipe, interleaved"});
  CHECK(complaints(schedule({{"--stages", "7"}})) ==
        Lines{"dualpipe folds its stages in two halves: 7 stages is not an even number | the nearest is "
              "--stages 8"});
  CHECK(complaints(schedule({{"--micro-batches", "21"}})) ==
        Lines{"dualpipe sends half of its micro-batches each way: 21 is not an even number | the nearest is "
              "--micro-batches 22"});
  CHECK(complaints(schedule({{"--micro-batches", "4"}})) ==
        Lines{"dualpipe over 8 stages needs at least 16 micro-batches, not 4 | the nearest is "
              "--micro-batches 16"});
  CHECK(complaints(schedule({{"--w", "3ms"}})) == Lines{"--w '3ms' is longer than --b '2ms' | --b is the "
                                                        "full backward: input gradient and weight gradient"});
  for (const std::string count : {"0", "-3", "1025", "8.5", "1e2", "eight", "99999999999999999999"})
    CHECK(complaints(schedule({{"--stages", count}})) ==
          Lines{"--stages '" + count + "' is not a whole number from 1 to 1024"});
  CHECK(complaints(schedule({{"--f", "1001s"}})) == Lines{"--f '1001s' is not between 1 ns and 1000 s"});
  CHECK(complaints(schedule({{"--f", "0ms"}})) == Lines{"--f '0ms' is not between 1 ns and 1000 s"});
  CHECK(complaints(schedule({{"--f", "-1ms"}})) == Lines{"--f '-1ms' is not between 1 ns and 1000 s"});
  CHECK(complaints(schedule({{"--b", ""}})) == Lines{"--b is missing | for example --b 1ms"});
  CHECK(
      complaints(schedule({{"--schedule", "zb1p"}, {"--stages", "1024"}, {"--micro-batches", "100000"}})) ==
      Lines{"1024 stages x 100000 micro-batches make 307200000 chunks, more than 10000000 | use at most 3255 "
            "micro-batches"});
  const Lines bare = complaints(schedule({{"--f", "1"}}));
  REQUIRE(bare.size() == 1);
  CHECK(bare[0].find("--f: '1' has no unit") == 0);
  CHECK(complaints(schedule({{"--fo", "1ms"}})) == Lines{"unknown option '--fo' | did you mean '--f'?"});
  CHECK(complaints({"schedul"}) == Lines{"unknown command 'schedul' | did you mean 'schedule'?"});
  CHECK(complaints({}) == Lines{"no command given | see foretrain --help"});
}

TEST_CASE("stages that do not suit a schedule are told with a way out") {
  const auto told = [](const std::string& name, const std::string& stages, const std::string& ways) {
    return complaints(schedule({{"--schedule", name}, {"--stages", stages}, {"--virtual", ways}}));
  };
  CHECK(told("interleaved", "8", "") ==
        Lines{"interleaved needs at least 2 virtual stages a rank, not 1 | for example --virtual 2"});
  CHECK(told("interleaved", "8", "3") ==
        Lines{"interleaved spreads 8 stages over ranks of 3 each: there is a remainder of 2 | the nearest is "
              "--stages 9"});
  CHECK(told("1f1b", "8", "2") ==
        Lines{"1f1b has no virtual stages, only interleaved has; there are 2 | leave --virtual out"});
  CHECK(told("interleaved", "8", "0") == Lines{"--virtual '0' is not a whole number from 1 to 1024"});
  CHECK(complaints(schedule({{"--schedule", "interleaved"}, {"--virtual", "2"}, {"--micro-batches", "3"}})) ==
        Lines{"interleaved over 8 stages needs at least 4 micro-batches, not 3 | the nearest is "
              "--micro-batches 4"});
}

TEST_CASE("interleaved 1F1B, every byte") {
  CHECK(printed(schedule({{"--schedule", "interleaved"},
                          {"--virtual", "2"},
                          {"--stages", "4"},
                          {"--micro-batches", "4"},
                          {"--w", ""}})) ==
        R"(interleaved: 4 stages on 2 ranks, 4 micro-batches
F 1 ms, B 2 ms, communication free

makespan   27 ms
ideal      24 ms, the busiest rank without a wait
bubble     3 ms on every rank, 11.11 % of the makespan
published  3 ms = (P/v-1)(F+B)

rank     stages     bubble ms       busy ms       F       B       I       W     F&B  activations
   0        0 2             3            24       8       8       0       0       0            5
   1        1 3             3            24       8       8       0       0       0            3

rank 0 |FFFFFFFFFFFFFFF...BBBBBBFFFBBBBBBFFFBBBBBBFFFBBBBBB...BBBBBB...BBBBBBBBBBBBBBBBBB|
rank 1 |...FFFFFFFFFBBBBBBFFFBBBBBBFFFBBBBBBFFFBBBBBBFFFBBBBBBFFFBBBBBBBBBBBBBBBBBB......|
       0                                                                             27 ms
F forward, B backward (I + W), I input gradient, W weight gradient, & F with B, . idle
one letter is 0.333333 ms
)");
}

TEST_CASE("zb-h1 is another name of zb1p") {
  CHECK(printed(schedule({{"--schedule", "zb-h1"}})) == printed(schedule({{"--schedule", "zb1p"}})));
}

TEST_CASE("an option given twice is one too many") {
  auto words = schedule();
  words.insert(words.end(), {"--f", "2ms"});
  CHECK(complaints(words) == Lines{"--f is given 2 times"});
}

TEST_CASE("all mistakes are told at once") {
  CHECK(complaints({"schedule", "--f", "x"}).size() == 6);
}

TEST_CASE("a picture that cannot be written is told, and nothing is printed") {
  std::ostringstream out;
  cli::ScheduleText text{"1f1b", "2", "2", "1ms", "2ms", "1ms", {}, {}, "/nonexistent/folder/a.svg"};
  CHECK_THROWS_AS(cli::run_schedule(cli::read_schedule_options(text), out), SpecError);
  CHECK(out.str().empty());
}

TEST_CASE("1F1B never cuts the backward, so --w may be left out") {
  const std::string text = printed(schedule({{"--schedule", "1f1b"}, {"--w", ""}}));
  CHECK(text.find("published  21 ms = (P-1)(F+B)\n") != std::string::npos);
}
