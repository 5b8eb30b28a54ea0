// Every broken scenario of tests/bad, against the diagnostics that its first comment lines promise:
//   # set: plan.expret=4              an override on the command line
//   # expect: 7:30: error: ...        the first line of a diagnostic; of another file with its path
//   # hint: ...                       the hint of the diagnostic above
// All of them, in this order, and no other.

#include "catch.hpp"
#include "files.hpp"

namespace {

namespace fs = std::filesystem;

struct Promise {
  std::vector<std::string> overrides, diagnostics;  // "7:30: error: ...\nhint"
};

Promise promise_of(const fs::path& path) {
  Promise promise;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line) && line.starts_with("#");) {
    if (line.starts_with("# set: ")) promise.overrides.push_back(line.substr(7));
    if (line.starts_with("# expect: ")) promise.diagnostics.push_back(line.substr(10) + "\n");
    if (line.starts_with("# hint: ") && !promise.diagnostics.empty())
      promise.diagnostics.back() += line.substr(8);
  }
  return promise;
}

std::vector<std::string> diagnostics_of(const std::string& path, const std::vector<std::string>& overrides) {
  std::vector<std::string> said;
  for (const auto& d : faults_of(path, overrides)) {
    const auto text = to_text(d);
    auto line = text.substr(0, text.find('\n'));
    if (line.starts_with(path + ":")) line.erase(0, path.size() + 1);
    said.push_back(line + "\n" + d.hint);
  }
  return said;
}

}  // namespace

TEST_CASE("the scenario that the broken ones stand on is sound") {
  fs::current_path(FORETRAIN_ROOT);
  CHECK(diagnostics_of("tests/bad/good/scenario.yaml", {}).empty());
}

TEST_CASE("every mistake is explained as promised") {
  fs::current_path(FORETRAIN_ROOT);  // paths in messages are as the user would see them there
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator("tests/bad"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  REQUIRE(files.size() >= 100);
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    INFO(file.string());
    const auto promise = promise_of(file);
    CHECK_FALSE(promise.diagnostics.empty());
    CHECK(diagnostics_of(file.string(), promise.overrides) == promise.diagnostics);
  }
}
