// Each rule of the house against a tree that breaks it and one that does not: a rule that never bites is no
// rule.

#include "house/rules.hpp"
#include "catch.hpp"

using namespace house;

namespace {
std::string faults_of(const std::vector<Fault>& faults) {
  return to_text(faults);
}
std::vector<Source> file(const std::string& path, const std::string& text) {
  return {make_source(path, text)};
}
const Floors three = parse_floors("# who may include whom\nbase:\nsim: base\ncli: base sim\n");
}  // namespace

TEST_CASE("comments and literals are not code, digit separators are") {
  const Source s = make_source(
      "src/base/a.cpp", "int a = 1'000; // throw\nauto b = \"throw \\\" rand\"; /* goto\ngoto */ int c;\n");
  REQUIRE(s.code.size() == 3);
  CHECK(s.code[0] == "int a = 1'000; ");
  CHECK_FALSE(has_word(s.code[1], "rand"));
  CHECK_FALSE(has_word(s.code[2], "goto"));
  CHECK(has_word(s.code[2], "int"));
}

TEST_CASE("words are found whole") {
  CHECK(has_word("int x = rand();", "rand"));
  CHECK_FALSE(has_word("operand + random", "rand"));
  CHECK(has_word("std::exit(1)", "exit"));
  CHECK_FALSE(has_word("on_exit(f)", "exit"));
}

TEST_CASE("an include that climbs is reported with its line") {
  CHECK(faults_of(climbing_includes(file("src/base/a.hpp", "#pragma once\n#include \"sim/engine.hpp\"\n"),
                                    three)) ==
        "src/base/a.hpp:2: base may not include sim (tests/house/floors.txt)\n");
  CHECK(climbing_includes(
            file("src/sim/a.hpp", "#include \"base/units.hpp\"\n#include \"sim/b.hpp\"\n#include <map>\n"),
            three)
            .empty());
  CHECK(climbing_includes(file("src/main.cpp", "#include \"cli/main.hpp\"\n"), three).empty());
  CHECK(climbing_includes(file("src/sim/a.hpp", "#include \"b.hpp\"\n"), three).size() == 1);
  CHECK(climbing_includes(file("src/sim/a.hpp", "#include \"../base/units.hpp\"\n"), three).size() == 1);
  CHECK(climbing_includes(file("src/sim/a.hpp", "#include \"tests/catch.hpp\"\n"), three).size() == 1);
  CHECK(climbing_includes(file("src/attic/a.hpp", "int a;\n"), three).size() == 1);
}

TEST_CASE("circles among headers and among floors are found") {
  const std::vector<Source> circle = {make_source("src/sim/a.hpp", "#include \"sim/b.hpp\"\n"),
                                      make_source("src/sim/b.hpp", "\n#include \"sim/a.hpp\"\n")};
  CHECK(faults_of(include_cycles(circle)) == "src/sim/b.hpp:2: includes in a circle: sim/a.hpp\n");
  const std::vector<Source> diamond = {
      make_source("src/sim/a.hpp", "#include \"sim/b.hpp\"\n#include \"sim/c.hpp\"\n"),
      make_source("src/sim/b.hpp", "#include \"sim/c.hpp\"\n"), make_source("src/sim/c.hpp", "")};
  CHECK(include_cycles(diamond).empty());
  CHECK(circular_floors(three).empty());
  CHECK(circular_floors(parse_floors("base: sim\nsim: base\n")).size() == 2);
  CHECK(circular_floors(parse_floors("base: attic\n")).size() == 1);
}

