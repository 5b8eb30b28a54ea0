// `foretrain validate RUNS`: what it prints, and what it says of words it does not know.

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "cli/commands.hpp"

using namespace foretrain::testing;
using Catch::Matchers::Contains;

namespace {

const std::string root = FORETRAIN_ROOT;

// `foretrain validate` with these words after it.
Words validate(Words words) {
  words.insert(words.begin(), "validate");
  return words;
}

const std::string runs = root + "/tests/published/runs_small.yaml";

}  // namespace

TEST_CASE("validate without a file says what it needs") {
  CHECK_THAT(mistake(validate({})), Contains("needs a file of runs"));
  CHECK_THAT(mistake(validate({root + "/tests/published/no_such_runs.yaml"})), Contains("no such file"));
}

TEST_CASE("validate of runs names what it does not know") {
  CHECK_THAT(mistake(validate({runs, "--library", root, "--only", "smal"})),
             Contains("did you mean 'small'?"));
  CHECK_THAT(mistake(validate({runs, "--library", root, "--row", "small-11"})),
             Contains("did you mean 'small-"));
  CHECK_THAT(mistake(validate({runs, "--library", root, "--by", "relase"})),
             Contains("did you mean 'release'?"));
  CHECK_THAT(mistake(validate({runs, "--library", root, "--by", "notes"})), Contains("not a key of rows"));
  CHECK_THAT(mistake(validate({runs, "--library", root, "--threads", "0"})), Contains("--threads '0'"));
  CHECK_THAT(mistake(validate({runs, "--library", root, "--software", "none-such"})),
             Contains("no software profile"));
}

TEST_CASE("validate of runs prints sets, rows, and one row alone") {
  const std::string all = printed(validate({runs, "--library", root}));
  CHECK_THAT(all, Contains("small-1") && Contains("SETS") && Contains("COVERAGE"));
  CHECK_THAT(printed(validate({runs, "--library", root, "--sets-only"})),
             !Contains("measured, s  predicted, s  error\n  small"));
  CHECK_THAT(printed(validate({runs, "--library", root, "--row", "small-1"})),
             Contains("small-1 of small") && Contains("setting") && Contains("default"));
}

TEST_CASE("validate of runs judges parts of a set") {
  CHECK_THAT(printed(validate({runs, "--library", root, "--sets-only", "--by", "system", "--by", "gpu"})),
             Contains("PARTS of the sets by system and gpu") &&
                 Contains("small  paper-2022  A100-SXM-80GB     1  1"));
}

TEST_CASE("validate of runs writes a picture and JSON") {
  const auto file = (std::filesystem::temp_directory_path() / "foretrain_runs_test.svg").string();
  CHECK_THAT(printed(validate({runs, "--library", root, "--json", "--plot", file})),
             Contains("\"rows\"") && Contains("\"sets\""));
  std::ostringstream picture;
  picture << std::ifstream(file).rdbuf();
  CHECK_THAT(picture.str(), Contains("<svg") && Contains("</svg>"));
  std::filesystem::remove(file);
}
