// Do the documents tell the truth? Their links, their programs, their walk-throughs run as a reader would run
// them, and the README's pasted output against the binary of this build.

#include <cstdlib>
#include <set>

#include "catch.hpp"
#include "house/markdown.hpp"
#include "scratch.hpp"

namespace {

using namespace house;
namespace fs = std::filesystem;

const fs::path house_root = FORETRAIN_ROOT;

std::vector<Source> documents() {
  std::vector<Source> all = read_tree(house_root.string(), "docs", {".md"});
  for (const std::string file : {"README.md", "src/README.md", "reports/README.md", "validate/README.md"}) {
    all.push_back(make_source(file, read_text(house_root / file)));
  }
  return all;
}

// A reader's folder: copies of what a scenario is made of, `foretrain` on the PATH, and what a command
// printed.
class Place {
 public:
  Place() {
    fs::create_directory(folder_ / "bin");
    fs::create_directories(folder_ / "copy" / "tests");
    fs::create_symlink(FORETRAIN_BINARY, folder_ / "bin" / "foretrain");
    for (const std::string part : {"models", "topologies", "scenarios", "validate"}) {
      if (fs::exists(house_root / part))
        fs::copy(house_root / part, folder_ / "copy" / part, fs::copy_options::recursive);
    }
    if (fs::exists(house_root / "tests/published"))
      fs::copy(house_root / "tests/published", folder_ / "copy/tests/published", fs::copy_options::recursive);
  }

  // Exit status of the lines as one script that stops at the first failure; `output` gets both streams, or
  // stdout only.
  int run(const std::vector<std::string>& lines, std::string& output, bool errors_too = true) const {
    std::string script;
    for (const std::string& line : lines) script += line + "\n";
    std::ofstream(folder_ / "script.sh") << script;
    const std::string here = "'" + folder_.string() + "'";
    const std::string command = "cd " + here + "/copy && PATH=" + here +
                                "/bin:$PATH timeout 300 sh -eu ../script.sh </dev/null >" + here +
                                "/output " + (errors_too ? "2>&1" : "2>/dev/null");
    const int status = std::system(command.c_str());
    output = read_text(folder_ / "output");
    return status;
  }

 private:
  foretrain::testing::Scratch scratch_;
  fs::path folder_ = scratch_.path;
};

bool binary_is_there() {
  if (fs::exists(FORETRAIN_BINARY)) return true;
  WARN("skipped: " FORETRAIN_BINARY " is not built; build the target foretrain");
  return false;
}

}  // namespace

TEST_CASE("links lead somewhere") {
  for (const Source& document : documents()) {
    REQUIRE_FALSE(document.lines.empty());
    for (const auto& [line, target] : links(document.lines)) {
      INFO(document.path << ":" << line << ": " << target);
      CHECK(fs::exists((house_root / document.path).parent_path() / target));
    }
  }
}

TEST_CASE("the programs of every command exist") {
  const std::set<std::string> known = {"foretrain",
                                       "git",
                                       "cd",
                                       "cmake",
                                       "ctest",
                                       "cp",
                                       "cat",
                                       "sed",
                                       "mkdir",
                                       "printf",
                                       "diff",
                                       "cmp",
                                       "build/foretrain-bench"};
  for (const Source& document : documents()) {
    for (const Block& block : fenced_blocks(document.lines)) {
      if (!starts_with(block.info, "sh")) continue;
      CHECK((block.info == "sh" || block.info == "sh tested"));
      for (const std::string& program : programs(block)) {
        INFO(document.path << ":" << block.line << ": " << program);
        const bool built = program == "build/release/foretrain";
        const bool executable =
            fs::is_regular_file(house_root / program) &&
            (fs::status(house_root / program).permissions() & fs::perms::owner_exec) != fs::perms::none;
        CHECK((built || executable || known.count(program) == 1));
      }
    }
  }
}

TEST_CASE("the README leads with the two commands") {
  std::string commands;
  for (const Block& block : fenced_blocks(documents()[documents().size() - 4].lines)) {
    if (starts_with(block.info, "sh"))
      for (const std::string& line : block.lines) commands += line + "\n";
  }
  CHECK(commands.find("scripts/run.sh") != std::string::npos);
  CHECK(commands.find("scripts/test.sh") != std::string::npos);
}

