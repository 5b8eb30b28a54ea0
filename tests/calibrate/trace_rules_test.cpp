// Rules that name kernels: patterns, mistakes in a rules file, and which kernel gets which name.

#include "calibrate/trace_rules.hpp"

#include "calibrate/trace_files.hpp"
#include "calibrate/trace_names.hpp"
#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::calibrate;
using namespace foretrain::testing;
using Catch::Matchers::Contains;

namespace {

const std::string rules_head = "name: small\nsource: made up\nsoftware: " FORETRAIN_ROOT
                               "/models/software/deepseek-2024.yaml\nunit: dense_layer\n"
                               "work: {precision: fp8, recompute: none}\n"
                               "communication: {exchange: [comm], barrier: [wait]}\n";
const std::string grids = "grids: {}\n";
const std::string blocks =
    "blocks:\n"
    "  - annotation: attn(F)\n    list: attention_f\n    kernels:\n"
    "      - {kernel: \"*gemm*\", class: gemm, ops: [q_proj, o_proj]}\n"
    "      - {kernel: [\"cast*\", \"copy*\"], class: move, op: casts}\n"
    "  - annotation: mlp(F)\n    kernels:\n"
    "      - {kernel: \"*\", class: [a, b], ops: [up, down]}\n";

TraceRules rules_of(const std::string& text) {
  const TextOnDisk file("rules.yaml", text);
  return load_trace_rules(file.path());
}

std::string rules_complaint(const std::string& text) {
  return complaint([&] { rules_of(text); });
}

GpuEvent traced_kernel(const std::string& name, double start, std::optional<double> launched,
                       std::int64_t stream = 7) {
  GpuEvent event;
  event.name = name;
  event.stream = stream;
  event.start = seconds(start);
  event.duration = seconds(1);
  event.end = seconds(start + 1);
  if (launched) event.launched = seconds(*launched);
  event.grid = event.block = {1, 1, 1};
  return event;
}

Annotation annotation(const std::string& name, double start, double end, bool on_gpu = false) {
  return {name, seconds(start), seconds(end), on_gpu, on_gpu ? 7 : 0};
}

}  // namespace

