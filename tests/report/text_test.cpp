#include "report/text.hpp"

#include "catch.hpp"
#include "report/compare.hpp"
#include "report/sample.hpp"
#include "report/settings.hpp"
#include "report/table.hpp"

using namespace foretrain;
using Catch::Matchers::Contains;

namespace {

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0, begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    widest = std::max(widest, end - begin);
    begin = end + 1;
  }
  return widest;
}

}  // namespace

TEST_CASE("the report answers how long, how much and why, on a page's width") {
  const std::string text = report::to_text(sample::outcome(), sample::scenario());
  CHECK(widest_line(text) <= report::page_width);
  for (const char* part :
       {"THE ANSWER", "2,664.0  $5.328 M", "between 19.00 and 21.50 s (-5.0 % to +7.5 %)",
        "385.0 TFLOPS a GPU (38.9 % MFU)", "WHERE THE SECONDS GO", "HOW SURE", "a GEMM sweep",
        "PUBLISHED FIGURES", "not predicted", "seed 7, scenario hash 0000000000abcdef",
        "foretrain why scenarios/sample.yaml overlapped"}) {
    CHECK_THAT(text, Contains(part));
  }
}

TEST_CASE("published rows stand beside the prediction with a signed error") {
  const std::string text = report::to_text(sample::outcome(), sample::scenario());
  CHECK_THAT(text, Contains("bubble                   2.000  10.0 %        2.5  -20.0 %"));
  CHECK_THAT(text, Contains("step                    20.000             19.926   +0.4 %"));
}

TEST_CASE("details add what was assumed and the sources of spreads; the brief report counts them") {
  study::Outcome o = sample::outcome();
  o.stages[0].notes.push_back("assumed the weather: mild");
  o.causes->push_back({"a small one", "nothing much", seconds(0.01)});
  auto scenario = sample::scenario();
  scenario.stages.resize(1);
  scenario.stages[0].assumptions = {{"the weather", "mild"}};
  const std::string brief = report::to_text(o, scenario);
  CHECK_THAT(brief, !Contains("mild") && !Contains("DeepGEMM tables") && !Contains("a small one"));
  CHECK_THAT(brief, Contains("assumption.") && Contains("--details") &&
                        Contains("And 1 more, each below 0.5 %") && Contains("run zb1p instead of dualpipe"));
  const std::string full = report::to_text(o, scenario, report::Detail::full);
  CHECK_THAT(full, Contains("assumed the weather: mild") && Contains("DeepGEMM tables") &&
                       Contains("a small one") && Contains("run zb1p instead of dualpipe"));
  CHECK_THAT(full, !Contains("--details"));
  CHECK(widest_line(full) <= report::page_width);
}

TEST_CASE("the last line points to the largest row") {
  study::Outcome o = sample::outcome();
  o.stages[0].step.mean.overlapped = seconds(0);
  o.stages[0].step.mean.backward = seconds(9);
  CHECK_THAT(report::to_text(o, sample::scenario()), Contains("why scenarios/sample.yaml backward\n"));
}

TEST_CASE("a default has no source of a file's, and counts as a default") {
  spec::Scenario s;
  s.settings = {{"gpu.source", "data sheet", "gpu.yaml:1", ""},
                {"gpu.sms", "132", "gpu.yaml:2", ""},
                {"gpu.gap", "2 us", "default", ""},
                {"plan.data", "8", "--set", ""},
                {"published.0.value", "3", "sample.yaml:9", ""}};
  const auto inputs = report::list_inputs(s);
  REQUIRE(inputs.size() == 4);
  CHECK(inputs[0].source == "data sheet");
  CHECK(inputs[1].source.empty());
  const auto count = report::count_inputs(s);
  CHECK(count.all == 3);
  CHECK(count.sourced == 1);
  CHECK(count.defaulted == 1);
  CHECK(count.changed == 1);
  CHECK(count.chosen() == 0);
}

TEST_CASE("equal ranks share a line, unequal ones do not") {
  study::Outcome o = sample::outcome();
  CHECK_THAT(report::to_text(o, sample::scenario()), Contains("\n  0-1   1.000"));
  o.stages[0].step.ranks[1].forward = seconds(1.5);
  CHECK_THAT(report::to_text(o, sample::scenario()), Contains("\n  1     1.500"));
}

TEST_CASE("causes are sorted by what they cost") {
  const std::string text = report::to_text(sample::outcome(), sample::scenario());
  CHECK(text.find("balanced rows") < text.find("messages take no time"));
}

TEST_CASE("memory shows the fullest rank as a running sum") {
  const std::string text = report::to_text(sample::outcome(), sample::scenario());
  CHECK_THAT(text, Contains("pipeline rank 1, the fullest"));
  CHECK_THAT(text, Contains("activations  50.00   60.00"));
  CHECK_THAT(text, Contains("20.00 GiB left"));
}

TEST_CASE("an infeasible plan gives the reasons and the memory, nothing else") {
  study::Outcome o = sample::outcome();
  o.stages[0].memory[0] = sample::memory(75);
  o.infeasible = {"pipeline rank 0 needs 85 GiB"};
  const std::string text = report::to_text(o, sample::scenario());
  CHECK_THAT(text, Contains("sample cannot run as planned:\n  - pipeline rank 0 needs 85 GiB\n"));
  CHECK_THAT(text, Contains("** passes the limit **"));
  CHECK_THAT(text, !Contains("THE ANSWER"));
}

TEST_CASE("a reinforcement stage shows its parts") {
  study::Outcome o = sample::outcome();
  o.stages.push_back(sample::stage());
  o.stages[1].name = "rl";
  study::RolloutOutcome r{};
  r.decode = seconds(42.5);
  r.decode_tokens_per_s_node = 14800;
  o.stages[1].rollout = r;
  const std::string text = report::to_text(o, sample::scenario());
  CHECK_THAT(text, Contains("decode                  42.50  answers are generated"));
  CHECK_THAT(text, Contains("decode 14,800 tokens/s a node"));
  CHECK_THAT(text, Contains("THE STEP of every stage"));
}

TEST_CASE("a comparison shows differences to the first; shares in points") {
  study::Outcome a = sample::outcome(), b = a;
  b.stages[0].step.step_time = seconds(18);
  b.stages[0].mfu_causal = 0.4194;
  const std::string text = report::compare_text({"one", "two"}, {a, b});
  CHECK_THAT(text, Contains("A  one\nB  two\n"));
  CHECK_THAT(text, Contains("20.000   18.000  -10.0 %"));
  CHECK_THAT(text, Contains("MFU causal, %                        38.9     41.9     +3.0"));
  CHECK(widest_line(report::compare_text({"a", "b", "c", "d", "e", "f"}, {a, b, a, b, a, b})) <=
        report::page_width);
}

TEST_CASE("beyond three times the first, and from nothing, the difference stands in the row's unit") {
  study::Outcome a = sample::outcome(), b = a;
  a.stages[0].step.mean.overlapped = seconds(0);
  b.stages[0].step.mean.bubble = seconds(7);
  const std::string text = report::compare_text({"one", "two"}, {a, b});
  CHECK_THAT(text, Contains("+14.000") && Contains("+5.000") && !Contains("+250.0 %"));
}

TEST_CASE("a variant that cannot run says why and leaves the others comparable") {
  study::Outcome a = sample::outcome(), b = a;
  b.infeasible = {"no room"};
  const std::string text = report::compare_text({"one", "two"}, {a, b});
  CHECK_THAT(text, Contains("cannot run: no room"));
  CHECK_THAT(text, Contains("20.000"));
}
