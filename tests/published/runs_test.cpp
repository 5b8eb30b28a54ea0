// Every published run is predicted or says why not; how far off the predictions are is printed, not asserted,
// since a bound set after looking would be tuning.

#include <algorithm>
#include <ctime>
#include <iostream>
#include <set>

#include "catch.hpp"
#include "report/numbers.hpp"
#include "study/validate_runs.hpp"

using namespace foretrain;

namespace {

const std::string root = FORETRAIN_ROOT;

const spec::PublishedRuns& published_runs() {
  static const spec::PublishedRuns runs = spec::load_runs({root + "/tests/published/runs.yaml"});
  return runs;
}

// One row in so many, and all rows of small sets: enough to see each set without its cost.
spec::PublishedRuns thinned(std::size_t every) {
  spec::PublishedRuns few = published_runs();
  few.rows.clear();
  for (std::size_t i = 0; i < published_runs().rows.size(); i += every)
    few.rows.push_back(published_runs().rows[i]);
  return few;
}

}  // namespace

TEST_CASE("the published runs are all there, each in a set with a source") {
  const auto& runs = published_runs();
  CHECK(runs.rows.size() == 789 + 993);
  CHECK(runs.sets.size() == 22);
  CHECK(runs.unread.empty());
  for (const auto& set : runs.sets) {
    INFO(set.id);
    CHECK_FALSE(set.address.empty());
    CHECK_FALSE(set.title.empty());
    for (const auto& rule : set.rules) CHECK_FALSE(rule.source.empty());
  }
}

TEST_CASE("a row ends as an error, a finding or a reason") {
  const auto runs = thinned(12);
  const auto library = study::load_library(root, runs);
  const std::clock_t start = std::clock();
  const auto check =
      study::validate_runs(runs, library, {.software = "", .only = "", .by = {}, .threads = 1});
  const double spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  REQUIRE(check.rows.size() == runs.rows.size());
  for (const auto& row : check.rows) {
    INFO(row.id << ": " << row.reason);
    if (row.verdict == study::Verdict::compared) {
      CHECK((row.measured_s && row.predicted_s && row.error));
      CHECK(*row.predicted_s > 0);
    } else {
      CHECK_FALSE(row.error);
    }
    if (row.verdict == study::Verdict::inexpressible || row.verdict == study::Verdict::too_large) {
      CHECK_FALSE(row.reason.empty());
      CHECK_FALSE(row.predicted_s);
    }
  }
  const auto covered = static_cast<double>(check.full_expressed) / static_cast<double>(check.full);
  std::cout << "published runs, one in 12: " << check.all.n << " compared, mean size of error "
            << report::percent_text(check.all.mean) << ", expressed of repro: full "
            << report::percent_text(covered) << ", "
            << report::fixed(spent * 1e3 / double(runs.rows.size()), 1) << " CPU-ms a row\n";
  CHECK(covered >= 0.90);  // of all rows 95 % are asked for; one in 12 is a sample
}

TEST_CASE("threads change nothing") {
  const auto runs = thinned(60);
  const auto library = study::load_library(root, runs);
  const auto one = study::validate_runs(runs, library, {.software = "", .only = "", .by = {}, .threads = 1});
  const auto four = study::validate_runs(runs, library, {.software = "", .only = "", .by = {}, .threads = 4});
  REQUIRE(one.rows.size() == four.rows.size());
  for (std::size_t i = 0; i < one.rows.size(); ++i) {
    CHECK(one.rows[i].predicted_s == four.rows[i].predicted_s);
    CHECK(one.rows[i].reason == four.rows[i].reason);
  }
}