TEST_CASE("a star in a pattern is any text, all else is itself") {
  CHECK(fits("gemm", "gemm"));
  CHECK_FALSE(fits("gemm", "gemms"));
  CHECK_FALSE(fits("gemm", "a gemm"));
  CHECK(fits("*gemm*", "void gemm<1>"));
  CHECK(fits("a*b*c", "abbbc"));
  CHECK(fits("a*bc", "abcbc"));
  CHECK_FALSE(fits("a*bc", "abcb"));
  CHECK(fits("*", ""));
  CHECK(fits("**", "x"));
  CHECK_FALSE(fits("", "x"));
  CHECK(fits("<4, (a)[0]?", "<4, (a)[0]?"));
  CHECK_FALSE(fits("a?", "ab"));
  CHECK_FALSE(fits("*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));  // and quickly
}

TEST_CASE("kernels are named by the block that launched them, the first rule that fits, and their order") {
  const auto rules = rules_of(rules_head + grids + blocks);
  Trace trace;
  trace.annotations = {annotation("step", 0, 100), annotation("attn(F)", 1, 10), annotation("note", 3, 9),
                       annotation("mlp(F)", 11, 20), annotation("attn(F)", 21, 30)};
  trace.events = {traced_kernel("my gemm 1", 50, 2),   traced_kernel("cast a", 51, 3),
                  traced_kernel("my gemm 2", 60, 9.5), traced_kernel("first", 70, 12),
                  traced_kernel("second", 71, 13),     traced_kernel("gemm x", 80, 22),
                  traced_kernel("copy gemm", 81, 23),  traced_kernel("cast b", 82, 24),
                  traced_kernel("late", 90, 40)};
  const auto named = name_kernels(trace, rules);
  std::vector<std::string> ops;
  for (const auto& n : named.events) ops.push_back(n.op);
  CHECK(ops ==
        std::vector<std::string>{"q_proj", "casts", "o_proj", "up", "down", "q_proj", "o_proj", "casts", ""});
  CHECK(named.rounds == 2);
  CHECK(named.events[5].round == 1);
  CHECK(named.events[3].op_class == "a");
  CHECK(named.events[4].op_class == "b");
  CHECK(named.named == seconds(8));
  CHECK(named.unnamed == seconds(1));
  CHECK(named.reasons == std::vector<std::string>{"launched in no block of the rules: 'late'"});
}

TEST_CASE("where a rule names kernels one by one, another number of them has no names") {
  const auto rules = rules_of(rules_head + grids + blocks);
  Trace trace;
  trace.annotations = {annotation("attn(F)", 0, 10), annotation("mlp(F)", 11, 20)};
  trace.events = {traced_kernel("gemm", 1, 1), traced_kernel("odd", 2, 2), traced_kernel("first", 12, 12),
                  traced_kernel("second", 13, 13)};
  const auto named = name_kernels(trace, rules);
  CHECK(named.unnamed == seconds(2));
  CHECK(named.reasons ==
        std::vector<std::string>{"'*gemm*' of block 'attn(F)' names 2 kernels; round 0 has 1",
                                 "no rule of block 'attn(F)' fits 'odd'"});
}

TEST_CASE("kernels without a launch are placed by annotations on their stream") {
  const auto rules = rules_of(rules_head + grids + blocks);
  Trace trace;
  trace.annotations = {annotation("mlp(F)", 0, 10, true), annotation("mlp(F)", 11, 20, true)};
  trace.events = {traced_kernel("a", 1, std::nullopt), traced_kernel("b", 2, std::nullopt),
                  traced_kernel("c", 3, std::nullopt, 8), traced_kernel("d", 12, std::nullopt),
                  traced_kernel("e", 13, std::nullopt)};
  const auto named = name_kernels(trace, rules);
  CHECK(named.events[1].op == "down");
  CHECK(named.events[2].op.empty());
  CHECK(named.events[4].round == 1);
  CHECK(named.rounds == 2);
}

TEST_CASE("names that a result file could not hold are refused") {
  auto op = blocks, block = blocks, line = blocks;
  op.replace(op.find("op: casts"), 9, "op: \"a,b\"");
  block.replace(block.find("attn(F)"), 7, "\"attn,F\"");
  line.replace(line.find("attn(F)"), 7, "\"attn\\nF\"");
  for (const auto& text : {op, block, line})
    CHECK_THAT(rules_complaint(rules_head + grids + text), Contains("holds a comma or the end of a line"));
}

TEST_CASE("mistakes in a rules file are told with their place, all at once") {
  CHECK_THAT(complaint([] { load_trace_rules(FORETRAIN_ROOT "/validate/rules/deepseek-v4.yaml"); }),
             Contains("no such file") && Contains("deepseek-v3.yaml"));
  CHECK_THAT(rules_complaint(rules_head + blocks), Contains("lacks 'grids'"));
  CHECK_THAT(rules_complaint(rules_head + grids), Contains("lacks 'blocks'"));
  CHECK_THAT(rules_complaint(rules_head + grids + "blocks: []\n"),
             Contains("must be a list that holds something"));
  CHECK_THAT(rules_complaint("nam: x\n" + rules_head + grids + blocks),
             Contains("rules.yaml:1:1: error: unknown key 'nam'"));
  CHECK_THAT(rules_complaint(rules_head + grids +
                             "blocks: [{annotation: a, list: mlp_x, kernels: [{kernel: k, class: c}]}]\n"),
             Contains("unknown list 'mlp_x'") && Contains("a rule needs either 'op' or 'ops'"));
  CHECK_THAT(
      rules_complaint(rules_head + grids +
                      "blocks: [{annotation: a, kernels: [{kernel: k, class: [c, d], ops: [x, y, z]}]}]\n"),
      Contains("2 classes for 3 ops"));
  CHECK_THAT(rules_complaint(rules_head + grids +
                             "blocks: [{annotation: a, kernels: [{kernel: [], class: c, op: x}]}]\n"),
             Contains("an empty list"));
  CHECK_THAT(rules_complaint(rules_head + grids +
                             "blocks: [{annotation: a, kernels: [{kernel: k, class: c, op: [x, y]}]}]\n"),
             Contains("'op' is one name"));
  const std::string one = "{annotation: a, kernels: [{kernel: k, class: c, op: x}]}";
  CHECK_THAT(rules_complaint(rules_head + grids + "blocks: [" + one + ", " + one + "]\n"),
             Contains("two blocks are annotated 'a'"));
  CHECK_THAT(rules_complaint(rules_head + "grids: {tokens: {block: a, op: y}}\nblocks: [" + one + "]\n"),
             Contains("no rule names 'y' in block 'a'"));
  std::string experts = rules_head + grids + blocks, elsewhere = rules_head + grids + blocks;
  experts.replace(experts.find("dense_layer"), 11, "moe_layer");
  CHECK_THAT(rules_complaint(experts), Contains("needs the rows that were routed"));
  elsewhere.replace(elsewhere.find("deepseek-2024"), 13, "deepseek-2023");
  CHECK_THAT(rules_complaint(elsewhere), Contains("no such file") && Contains("deepseek-2024"));
}