TEST_CASE("walk-throughs run as they are written") {
  if (!binary_is_there()) return;
  for (const Source& document : documents()) {
    const Place place;  // the blocks of one document run one after another in one folder, as for a reader
    std::string output;
    for (const Block& block : fenced_blocks(document.lines)) {
      if (block.info == "text printed") {
        const auto stale = first_stale(block.lines, make_source("", output).lines);
        INFO(document.path << ":" << block.line
                           << ": no longer printed at its place: " << stale.value_or(""));
        CHECK_FALSE(stale.has_value());
      }
      if (block.info != "sh tested") continue;
      const int status = place.run(block.lines, output);
      INFO(document.path << ":" << block.line << ": a command of this block failed; it printed\n" << output);
      CHECK(status == 0);
    }
  }
}

TEST_CASE("the README's output is the program's") {
  const auto pasted =
      marked_block(make_source("README.md", read_text(house_root / "README.md")).lines, "output");
  REQUIRE(pasted.has_value());
  if (!binary_is_there()) return;
  std::string output;
  REQUIRE(Place().run({"foretrain run scenarios/deepseek-v3.yaml"}, output, false) == 0);
  if (std::getenv("UPDATE_GOLDEN") !=
      nullptr) {  // the whole output; then cut it by hand, with lines of three dots
    std::string text = read_text(house_root / "README.md");
    const auto begin = text.find('\n', text.find("<!-- output:begin -->")) + 1;
    text.replace(begin, text.find("<!-- output:end -->") - begin, "```text\n" + output + "```\n");
    std::ofstream(house_root / "README.md") << text;
    return;
  }
  REQUIRE_FALSE(pasted->empty());
  const auto stale = first_stale(*pasted, make_source("", output).lines);
  INFO("no longer printed at its place: " << stale.value_or(""));
  CHECK_FALSE(stale.has_value());
}

TEST_CASE("every scenario shipped is in order") {
  if (!binary_is_there()) return;
  const std::vector<Source> scenarios = read_tree(house_root.string(), "scenarios", {".yaml"});
  REQUIRE_FALSE(scenarios.empty());
  const Place place;
  for (const Source& scenario : scenarios) {
    std::string output;
    const int status = place.run({"foretrain check " + scenario.path}, output);
    INFO(scenario.path << "\n" << output);
    CHECK(status == 0);
  }
}

TEST_CASE("the readers of documents: blocks, programs, links, pasted output") {
  const std::vector<std::string> text = {"[a](b.md#c) [d](https://e) ![f](g.svg)",
                                         "```sh tested",
                                         "foretrain run \\",
                                         "  --json",
                                         "# why",
                                         "cat >x <<'END'",
                                         "not a program",
                                         "END",
                                         "cmake --version",
                                         "```"};
  REQUIRE(fenced_blocks(text).size() == 1);
  CHECK(fenced_blocks(text)[0].line == 2);
  CHECK(fenced_blocks(text)[0].info == "sh tested");
  CHECK(programs(fenced_blocks(text)[0]) == std::vector<std::string>{"foretrain", "cat", "cmake"});
  const std::vector<std::pair<std::size_t, std::string>> expected = {{1, "b.md"}, {1, "g.svg"}};
  CHECK(links(text) == expected);

  const std::vector<std::string> actual = {"one", "two", "three", "two", "four"};
  CHECK_FALSE(first_stale(actual, actual));
  CHECK_FALSE(first_stale({"one", "...", "two", "four"}, actual));
  CHECK_FALSE(first_stale({"...", "three", "..."}, actual));
  CHECK(first_stale({"one", "2", "..."}, actual) == "2");
  CHECK(first_stale({"one", "...", "two", "five"}, actual) == "five");
  CHECK(first_stale({"two", "..."}, actual) == "two");
  CHECK(first_stale({"one", "two"}, actual).has_value());
  CHECK(first_stale({}, actual).has_value());
  CHECK_FALSE(marked_block({"<!-- output:begin -->", "```"}, "output"));
  CHECK(marked_block({"<!-- output:begin -->", "```text", "one", "```", "<!-- output:end -->"}, "output") ==
        std::vector<std::string>{"one"});
}

TEST_CASE("a walk-through that fails is noticed") {
  std::string output;
  const Place place;
  CHECK(place.run({"false", "true"}, output) != 0);
  CHECK(place.run({"echo to-stderr >&2"}, output) == 0);
  CHECK(output == "to-stderr\n");
  CHECK(place.run({"echo \"$unset_by_anyone\""}, output) != 0);
  if (fs::exists(FORETRAIN_BINARY))
    CHECK(place.run({"foretrain run scenarios/no-such-file.yaml"}, output) != 0);
}
