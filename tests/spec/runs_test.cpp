// Files of measured runs: what is read of them, and what is said of mistakes.

#include "spec/runs.hpp"

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "spec/files.hpp"

using namespace foretrain;
using Catch::Matchers::Contains;

namespace {

const std::string sets = "sets:\n  lab: {title: A lab, address: here}\n";

spec::PublishedRuns load(const std::string& text) {
  const Folder folder;
  return spec::load_runs({folder.write("runs.yaml", text)});
}

std::string mistake(const std::string& text) {
  try {
    load(text);
  } catch (const SpecError& error) {
    return error.what();
  }
  return "no mistake found";
}

std::string row(const std::string& keys) {
  return sets + "runs:\n- {id: lab-1, set: lab, " + keys + "}\n";
}

}  // namespace

TEST_CASE("a row is kept as it was written") {
  const auto runs = load(row("gpus: 64, step_time_s: 1.25, sequence_parallel: true, gpu: A100-SXM-80GB"));
  REQUIRE(runs.rows.size() == 1);
  const auto& r = runs.rows.front();
  CHECK(r.id == "lab-1");
  CHECK(r.fields.count("gpus") == 64);
  CHECK(r.fields.number("step_time_s") == 1.25);
  CHECK(r.fields.text("sequence_parallel") == "true");
  CHECK_FALSE(r.fields.count("tp"));  // not printed is not 1
  CHECK(runs.set_of(r).title == "A lab");
  CHECK_THAT(r.origin, Contains("runs.yaml:4"));
}

TEST_CASE("figures of a set, its settings and their sources") {
  const auto runs = load(
      "sets:\n  lab:\n    title: A lab\n    figure: {flops: hardware, attention: causal, source: page 3}\n"
      "    settings:\n      - {when: {system: A}, software: one, source: stated}\n"
      "      - {software: two, zero: 1, features: [x, y], source: assumed}\n"
      "runs:\n- {id: lab-1, set: lab, system: A}\n");
  const auto& set = runs.sets.front();
  CHECK(set.figure.recomputed);
  CHECK(set.figure.causal);
  REQUIRE(set.rules.size() == 2);
  CHECK(set.rules[0].when.text("system") == "A");
  CHECK(set.rules[1].then.text("features") == "x, y");
  CHECK(set.rules[1].source == "assumed");
}

TEST_CASE("a table beside the file holds rows of a set") {
  const Folder folder;
  folder.write("table.csv",
               "gpus,gbs_sequences,mbs_sequences,hidden,heads,layers,seq_len_tokens,tp,dp,pp,step_time_ms\n"
               "2,16,8,1024,16,24,1024,1,1,2,372.16\n");
  const auto runs =
      spec::load_runs({folder.write("runs.yaml", "sets:\n  lab: {title: A lab, table: table.csv}\n")});
  REQUIRE(runs.rows.size() == 1);
  CHECK(runs.rows[0].id == "lab-0001");
  CHECK(runs.rows[0].fields.number("step_time_ms") == 372.16);
}

TEST_CASE("remarks are passed over, and keys that mean nothing here are counted") {
  const auto runs =
      load(row("gpus: 8, notes: 'as we like it', weather_in_the_hall: fine, tokens_per_s_per_node: 3"));
  CHECK(runs.unread.at("tokens_per_s_per_node") == 1);  // another figure, not a slip of ..._per_gpu
  CHECK_FALSE(runs.rows[0].fields.has("notes"));
  CHECK(runs.unread.at("weather_in_the_hall") == 1);
}

TEST_CASE("mistakes in runs are told with their place") {
  CHECK_THAT(mistake(row("gpus: eight")), Contains("runs.yaml:4:") && Contains("gpus") && Contains("eight"));
  CHECK_THAT(mistake(row("gpus: 0")), Contains("out of range"));
  CHECK_THAT(mistake(row("step_time_s: -2")), Contains("not more than 0"));
  CHECK_THAT(mistake(row("step_time_s: [1, 2]")), Contains("must be a single value"));
  CHECK_THAT(mistake(row("sequence_parallel: maybe")), Contains("neither true nor false"));
  CHECK_THAT(mistake(row("mbs_sequence: 2")), Contains("did you mean 'mbs_sequences'?"));
  CHECK_THAT(mistake(sets + "runs:\n- {id: a, set: lob, gpus: 8}\n"), Contains("no set is called 'lob'"));
  CHECK_THAT(mistake(sets + "runs:\n- {set: lab, gpus: 8}\n"), Contains("a run lacks 'id'"));
  CHECK_THAT(mistake(sets + "runs:\n- {id: a, set: lab}\n- {id: a, set: lab}\n"), Contains("has the id of"));
  CHECK_THAT(mistake(sets + "runs: {id: a}\n"), Contains("runs must be a list"));
  CHECK_THAT(mistake(sets), Contains("hold no runs"));
  CHECK_THAT(mistake("runs:\n- {id: a, set: lab}\n"), Contains("lacks 'sets'"));
  CHECK_THAT(mistake("sets:\n  lab: {titel: A}\nruns:\n- {id: a, set: lab}\n"), Contains("'title'"));
  CHECK_THAT(mistake("sets:\n  lab: {settings: [{zero: 1}]}\nruns:\n- {id: a, set: lab}\n"),
             Contains("have no source"));
  CHECK_THAT(
      mistake(
          "sets:\n  lab: {figure: {flops: all, attention: full, source: x}}\nruns:\n- {id: a, set: lab}\n"),
      Contains("unknown flops 'all'"));
}
