#include "cli/export.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "cli/commands.hpp"
#include "interchange/goal_reader.hpp"
#include "interchange/replay.hpp"
#include "interchange/totals.hpp"
#include "interchange/verify.hpp"
#include "report/json_reader.hpp"

namespace {

namespace fs = std::filesystem;
using namespace foretrain;
using namespace foretrain::testing;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("foretrain-export-" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  bool empty() const { return fs::is_empty(path_); }

 private:
  fs::path path_;
};

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Of the scenario for 64 GPUs, with few micro-batches.
Words small_with(Words more) {
  Words words{"export", FORETRAIN_ROOT "/scenarios/small.yaml", "--micro-batches", "6"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

double figure(const std::string& text, const std::string& key) {
  const auto value = json::parse(text);
  for (const auto& [name, member] : value.members)
    if (name == key) return member.number;
  FAIL("no member " << key);
  return 0;
}

}  // namespace

TEST_CASE("what is exported is imported again with the simulated step as its makespan") {
  const Folder folder;
  const std::string ranks = GENERATE("pipeline", "all"), level = GENERATE("chunk", "segment");
  const auto out =
      printed(small_with({"--chakra", folder / "t", "--ranks", ranks, "--level", level, "--json"}));
  const auto in = printed({"import-chakra", folder / "t", "--json"});
  CHECK(figure(in, "ranks") == (ranks == "all" ? 64 : 4));
  CHECK(figure(in, "nodes") == figure(out, "nodes"));
  CHECK(figure(in, "message_bytes") == figure(out, "message_bytes"));
  CHECK(figure(in, "makespan_s") == Approx(figure(out, "step_time_s")).epsilon(1e-9));
  CHECK(printed({"import-chakra", folder / "t/trace", "--json"}).find("\"makespan_ns\"") !=
        std::string::npos);
}

TEST_CASE("GOAL holds the messages of the traces and the same makespan where messages take no time") {
  const Folder folder;
  const std::string ranks = GENERATE("pipeline", "all");
  printed(small_with({"--chakra", folder / "t", "--goal", folder / "t.goal", "--ranks", ranks}));
  const auto goal = goal::read(read(folder / "t.goal"));
  REQUIRE(interchange::faults_of(goal) == std::vector<std::string>{});
  const auto free = interchange::replay(goal);
  const auto in = printed({"import-chakra", folder / "t", "--nic", "1000000000000 TB/s", "--json"});
  CHECK(static_cast<double>(free.makespan.time_since_epoch().count()) == figure(in, "makespan_ns"));
  if (ranks == "pipeline") {  // folded: but for the barrier of 4 bytes, messages only
    CHECK(totals_of(goal).messages.base() == Approx(figure(in, "message_bytes") + 4 * 2 * 4));
  }
  printed(small_with({"--goal", folder / "ps.goal", "--ranks", ranks, "--time-unit", "ps"}));
  const auto fine = interchange::replay(goal::read(read(folder / "ps.goal")));
  CHECK(fine.makespan.time_since_epoch() == free.makespan.time_since_epoch() * 1000);
}

TEST_CASE("options of an export that cannot be meant are told, and nothing is written") {
  const Folder folder;
  CHECK(mistake(small_with({})).find("export needs a format") != std::string::npos);
  CHECK(mistake(small_with({"--chakra", folder / "t", "--ranks", "al"})).find("did you mean 'all'?") !=
        std::string::npos);
  CHECK(mistake(small_with({"--chakra", folder / "t", "--level", "kernel"})).find("unknown level 'kernel'") !=
        std::string::npos);
  CHECK(mistake(small_with({"--goal", folder / "g", "--level", "op"})).find("needs --ranks all") !=
        std::string::npos);
  CHECK(mistake(small_with({"--goal", folder / "g", "--time-unit", "us"})).find("unknown time unit 'us'") !=
        std::string::npos);
  CHECK(mistake({"export", FORETRAIN_ROOT "/scenarios/small.yaml", "--chakra", folder / "t",
                 "--micro-batches", "0"})
            .find("--micro-batches '0' is not a whole number from 1 to 100000") != std::string::npos);
  CHECK(mistake(small_with({"--chakra", folder / "t", "--stage", "pretraining"}))
            .find("did you mean 'pre-training'?") != std::string::npos);
  CHECK(mistake({"export", FORETRAIN_ROOT "/scenarios/deepseek-v3.yaml", "--chakra", folder / "t", "--ranks",
                 "all", "--level", "op"})
            .find("of 2048 ranks would take about") != std::string::npos);
  CHECK(mistake(small_with({"--chakra", folder / "no/t"})).find("cannot make this folder") !=
        std::string::npos);
  CHECK(mistake(small_with({"--chakra", folder / "t", "--goal", folder / "t/g"})).find("need a place each") !=
        std::string::npos);
  CHECK(mistake(small_with({"--goal", folder / std::string(300, 'g')})).find("File name too long") !=
        std::string::npos);
  CHECK(folder.empty());
}

TEST_CASE("a stage that cannot run is not exported") {
  const Folder folder;
  const auto done = run({"export", FORETRAIN_ROOT "/scenarios/small.yaml", "--chakra", folder / "t", "--set",
                         "plan.micro_batch=16"});
  CHECK(done.status == 1);
  CHECK(done.out.find("pre-training cannot run as planned: ") == 0);
  CHECK(folder.empty());
}

TEST_CASE("options of an import that cannot be meant are told") {
  const Folder folder;
  CHECK(mistake({"import-chakra", folder / "none"}).find("no traces of this name") != std::string::npos);
  printed(small_with({"--chakra", folder / "t"}));
  CHECK(mistake({"import-chakra", folder / "t", "--nic", "50"}).find("--nic: ") != std::string::npos);
  CHECK(mistake({"import-chakra", folder / "t", "--nic", "0 GB/s"}).find("allowed: 1 B/s or more") !=
        std::string::npos);
  CHECK(mistake({"import-chakra", folder / "t", "--nic", "1 GB/s", "--latency", "2 s"}).find("0 s to 1 s") !=
        std::string::npos);
  CHECK(mistake({"import-chakra", std::string(300, 'p')}).find("no traces of this name") !=
        std::string::npos);
  CHECK(mistake({"import-chakra", folder / "t", "--latency", "1us"}).find("--latency needs --nic") !=
        std::string::npos);
  fs::remove(folder / "t/trace.3.et");
  const auto all = mistakes({"import-chakra", folder / "t"});
  REQUIRE(all.size() > 1);  // messages to a rank that is not there
  CHECK(all.front().message.find("there are ranks 0 to 2") != std::string::npos);
  CHECK(all.back().message.find("and ") == 0);
}
