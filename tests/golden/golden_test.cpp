// What the program prints, kept beside the code: a change of any figure or word is seen where it is reviewed.
// When a change is meant, rewrite the files with UPDATE_GOLDEN=1 and read the difference.

#include <fmt/core.h>

#include <cstdlib>
#include <regex>
#include <vector>

#include "catch.hpp"
#include "golden/command.hpp"
#include "report/json_reader.hpp"

namespace {

// What changes with every release or edited comment, and no figure with it.
std::string masked(const std::string& text) {
  static const std::regex made(R"(foretrain \d+\.\d+\.\d+, seed (\d+), scenario hash [0-9a-f]{16})");
  return std::regex_replace(text, made, "foretrain *, seed $1, scenario hash *");
}

// One line a value, "stages.0.step_time_s 19.93", numbers to four digits. Left out: what is long (ranks,
// memory, ramp) and what names the version.
void flatten(const json::Value& value, const std::string& path, std::string& lines) {
  using Kind = json::Value::Kind;
  const auto line = [&](const std::string& text) { lines += path + " " + text + "\n"; };
  switch (value.kind) {
    case Kind::null:
      return line("null");
    case Kind::truth:
      return line(value.truth ? "true" : "false");
    case Kind::number:
      return line(fmt::format("{:.4g}", value.number));
    case Kind::text:
      return line(value.text);
    case Kind::list:
      for (std::size_t i = 0; i < value.items.size(); ++i)
        flatten(value.items[i], path + "." + std::to_string(i), lines);
      return;
    case Kind::map:
      for (const auto& [key, member] : value.members) {
        if (key == "ranks" || key == "memory" || key == "ramp" || key == "version" || key == "scenario_hash")
          continue;
        flatten(member, path.empty() ? key : path + "." + key, lines);
      }
      return;
  }
}

std::string key_figures(const std::string& text) {
  std::string lines;
  flatten(json::parse(text), "", lines);
  return lines;
}

std::string first_difference(const std::string& expected, const std::string& found) {
  std::istringstream a(expected), b(found);
  std::string left, right;
  for (int number = 1;; ++number) {
    const bool more_a = static_cast<bool>(std::getline(a, left)),
               more_b = static_cast<bool>(std::getline(b, right));
    if (!more_a && !more_b) return "only line ends differ";
    if (more_a != more_b || left != right)
      return fmt::format("line {}\n  kept:  {}\n  found: {}", number, more_a ? left : "(end)",
                         more_b ? right : "(end)");
  }
}

void compare(const std::string& name, const std::string& found) {
  const std::filesystem::path file = std::string(FORETRAIN_ROOT "/tests/golden/") + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(file, std::ios::binary) << found;
    WARN("rewritten: " << file);
    return;
  }
  const std::string kept = command::read(file);
  REQUIRE_FALSE(kept.empty());
  if (kept == found) return;
  FAIL_CHECK(name << " differs at " << first_difference(kept, found)
                  << "\nIf this is meant: UPDATE_GOLDEN=1");
}

