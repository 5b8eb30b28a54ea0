// The same input and seed give the same bytes: in text, JSON, traces and pictures, run after run, whatever
// the environment. (That every build type gives them too is what the kept files of golden_test.cpp show.)

#include <vector>

#include "catch.hpp"
#include "golden/command.hpp"

namespace {

const char* const elsewhere = "env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 TZ=Asia/Tokyo COLUMNS=40";

const std::vector<std::string> printed{
    "run scenarios/small.yaml",
    "run scenarios/small.yaml --json",
    "run scenarios/deepseek-v3.yaml",
    "run scenarios/deepseek-v3.yaml --json",
    "run scenarios/deepseek-v3.yaml --json --seed 7",
    "explain scenarios/small.yaml",
    "why scenarios/small.yaml bubble",
    "schedule --schedule dualpipe --stages 8 --micro-batches 20 --f 1ms --b 2ms --w 1ms --fb 2.5ms --json",
};

struct Written {
  std::string words, option;
};
const std::vector<Written> written{
    {"run scenarios/small.yaml --quick", "--trace"},
    {"run scenarios/deepseek-v3.yaml --quick", "--trace"},
    {"run scenarios/deepseek-v3.yaml --quick --stage sft", "--trace"},
    {"schedule --schedule dualpipe --stages 8 --micro-batches 20 --f 1ms --b 2ms --w 1ms", "--svg"},
};

}  // namespace

TEST_CASE("the same bytes are printed again") {
  if (!command::exists()) {
    WARN("no program at " FORETRAIN_BINARY ": nothing compared");
    return;
  }
  const std::string words = printed[GENERATE(range(std::size_t{0}, std::size_t{8}))];
  CAPTURE(words);
  const auto first = command::run(words);
  CHECK(first.status == 0);
  CHECK(first.out.size() > 500);
  CHECK((command::run(words).out == first.out));
  CHECK((command::run(words, elsewhere).out == first.out));
}

TEST_CASE("the same bytes are written again") {
  if (!command::exists()) {
    WARN("no program at " FORETRAIN_BINARY ": nothing compared");
    return;
  }
  const Written what = written[GENERATE(range(std::size_t{0}, std::size_t{4}))];
  CAPTURE(what.words, what.option);
  const command::Folder folder("determinism");
  std::vector<std::string> files;
  for (const std::string name : {"first", "second", "third"}) {
    const auto file = folder.file(name);
    const auto done = command::run(what.words + " " + what.option + " '" + file.string() + "'",
                                   name == "third" ? elsewhere : "");
    CHECK(done.status == 0);
    files.push_back(command::read(file));
  }
  CHECK(files[0].size() > 1000);
  CHECK(files[0].size() <= 50000000);  // a trace stays openable
  CHECK((files[1] == files[0]));
  CHECK((files[2] == files[0]));
}

TEST_CASE("another seed is another run") {
  if (!command::exists()) {
    WARN("no program at " FORETRAIN_BINARY ": nothing compared");
    return;
  }
  const auto one = command::run("run scenarios/small.yaml --json --quick --seed 1");
  const auto two = command::run("run scenarios/small.yaml --json --quick --seed 2");
  CHECK(one.status == 0);
  CHECK((one.out != two.out));
}

TEST_CASE("nothing is written where the answer is no or the input is wrong") {
  if (!command::exists()) {
    WARN("no program at " FORETRAIN_BINARY ": nothing compared");
    return;
  }
  const command::Folder folder("nothing");
  const auto file = folder.file("trace.json");
  const std::string trace = " --quick --trace '" + file.string() + "'";
  CHECK(command::run("run scenarios/deepseek-v3.yaml --set 'plan.recompute=[]'" + trace).status == 1);
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(command::run("run scenarios/small.yaml --set plan.expert=7" + trace + " 2>&1").status == 2);
  CHECK_FALSE(std::filesystem::exists(file));
}