TEST_CASE("size: at the bound and one beyond") {
  std::string text(4, '\n');
  CHECK(oversized(file("src/a/a.cpp", text), 4, 10, {}).empty());
  CHECK(oversized(file("src/a/a.cpp", text + "\n"), 4, 10, {}).size() == 1);
  CHECK(oversized(file("src/a/a.cpp", text + "\n"), 4, 10, {{"src/a/a.cpp", "a reason"}}).empty());
  CHECK(oversized(file("src/a/a.cpp", "0123456789\n"), 4, 10, {}).empty());
  CHECK(oversized(file("src/a/a.cpp", "0123456789x\n"), 4, 10, {}).size() == 1);
  CHECK(
      oversized(file("src/a/a.cpp", "012345678\xC3\xA9\n"), 4, 10, {}).empty());  // one character, two bytes
}

TEST_CASE("banned words bite in code, except where they are at home; banned texts bite everywhere") {
  const std::vector<Ban> bans = {{"rand", "why", {"cli", "src/sim/b.cpp"}}};
  CHECK(faults_of(banned_words(file("src/sim/a.cpp", "\nint a = rand();\n"), bans)) ==
        "src/sim/a.cpp:2: rand: why\n");
  CHECK(banned_words(file("src/sim/a.cpp", "// rand\n"), bans).empty());
  CHECK(banned_words(file("src/cli/a.cpp", "int a = rand();\n"), bans).empty());
  CHECK(banned_words(file("src/sim/b.cpp", "int a = rand();\n"), bans).empty());
  CHECK(banned_texts(file("src/sim/a.cpp", "// rand\n"), bans).size() == 1);
}

TEST_CASE("empty names, heavy headers, hidden state, silent headers") {
  CHECK(empty_names(file("src/sim/a.hpp", "class EventManager {\nstruct Timeline {\nenum class MyHelper {\n"))
            .size() == 2);
  CHECK(empty_names(file("src/sim/utils.hpp", "\n")).size() == 1);
  const std::map<std::string, std::string> homes = {{"CLI/", "cli"}};
  CHECK(heavy_headers(file("src/cli/a.cpp", "#include <CLI/CLI.hpp>\n"), homes).empty());
  CHECK(heavy_headers(file("src/cli/a.hpp", "#include <CLI/CLI.hpp>\n"), homes).size() == 1);
  CHECK(heavy_headers(file("src/sim/a.cpp", "#include <CLI/CLI.hpp>\n"), homes).size() == 1);

  CHECK(
      hidden_state(file("src/a/a.cpp", "static int calls = 0;\n  static std::vector<int> cache;\n")).size() ==
      2);
  CHECK(hidden_state(
            file("src/a/a.cpp", "static const int a = 1;\nstatic Ticks zero();\nstatic_assert(true);\n"))
            .empty());
  CHECK(other_exceptions(file("src/a/a.cpp", "throw std::runtime_error(text);\n"), {}).size() == 1);
  CHECK(other_exceptions(file("src/a/a.cpp", "throw Own{};\n"), {{"src/a/a.cpp", "a reason"}}).empty());
  CHECK(other_exceptions(file("src/a/a.cpp", "throw SpecError(all);\n"), {}).empty());
  CHECK(hidden_state(file("src/a/a.hpp", "using namespace std;\n")).size() == 1);
  CHECK(hidden_state(file("src/a/a.cpp", "using namespace literals;\n")).empty());

  CHECK(silent_headers(
            file("src/a/a.hpp", "#pragma once\n// The clock: integer nanoseconds since the run began.\n\n"))
            .empty());
  CHECK(silent_headers(file("src/a/a.hpp", "#pragma once\n\n#include <map>\n")).size() == 1);
  CHECK(silent_headers(file("src/a/a.hpp", "#pragma once\n// Clock.\n")).size() == 1);
  CHECK(silent_headers(file("src/a/a.hpp", "#ifndef A\n")).size() == 1);
}

TEST_CASE("a floor without its paragraph is reported") {
  const Source readme =
      make_source("src/README.md", "**base** units, diagnostics and what has no domain.\n\n**sim**\n");
  CHECK(undescribed_floors({"base"}, readme).empty());
  CHECK(undescribed_floors({"base", "sim", "cli"}, readme).size() == 2);
}