struct Golden {
  std::string name, words;
  int status = 0;
  bool figures_only = false;
};
const std::vector<Golden> goldens{
    {"schedule_1f1b.txt", "schedule --schedule 1f1b --stages 4 --micro-batches 8 --f 1ms --b 2ms"},
    {"schedule_zb1p.txt", "schedule --schedule zb1p --stages 4 --micro-batches 8 --f 1ms --b 2ms --w 1ms"},
    {"schedule_dualpipe.txt",
     "schedule --schedule dualpipe --stages 8 --micro-batches 20 --f 1ms --b 2ms --w 1ms --fb 2.5ms"},
    {"schedule_p2p.txt",
     "schedule --schedule dualpipe-v --stages 8 --micro-batches 12 --f 1ms --b 2ms --w 1ms --p2p 0.1ms"},
    {"validate_runs.txt", "validate tests/published/runs_small.yaml"},
    {"calibrate.txt", "calibrate validate/results/synthetic-h200.csv --allow synthetic"},
    {"calibrate_trace.txt",
     "calibrate --from-trace tests/published/deepseek_v3_trace_kernels.json --rules "
     "validate/rules/deepseek-v3.yaml --model models/deepseek-v3.yaml --expert 64 --rounds 0,2"},
    {"validate_kernels.txt", "validate kernels validate/results/synthetic-h200.csv --gpu h100"},
    {"calibrate_node.txt", "calibrate validate/results/synthetic-h200-node.csv --allow synthetic"},
    {"validate_layer.txt", "validate layer validate/results/synthetic-h200-layer.csv"},
    {"small.txt", "run scenarios/small.yaml"},
    {"small_documents.txt",
     "run scenarios/small.yaml --set 'stages.pre-training.documents={median: 700, sigma: 1.2}'"},
    {"small_unfold.txt",
     "run scenarios/small.yaml --quick --unfold --set 'unevenness.slow_gpus=[{gpu: 5, slower: 20 %}]'"},
    {"what_stragglers.txt", "run scenarios/small.yaml --what stragglers"},
    {"what_link_failure.txt", "run scenarios/small.yaml --what link-failure"},
    {"what_skew.txt", "run scenarios/small.yaml --what skew"},
    {"what_network.txt", "run scenarios/small.yaml --what network --json", 0, true},
    {"what_network_leaves.txt",
     "run scenarios/small.yaml --what network --set plan.expert=16 --set cluster.fabric.switch_ports=4"},
    {"small_does_not_fit.txt", "run scenarios/small.yaml --set plan.micro_batch=16", 1},
    {"topology_mpft.txt", "topology topologies/fabrics/mpft-16384.yaml"},
    {"topology_slim_fly.txt", "topology topologies/fabrics/slim-fly-30618.yaml"},
    {"topology_cluster.txt", "topology topologies/h800-2048.yaml"},
    {"topology_ring.txt", "topology topologies/fabrics/custom-ring.yaml"},
    {"topology_dragonfly.txt", "topology topologies/fabrics/dragonfly-1056.yaml --json", 0, true},
    {"network_dispatch.txt", "network topologies/h800-64.yaml --pattern dispatch --bytes 56MiB"},
    {"network_ecmp.txt",
     "network topologies/fabrics/ft2-2048.yaml --pattern permutation --routing ecmp --bytes 64MiB"},
    {"network_links.txt",
     "network topologies/fabrics/custom-ring.yaml --pattern permutation --routing ecmp --bytes 64MiB --links "
     "6"},
    {"network_ring.txt",
     "network topologies/fabrics/ft2-2048.yaml --pattern ring-allreduce --bytes 1GiB --json", 0, true},
    {"deepseek_v3.txt", "run scenarios/deepseek-v3.yaml --json", 0, true},
    {"deepseek_v3_bf16.txt", "run scenarios/deepseek-v3-bf16.yaml --json --quick", 0, true},
    {"deepseek_v3_h100.txt", "run scenarios/deepseek-v3-h100.yaml --json --quick", 0, true},
};

}  // namespace

TEST_CASE("the program prints what it printed when this was last reviewed") {
  if (!command::exists()) {
    WARN("no program at " FORETRAIN_BINARY ": nothing compared");
    return;
  }
  const Golden golden = goldens[GENERATE(range(std::size_t{0}, goldens.size()))];
  CAPTURE(golden.words);
  const auto done = command::run(golden.words);
  CHECK(done.status == golden.status);
  compare(golden.name, golden.figures_only ? key_figures(done.out) : masked(done.out));
}

TEST_CASE("a small step for other simulators: what is said of it, its GOAL, and its traces read back") {
  if (!command::exists()) {
    WARN("no program at " FORETRAIN_BINARY ": nothing compared");
    return;
  }
  const command::Folder folder("golden-export");
  const std::string traces = folder.file("traces").string(), goal = folder.file("step.goal").string();
  const std::string small = "export scenarios/small.yaml --micro-batches 2 ";
  std::string text = command::run(small + "--level segment --chakra " + traces).out;
  text += "\n" + command::run("import-chakra " + traces).out;
  text += "\n" + command::run("import-chakra --nic '50 GB/s' --latency 5us " + traces).out;
  text += "\n" + command::run(small + "--goal " + goal).out;
  text += "\n" + command::read(goal);
  text = std::regex_replace(text, std::regex(folder.file("").string()), "");
  compare("export_small.txt", text);
}

TEST_CASE("a reader that leaves is no fault, a full disk is one; both are status 1") {
  if (!command::exists()) {
    WARN("no program at " FORETRAIN_BINARY ": nothing run");
    return;
  }
  const auto full = command::run("check scenarios/small.yaml 2>&1 >/dev/full");
  CHECK(full.status == 1);
  CHECK(full.out == "foretrain: error: cannot write to standard output\n");
  const auto left = command::run("check scenarios/small.yaml 2>&3; echo $? >&3; } | true",
                                 "exec 3>&1; { sleep 0.2;");  // true is gone by then
  CHECK(left.out == "1\n");
}
