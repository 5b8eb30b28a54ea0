// Every broken scenario of tests/bad, against the diagnostics that its first comment lines promise:
//   # set: plan.expret=4              an override on the command line
//   # expect: 7:30: error: ...        the first line of a diagnostic; of another file with its path
//   # hint: ...                       the hint of the diagnostic above
// All of them, in this order, and no other.

#include "catch.hpp"
#include "files.hpp"
#include "promise.hpp"

namespace {

std::vector<std::string> diagnostics_of(const std::string& path, const std::vector<std::string>& overrides) {
  return said_of(path, faults_of(path, overrides));
}

}  // namespace

TEST_CASE("the scenario that the broken ones stand on is sound") {
  std::filesystem::current_path(FORETRAIN_ROOT);
  CHECK(diagnostics_of("tests/bad/good/scenario.yaml", {}).empty());
}

TEST_CASE("every mistake is explained as promised") {
  std::filesystem::current_path(FORETRAIN_ROOT);  // paths in messages are as the user would see them there
  const auto files = promising_files("tests/bad");
  REQUIRE(files.size() >= 100);
  for (const auto& file : files) {
    INFO(file.string());
    const auto promise = promise_of(file);
    CHECK_FALSE(promise.diagnostics.empty());
    CHECK(diagnostics_of(file.string(), promise.overrides) == promise.diagnostics);
  }
}
