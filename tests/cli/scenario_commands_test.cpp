// The commands about scenarios: their arguments, their exit statuses, and that nothing is half done.

#include <filesystem>

#include "catch.hpp"
#include "cli/commands.hpp"

using namespace foretrain::testing;
using Catch::Matchers::Contains;

namespace {

const char* const small = "scenarios/small.yaml";

}  // namespace

TEST_CASE("a command about a scenario needs one") {
  for (const char* command : {"run", "check", "explain"})
    CHECK_THAT(mistake({command}), Contains("scenario is required"));
  CHECK_THAT(mistake({"why", small}), Contains("row is required"));
  CHECK_THAT(mistake({"compare"}), Contains("scenarios is required"));
  CHECK_THAT(mistake({"run", "no-such.yaml"}), Contains("no-such.yaml"));
}

TEST_CASE("a slip in a name is met with the nearest one") {
  CHECK_THAT(mistake({"rnu", small}), Contains("did you mean 'run'?"));
  CHECK_THAT(mistake({"run", small, "--jsn"}), Contains("did you mean '--json'?"));
  CHECK_THAT(mistake({"why", small, "bubbel"}), Contains("did you mean 'bubble'?"));
  CHECK_THAT(mistake({"why", small, "bubble", "--stage", "pre-trainig"}),
             Contains("did you mean 'pre-training'?"));
  CHECK_THAT(mistake({"explain", small, "--unit", "moe_layr"}), Contains("did you mean 'moe_layer'?"));
  CHECK_THAT(mistake({"explain", small, "--phase", "sideways"}), Contains("known: forward, input_gradient"));
}

TEST_CASE("changes are checked as the file is") {
  CHECK_THAT(mistake({"run", small, "--set", "plan.expert=7"}), Contains("7"));
  CHECK_THAT(mistake({"run", small, "--seed", "seven"}), Contains("seed"));
  CHECK_THAT(mistake({"compare", small, "--with", "plan.expert=7"}), Contains("7"));
  CHECK_THAT(mistake({"compare", small}), Contains("nothing to compare with"));
}

TEST_CASE("run answers in text and JSON, the same bytes every time") {
  const Done text = run({"run", small});
  CHECK(text.status == 0);
  CHECK_THAT(text.out,
             Contains("THE ANSWER") && Contains("WHERE THE SECONDS GO") && Contains("MEMORY of one GPU"));
  CHECK(run({"run", small}).out == text.out);
  const Done json = run({"run", small, "--json"});
  CHECK_THAT(json.out, Contains("\"gpu_hours\": ") && Contains("\"seed\": 1,"));
  CHECK(run({"run", small, "--json"}).out == json.out);
  CHECK_THAT(run({"run", small, "--json", "--seed", "5"}).out, Contains("\"seed\": 5,"));
}

TEST_CASE("quick leaves out the experiments and nothing else") {
  const std::string quick = run({"run", small, "--quick"}).out;
  CHECK_THAT(quick, Contains("THE ANSWER") && !Contains("WHERE THE SECONDS GO"));
  CHECK_THAT(quick, Contains("as --quick asks") && !Contains("confidence"));
  CHECK_THAT(run({"run", small, "--quick", "--json"}).out,
             Contains("\"interval\": null") && Contains("\"causes\": null"));
}

TEST_CASE("a plan that cannot run gives its reasons, status 1 and no trace") {
  const std::string trace =
      (std::filesystem::temp_directory_path() / "foretrain_cli_test_trace.json").string();
  std::filesystem::remove(trace);
  const char* const tiny = "cluster.gpu.memory.value=4 GiB";
  const Done done = run({"run", small, "--set", tiny, "--trace", trace});
  CHECK(done.status == 1);
  CHECK_THAT(done.out, Contains("cannot run as planned") && !Contains("THE ANSWER"));
  CHECK_FALSE(std::filesystem::exists(trace));
  CHECK(run({"why", small, "step", "--set", tiny}).status == 1);
  const Done compared = run({"compare", small, "--with", tiny});
  CHECK(compared.status == 1);
  CHECK_THAT(compared.out, Contains("cannot run: "));
  CHECK(run({"run", small, "--quick", "--trace", trace}).status == 0);
  CHECK(std::filesystem::file_size(trace) > 10000);
  std::filesystem::remove(trace);
}

TEST_CASE("check says what was understood") {
  const Done done = run({"check", small});
  CHECK(done.status == 0);
  CHECK_THAT(done.out, Contains("is a sound scenario") && Contains("expert 8") && Contains("100 B tokens"));
  CHECK_THAT(done.out, Contains("fits: fullest rank "));
  const std::string run_text = run({"run", small, "--quick"}).out;  // counts the same inputs
  const auto count =
      done.out.substr(done.out.find("; ") + 2, done.out.find(" inputs") - done.out.find("; ") - 2);
  CHECK_THAT(run_text, Contains("  " + count + " inputs: "));
}

