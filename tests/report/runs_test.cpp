// Published runs in text, JSON and as a picture: what must be in each.

#include "catch.hpp"
#include "report/json_reader.hpp"
#include "report/runs_tables.hpp"
#include "report/text_runs.hpp"

using namespace foretrain;
using Catch::Matchers::Contains;

namespace {

study::RunCheck row(const std::string& id, double measured, double predicted, std::int64_t tensor,
                    double size) {
  study::RunCheck check;
  check.id = id;
  check.set = "lab";
  check.model = "GPT";
  check.gpu = "A100";
  check.precision = "BF16";
  check.gemms = "bf16";
  check.repro = "full";
  check.gpus = 8;
  check.tensor = tensor;
  check.pipeline = 1;
  check.parameters = size;
  check.layout = "dp8";
  check.verdict = study::Verdict::compared;
  check.measured_s = measured;
  check.predicted_s = predicted;
  check.error = predicted / measured - 1;
  return check;
}

study::RunsCheck runs_sample() {
  study::RunsCheck check;
  check.rows = {row("lab-1", 1.0, 1.1, 1, 2e9), row("lab-2", 2.0, 1.6, 8, 30e9),
                row("lab-3", 10, 10, 8, 30e9)};
  auto none = row("lab-4", 3, 3, 1, 2e9);
  none.verdict = study::Verdict::inexpressible;
  none.reason = "the batch is not printed";
  none.predicted_s = none.error = std::nullopt;
  check.rows.push_back(none);
  study::SetCheck set;
  set.id = "lab";
  set.title = "A lab";
  set.rows = 4;
  set.full = 4;
  set.full_expressed = 3;
  set.inexpressible = 1;
  set.all = study::statistics_of({0.1, -0.2, 0.0});
  check.sets.push_back(set);
  check.all = set.all;
  check.full = 4;
  check.full_expressed = 3;
  return check;
}

spec::PublishedRuns runs() {
  spec::PublishedRuns result;
  result.sets.push_back({"lab", "A lab", "a paper", "0123456789", "S1", {}, {}});
  return result;
}

}  // namespace

TEST_CASE("the table holds every row, every set and every reason") {
  const std::string text = report::to_text(runs_sample(), runs(), {});
  for (const char* part : {"lab-1", "+10.0 %", "-20.0 %", "not expressed", "a paper (01234567)", "SETS",
                           "RESIDUALS", "THE WORST TEN", "the batch is not printed", "3 of the 4 rows"})
    CHECK_THAT(text, Contains(part));
  std::size_t widest = 0, width = 0;
  for (const char c : text) width = c == '\n' ? 0 : width + 1, widest = std::max(widest, width);
  CHECK(widest <= 110);
}

TEST_CASE("the sets alone, where rows are not wanted") {
  CHECK_THAT(report::to_text(runs_sample(), runs(), {.rows = false}), !Contains("a paper"));
}

TEST_CASE("residuals are told apart by layout, size, GPU and precision") {
  const auto rows = report::residuals(runs_sample());
  REQUIRE(rows.size() == 7);
  CHECK(rows[0].by == "tp");
  CHECK(rows[1].range == "5-8");
  CHECK(rows[1].errors.bias == Approx(-0.1));
  CHECK(rows[4].range == "to 100 B");
  CHECK((rows[5].by == "gpu" && rows[5].range == "A100" && rows[5].errors.n == 3));
  CHECK((rows[6].by == "GEMMs" && rows[6].range == "bf16"));
}

TEST_CASE("parts of sets are told where they were asked for") {
  auto check = runs_sample();
  CHECK_THAT(report::to_text(check, runs(), {}), !Contains("PARTS"));
  check.by = {"gpu", "release"};
  check.parts = {{"lab", {"A100", "26.08"}, 3, study::statistics_of({0.1, -0.2}), 1, 0},
                 {"lab", {"A100", "-"}, 1, {}, 0, 1}};
  CHECK_THAT(report::to_text(check, runs(), {}),
             Contains("PARTS of the sets by gpu and release") &&
                 Contains("lab  A100  26.08       3  2  -5.0 %  15.0 %") &&
                 Contains("lab  A100  -           1  0"));
  const auto document = json::parse(report::to_json(check));
  const auto& parts = document.at("parts").items;
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].at("by").at("release").text == "26.08");
  CHECK(parts[0].at("error").at("bias").number == Approx(-0.05));
  CHECK(parts[0].at("predicted_not_to_fit").number == 1);
}

TEST_CASE("the worst come first, and equal reasons are counted once") {
  const auto check = runs_sample();
  CHECK(report::worst(check, 2).front()->id == "lab-2");
  CHECK(report::worst(check, 2).size() == 2);
  REQUIRE(report::reasons(check).size() == 1);
  CHECK(report::reasons(check)[0].count == 1);
}

TEST_CASE("JSON has rows with seconds, errors and reasons, and sets") {
  const auto document = json::parse(report::to_json(runs_sample()));
  const auto& rows = document.at("rows").items;
  REQUIRE(rows.size() == 4);
  CHECK(rows[1].at("measured_s").number == 2);
  CHECK(rows[1].at("predicted_s").number == 1.6);
  CHECK(rows[1].at("error").number == Approx(-0.2));
  CHECK(rows[1].at("reason").kind == json::Value::Kind::null);
  CHECK(rows[3].at("predicted_s").kind == json::Value::Kind::null);
  CHECK(rows[3].at("reason").text == "the batch is not printed");
  CHECK((rows[0].at("gpu").text == "A100" && rows[0].at("precision").text == "BF16"));
  CHECK(rows[0].at("gemm_precision").text == "bf16");
  for (const auto& one : rows) CHECK((one.has("id") && one.has("set") && one.has("half")));
  CHECK(document.at("sets").items[0].at("error").at("mean_abs").number == Approx(0.1));
  CHECK(document.at("sets").items[0].at("n").number == 3);
}

TEST_CASE("the picture has a mark a compared row, a legend, the diagonal and two lines beside it") {
  const std::string svg = report::runs_svg(runs_sample());
  std::size_t marks = 0;
  for (std::size_t at = 0; (at = svg.find("<circle", at)) != std::string::npos; ++at) ++marks;
  CHECK(marks == 3 + 1);  // and the legend's
  CHECK_THAT(svg, Contains("lab (3, mean 10.0 %)") && Contains("lab-2: 2.000 s measured"));
  std::size_t dashed = 0;
  for (std::size_t at = 0; (at = svg.find("dasharray", at)) != std::string::npos; ++at) ++dashed;
  CHECK(dashed == 2);
}

TEST_CASE("a picture without rows is still one") {
  CHECK_THAT(report::runs_svg(study::RunsCheck{}), Contains("</svg>"));
}
