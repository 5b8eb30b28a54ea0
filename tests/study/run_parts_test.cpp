// Sets cut in parts by what their rows say.

#include "study/run_parts.hpp"

#include "catch.hpp"
#include "study/validate_runs.hpp"

using namespace foretrain;

namespace {

struct Said {
  std::string id, release, gpu;
  std::optional<double> error;
};

spec::PublishedRuns runs_of(const std::vector<Said>& rows) {
  spec::PublishedRuns runs;
  spec::RunSet set;
  set.id = "lab";
  spec::RunRule rule;  // a GPU for rows that name none
  rule.then.fields.push_back({"gpu", "A100", "runs.yaml:2"});
  set.rules.push_back(rule);
  runs.sets.push_back(set);
  for (const auto& row : rows) {
    spec::RunRow one{row.id, "lab", "runs.yaml:3", {}};
    if (!row.release.empty()) one.fields.fields.push_back({"release", row.release, "runs.yaml:3"});
    if (!row.gpu.empty()) one.fields.fields.push_back({"gpu", row.gpu, "runs.yaml:3"});
    runs.rows.push_back(one);
  }
  return runs;
}

std::vector<study::RunCheck> checks_of(const std::vector<Said>& rows) {
  std::vector<study::RunCheck> checks;
  for (const auto& row : rows) {
    study::RunCheck check;
    check.id = row.id;
    check.set = "lab";
    check.error = row.error;
    check.verdict = row.error ? study::Verdict::compared : study::Verdict::inexpressible;
    checks.push_back(check);
  }
  return checks;
}

const std::vector<Said> said{{"lab-1", "26.10", "H100", 0.2},
                             {"lab-2", "26.2", "H100", -0.1},
                             {"lab-3", "26.2", "H100", 0.3},
                             {"lab-4", "26.2", "", std::nullopt},
                             {"lab-5", "", "H100", 0.5}};

}  // namespace

TEST_CASE("parts hold the rows that say the same, in natural order") {
  const auto parts = study::parts_of(checks_of(said), runs_of(said), {"gpu", "release"});
  REQUIRE(parts.size() == 4);
  CHECK(parts[0].values == std::vector<std::string>{"A100", "26.2"});  // as the set's settings say
  CHECK(parts[0].inexpressible == 1);
  CHECK(parts[0].errors.n == 0);
  CHECK(parts[1].values == std::vector<std::string>{"H100", "-"});
  CHECK(parts[2].values == std::vector<std::string>{"H100", "26.2"});
  CHECK(parts[2].rows == 2);
  CHECK(parts[2].errors.bias == Approx(0.1));
  CHECK(parts[2].errors.mean == Approx(0.2));
  CHECK(parts[3].values == std::vector<std::string>{"H100", "26.10"});
}

TEST_CASE("parts of a set add up to it") {
  std::size_t rows = 0, compared = 0;
  for (const auto& part : study::parts_of(checks_of(said), runs_of(said), {"release"})) {
    rows += part.rows;
    compared += part.errors.n;
  }
  CHECK(rows == said.size());
  CHECK(compared == 4);
  CHECK(study::parts_of(checks_of(said), runs_of(said), {}).empty());
}

TEST_CASE("numbers in texts are ordered as numbers") {
  using study::natural_less;
  CHECK(natural_less("8", "16"));
  CHECK_FALSE(natural_less("16", "8"));
  CHECK(natural_less("26.02", "26.02.01"));
  CHECK(natural_less("26.02.01", "26.04"));
  CHECK(natural_less("H100-SXM-80GB", "H100-SXM-141GB"));
  CHECK(natural_less("", "a"));
  CHECK_FALSE(natural_less("a", "a"));
  CHECK(natural_less("08", "8") != natural_less("8", "08"));  // unlike texts are never equal
}