TEST_CASE("check says no to a plan that does not fit") {
  const Done done = run({"check", small, "--set", "plan.micro_batch=16"});
  CHECK(done.status == 1);
  CHECK_THAT(done.out, Contains("cannot run as planned") && Contains("largest terms: activations") &&
                           !Contains("sound"));
}

TEST_CASE("explain lists every input with its origin, and ops with the row behind each price") {
  CHECK_THAT(run({"explain", small, "--set", "plan.expert=16"}).out,
             Contains("plan.expert") && Contains("--set"));
  const std::string ops = run({"explain", small, "--unit", "moe_layer", "--phase", "forward"}).out;
  CHECK_THAT(ops, Contains("moe_layer: mlp forward") && Contains("h800.yaml:") &&
                      Contains("THE ROWS BEHIND THE PRICES"));
  CHECK_THAT(ops, !Contains("weight gradient") && !Contains("dense_layer:"));
}

TEST_CASE("why traces every row to its sources") {
  for (const char* row : {"forward", "backward", "weight"}) {
    CHECK_THAT(run({"why", small, row}).out,
               Contains("THE ROWS BEHIND THE PRICES") && Contains("h800.yaml:"));
  }
  CHECK_THAT(run({"why", small, "overlapped"}).out, Contains("runs no such chunk"));  // 1F1B has no pairs
  CHECK_THAT(run({"why", small, "overlapped", "--set", "plan.schedule=dualpipe"}).out,
             Contains("THE EXCHANGES"));
  CHECK_THAT(run({"why", small, "bubble"}).out, Contains("published formula") && Contains("cause by cause"));
  CHECK_THAT(run({"why", small, "forward"}).out, Contains("forward (1F): ") && Contains("(1 stage)"));
  CHECK(run({"why", small, "bubble"}).out.starts_with("bubble: "));
  CHECK_THAT(run({"why", small, "optimizer"}).out, Contains("reduce-scatter"));
  CHECK_THAT(run({"why", small, "exposed_communication"}).out, Contains("exposed each, ms"));
  CHECK_THAT(run({"why", small, "step"}).out, Contains("each of which can be asked for"));
}

TEST_CASE("compare takes several files, and variants whose values may be lists") {
  const Done done = run({"compare", small, "--with", "plan.schedule=zb1p, plan.recompute=[norms, swiglu]",
                         "--with", "plan.expert=16"});
  CHECK(done.status == 0);
  CHECK_THAT(
      done.out,
      Contains("B  scenarios/small.yaml with plan.schedule=zb1p, plan.recompute=[norms, swiglu]\nC  "));
  CHECK_THAT(run({"compare", small, small, "--json"}).out, Contains("\"variant\": \"scenarios/small.yaml\""));
}

TEST_CASE("explain shows memory over time, as text, JSON and picture, with 1 where it does not fit") {
  const auto text = run({"explain", small, "--memory-over-time"});
  CHECK(text.status == 0);
  CHECK_THAT(text.out, Contains("MEMORY OVER TIME") && Contains("  rank 0 |"));
  CHECK_THAT(run({"explain", small, "--memory-over-time", "--json"}).out, Contains("\"peak_at_s\""));
  const auto file = (std::filesystem::temp_directory_path() / "foretrain_memory.svg").string();
  run({"explain", small, "--memory-over-time", "--svg", file.c_str()});
  CHECK(std::filesystem::file_size(file) > 1000);
  std::filesystem::remove(file);
  const auto full = run({"explain", small, "--memory-over-time", "--set", "plan.micro_batch=16"});
  CHECK(full.status == 1);
  CHECK_THAT(full.out, Contains("DOES NOT FIT"));
  CHECK_THAT(mistake({"explain", small, "--json"}), Contains("--memory-over-time"));
}

TEST_CASE("a question about a step is known by name, and threads are counted") {
  CHECK_THAT(mistake({"run", small, "--what", "straggler"}), Contains("did you mean 'stragglers'?"));
  CHECK_THAT(mistake({"run", small, "--unfold", "--threads", "0"}), Contains("is not a number of threads"));
  const Words asked{"run", small, "--what", "link-failure", "--json", "--threads"};
  Words one = asked, two = asked;
  one.push_back("1");
  two.push_back("2");
  CHECK(printed(one) == printed(two));
  CHECK_THAT(printed(one), Contains("\"question\": \"link-failure\"") && Contains("\"cost_s\": "));
  CHECK_THAT(printed({"run", small, "--quick", "--unfold", "--json"}),
             Contains("\"unfolded\": [") && Contains("\"critical_path_s\": {"));
  const Done refused = run({"run", small, "--what", "skew", "--set", "cluster.fabric.levels=3"});
  CHECK(refused.status == 1);
  CHECK_THAT(refused.out, Contains("cannot be asked about skew"));
}
