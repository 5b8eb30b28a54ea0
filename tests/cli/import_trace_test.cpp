// `foretrain import-trace`: what it prints and writes, and what it says of traces, rules and options that do
// not fit.

#include <filesystem>
#include <fstream>

#include "calibrate/trace_files.hpp"
#include "catch.hpp"
#include "cli/commands.hpp"

using namespace foretrain::testing;
using Catch::Matchers::Contains;

namespace {

const std::string model_file = FORETRAIN_ROOT "/models/deepseek-v3.yaml";

Words typed(const Words& more = {}, const std::string& trace = trace_file) {
  Words words{"import-trace", trace, "--rules", rules_file, "--model", model_file};
  if (std::find(more.begin(), more.end(), "--expert") == more.end())
    words.insert(words.end(), {"--expert", "64"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + by.size()))
    text.replace(at, part.size(), by);
  return text;
}

// The published rules with a change, beside nothing that they need.
std::string changed_rules(const std::string& part, const std::string& by) {
  return replaced(replaced(text_of(rules_file), "../../models", FORETRAIN_ROOT "/models"), part, by);
}

}  // namespace

TEST_CASE("import-trace prints classes, rounds and measurements, the same bytes every time") {
  const std::string text = printed(typed());
  CHECK_THAT(text, Contains("983 on NVIDIA H800 (132 SMs), 4 rounds") && Contains("comm_combine") &&
                       Contains("49,448") && Contains("named: 100.0 % of kernel time") &&
                       Contains("4096 tokens a micro-batch, 4 experts here; 129.01 ms") &&
                       Contains("hold 20 SMs") && Contains("grouped_wgrad_fp8"));
  CHECK(text == printed(typed()));
  CHECK_THAT(printed(typed({"--ops"})), Contains("OPS BY ROUND") && Contains("expert_gateup_wgrad"));
}

TEST_CASE("its result file holds a row an op and round") {
  const TextOnDisk file("measured.csv", "");
  CHECK_THAT(printed(typed({"--rounds", "0,2", "-o", file.path()})), Contains(": 282 measurements"));
  const std::string text = text_of(file.path());
  CHECK(lines_of(text) == 282 + 12);
  CHECK_THAT(text, Contains("# date: 2025-02-25T05:34:39Z\n") && Contains("# state: verified\n") &&
                       Contains("trace round 2,mlp(F) routed_gateup,") && !Contains("trace round 1,"));
  printed(typed({"--rounds", "1", "--state", "synthetic", "-o", file.path()}));
  CHECK_THAT(text_of(file.path()), Contains("# state: synthetic\n") && Contains("trace round 1,"));
}

TEST_CASE("kernels without a name end with 1 and write nothing, unless they may be left out") {
  const TextOnDisk rules("rules.yaml", changed_rules("*flash::compute_attn_ws*", "*flash::another*")),
      file("measured.csv", "as it was");
  Words words = typed({"-o", file.path()});
  words[3] = rules.path();
  const Done done = run(words);
  CHECK(done.status == 1);
  CHECK_THAT(done.out, Contains("named: 98.0 %") && Contains("(no name)") &&
                           Contains("no rule of block 'attn(F)' fits 'void flash::compute_attn_ws") &&
                           Contains("--allow-unnamed"));
  CHECK(text_of(file.path()) == "as it was");
  words.push_back("--allow-unnamed");
  CHECK_THAT(printed(words), Contains("in the op list and not in the trace: attn(F): flash_attn_fwd"));
  CHECK(lines_of(text_of(file.path())) > 500);
}

TEST_CASE("options that do not fit the trace are refused") {
  CHECK_THAT(mistake({"import-trace", trace_file, "--rules", rules_file, "--model", model_file}),
             Contains("how many GPUs share the experts") && Contains("--expert"));
  CHECK_THAT(mistake(typed({"--expert", "48"})), Contains("--expert 48 does not divide 256 experts"));
  CHECK_THAT(mistake(typed({"--expert", "0"})), Contains("--expert 0 is out of range"));
  CHECK_THAT(mistake(typed({"--tokens", "2048"})), Contains("4096 rows, --tokens says 2048"));
  CHECK_THAT(mistake(typed({"--rounds", "4"})), Contains("--rounds 4 is out of range") && Contains("0 to 3"));
  CHECK_THAT(mistake(typed({"--rounds", "0,0"})), Contains("round 0 twice"));
  CHECK_THAT(mistake(typed({"--rounds", "0,"})), Contains("--rounds"));
  CHECK_THAT(mistake(typed({"--rounds", "first"})), Contains("--rounds"));
  CHECK_THAT(mistake(typed({"--state", "verifed"})), Contains("did you mean 'verified'?"));
  CHECK_THAT(mistake(typed({"--sequence", "many"})), Contains("--sequence"));
  CHECK_THAT(mistake(typed({}, "trace_that_is_not_there.json")), Contains("no such file"));
  Words dense = typed();
  dense[5] = FORETRAIN_ROOT "/models/llama3.1-405b.yaml";
  CHECK_THAT(mistake(dense), Contains("has no mixture-of-experts layers"));
}

TEST_CASE(
    "a trace that does not say its GPU gives tables and no file, one whose exchange takes it all nothing") {
  const TextOnDisk unknown("a.json", replaced(text_of(trace_file), "numSms", "num_sms"));
  CHECK(run(typed({}, unknown.path())).status == 0);
  const TextOnDisk out("out.csv", "before");
  CHECK_THAT(mistake(typed({"-o", out.path()}, unknown.path())), Contains("does not say what GPU it is of"));
  CHECK(text_of(out.path()) == "before");
  Words fit = typed({}, unknown.path());
  fit[0] = "calibrate", fit.insert(fit.begin() + 1, "--from-trace");
  fit.insert(fit.end(), {"--part", FORETRAIN_ROOT "/topologies/parts/h800.yaml"});
  CHECK_THAT(mistake(fit), Contains("does not say what GPU it is of"));
  const TextOnDisk small("b.json", replaced(text_of(trace_file), "\"numSms\":132", "\"numSms\":20"));
  CHECK_THAT(mistake(typed({}, small.path())),
             Contains("an exchange kernel has 20 blocks, which leave none of 20 SMs"));
}

TEST_CASE("rules of other annotations name nothing") {
  const TextOnDisk rules("rules.yaml",
                         replaced(changed_rules("annotation: ", "annotation: my "), "block: ", "block: my "));
  Words words = typed();
  words[3] = rules.path();
  CHECK_THAT(run(words).out, Contains("named: 0.0 %") && Contains("launched in no block of the rules"));
  words.push_back("--allow-unnamed");
  CHECK_THAT(mistake(words),
             Contains("no kernel was launched in a block of the rules") && Contains("my attn(F)"));
}
