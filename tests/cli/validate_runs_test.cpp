// `foretrain validate RUNS`: what it prints, and what it says of words it does not know.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "cli/parse.hpp"

using namespace foretrain;
using Catch::Matchers::Contains;

namespace {

const std::string root = FORETRAIN_ROOT;

std::string run(std::vector<std::string> words) {
  words.insert(words.begin(), {"foretrain", "validate"});
  std::vector<const char*> argv;
  for (const auto& w : words) argv.push_back(w.c_str());
  std::ostringstream out;
  const int status = cli::parse(static_cast<int>(argv.size()), argv.data())(out);
  CHECK(status == 0);
  return out.str();
}

std::string mistake(const std::vector<std::string>& words) {
  try {
    run(words);
  } catch (const SpecError& e) {
    return e.what();
  }
  return "no mistake found";
}

const std::string runs = root + "/tests/published/runs_small.yaml";

}  // namespace

TEST_CASE("validate without a file says what it needs") {
  CHECK_THAT(mistake({}), Contains("needs a file of runs"));
  CHECK_THAT(mistake({root + "/tests/published/no_such_runs.yaml"}), Contains("no such file"));
}

TEST_CASE("validate of runs names what it does not know") {
  CHECK_THAT(mistake({runs, "--library", root, "--only", "smal"}), Contains("did you mean 'small'?"));
  CHECK_THAT(mistake({runs, "--library", root, "--row", "small-11"}), Contains("did you mean 'small-"));
  CHECK_THAT(mistake({runs, "--library", root, "--threads", "0"}), Contains("--threads '0'"));
  CHECK_THAT(mistake({runs, "--library", root, "--software", "none-such"}), Contains("no software profile"));
}

TEST_CASE("validate of runs prints sets, rows, and one row alone") {
  const std::string all = run({runs, "--library", root});
  CHECK_THAT(all, Contains("small-1") && Contains("SETS") && Contains("COVERAGE"));
  CHECK_THAT(run({runs, "--library", root, "--sets-only"}),
             !Contains("measured, s  predicted, s  error\n  small"));
  CHECK_THAT(run({runs, "--library", root, "--row", "small-1"}),
             Contains("small-1 of small") && Contains("setting") && Contains("default"));
}

TEST_CASE("validate of runs writes a picture and JSON") {
  const auto file = (std::filesystem::temp_directory_path() / "foretrain_runs_test.svg").string();
  CHECK_THAT(run({runs, "--library", root, "--json", "--plot", file}),
             Contains("\"rows\"") && Contains("\"sets\""));
  std::ostringstream picture;
  picture << std::ifstream(file).rdbuf();
  CHECK_THAT(picture.str(), Contains("<svg") && Contains("</svg>"));
  std::filesystem::remove(file);
}
