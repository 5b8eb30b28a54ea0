#include "base/diagnostic.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using foretrain::Diagnostic;
using foretrain::nearest_name;
using foretrain::SpecError;
using foretrain::to_text;

TEST_CASE("a diagnostic reads like a compiler's") {
  const Diagnostic d{"scenarios/llama3.yaml", 14, 9, "tp 6 does not divide 64 attention heads", "    tp: 6",
                     "use 1, 2, 4 or 8"};
  CHECK(to_text(d) ==
        "scenarios/llama3.yaml:14:9: error: tp 6 does not divide 64 attention heads\n"
        "    tp: 6\n"
        "        ^ use 1, 2, 4 or 8");
}

TEST_CASE("a mistake on the command line has no place and no excerpt") {
  CHECK(to_text({"", 0, 0, "no such file: a.yaml", "", ""}) == "foretrain: error: no such file: a.yaml");
  CHECK(to_text({"", 0, 0, "unknown key 'tpp'", "", "did you mean 'tp'?"}) ==
        "foretrain: error: unknown key 'tpp'\n    did you mean 'tp'?");
}

TEST_CASE("a name out of a file gives a terminal no commands and stays on its line") {
  CHECK(to_text({"a\x1b[2J", 1, 2, "node a\nb\x7f", "\tx\x1by", ""}) ==
        "a?[2J:1:2: error: node a?b?\n    x?y\n    ^");
}

TEST_CASE("what is unknown is left out") {
  CHECK(to_text({"a.yaml", 0, 0, "empty", "", ""}) == "a.yaml: error: empty");
  CHECK(to_text({"a.yaml", 3, 0, "bad", "key: 1", "remove it"}) ==
        "a.yaml:3: error: bad\n    key: 1\n    remove it");
  CHECK(to_text({"a.yaml", 3, 6, "bad", "key: 1\r\n", ""}) ==
        "a.yaml:3:6: error: bad\n    key: 1\n         ^");
}

TEST_CASE("the caret stays under its column") {
  SECTION("behind a tab and a two-byte letter") {
    CHECK(to_text({"a", 1, 8, "m", "\xc3\xa9\tk: 1", ""}) ==
          "a:1:8: error: m\n    \xc3\xa9\tk: 1\n     \t    ^");
  }
  SECTION("past the end of the line") {
    CHECK(to_text({"a", 1, 99, "m", "k:", "value?"}) == "a:1:99: error: m\n    k:\n      ^ value?");
  }
  SECTION("in the margin") {
    CHECK(to_text({"a", 1, 1, "m", "    k:", ""}) == "a:1:1: error: m\n    k:\n    ^");
  }
}

TEST_CASE("an error carries and says every mistake") {
  const SpecError error({{"a", 1, 0, "one", "", ""}, {"a", 2, 0, "two", "", ""}});
  CHECK(error.all().size() == 2);
  CHECK(std::string(error.what()) == "a:1: error: one\na:2: error: two");
}

TEST_CASE("a typing slip finds the name that was meant") {
  const std::vector<std::string> keys{"pipeline", "micro_batch", "expert", "data", "tp", "zero"};
  CHECK(nearest_name("pipelin", keys) == "pipeline");
  CHECK(nearest_name("mirco_batch", keys) == "micro_batch");  // a swap is one edit
  CHECK(nearest_name("micro_btahc", keys) == "micro_batch");
  CHECK(nearest_name("pt", keys) == "tp");
  CHECK(nearest_name("zero", keys) == "zero");
}

TEST_CASE("a name that is no slip finds nothing") {
  CHECK(nearest_name("sequence", {"pipeline", "expert"}).empty());
  CHECK(nearest_name("data", {}).empty());
  CHECK(nearest_name("abcdef", {"abcdxy"}) == "abcdxy");  // six letters: two edits are near
  CHECK(nearest_name("abcde", {"abcxy"}).empty());        // five letters: two are not
}

TEST_CASE("of equally near names the first wins") {
  CHECK(nearest_name("cat", {"bat", "hat"}) == "bat");
}
