// `foretrain validate trace`: its report, and what it says of tables that are not what they should be.

#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "cli/commands.hpp"

using namespace foretrain::testing;
using Catch::Matchers::Contains;

namespace {

// A table with this text in a folder that is gone when the test is over.
class Table {
 public:
  explicit Table(const std::string& text)
      : path_((std::filesystem::temp_directory_path() / "foretrain_validate_test.csv").string()) {
    std::ofstream(path_) << text;
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string mistake_in(const std::string& option, const std::string& text) {
  const Table table(text);
  return mistake({"validate", "trace", option, table.path()});
}

const char* const columns = "block,op,class,us_round0,us_round1,us_round2,us_round3\n";

}  // namespace

TEST_CASE("validate trace reports misses and passes, the same bytes every time") {
  const std::string text = printed({"validate", "trace"});
  CHECK_THAT(text, Contains("OP CLASSES") && Contains("PASS") && Contains("MISS") &&
                       Contains("fitted on 0, 2") && Contains("THE PAIR") && Contains("129.01") &&
                       Contains("bound"));
  CHECK(printed({"validate", "trace"}) == text);
  CHECK_THAT(printed({"validate", "trace", "--json"}), Contains("\"classes\": [") &&
                                                           Contains("\"within_aim\": true") &&
                                                           Contains("\"source_without_trace\": \"bound\""));
}

TEST_CASE("a table's mistakes are named with their place, all at once") {
  CHECK_THAT(mistake_in("--table",
                        "# comment\nblock,op,klass,us_round0,us_round1,us_round2,us_round3\na,b,c,1,1,1,1\n"),
             Contains("foretrain_validate_test.csv:2:1: error: column 'class' is missing") &&
                 Contains("is it 'klass'?"));
  CHECK_THAT(mistake_in("--table", std::string(columns) + "attn(F),q,rope,1,x,1,-1\n"),
             Contains("foretrain_validate_test.csv:2:18: error: 'x' in column 'us_round1' is not a number") &&
                 Contains(":2:22: error: '-1' in column 'us_round3'"));
  CHECK_THAT(mistake_in("--table", std::string(columns) + "attn(F),q,rope,1,1\n"),
             Contains(":2:1: error: 5 cells where 7 columns are named"));
  CHECK_THAT(mistake_in("--table", columns), Contains("the table holds no rows"));
  CHECK_THAT(mistake_in("--table", std::string("\0\1", 2)), Contains("does not belong in a text file"));
  CHECK_THAT(mistake_in("--pair", "wall_us,tokens,local_experts\n0,4096,4\n"),
             Contains(":2:1: error: a pair that"));
  CHECK_THAT(mistake_in("--pair", "wall_us,tokens,local_experts\n5,4096.5,4\n"), Contains("is not a count"));
  CHECK_THAT(mistake_in("--rounds",
                        "round,forward_rows,forward_received,backward_rows,backward_received,down_wgrad_us,"
                        "gateup_wgrad_us\n1,1,1,0,1,1,1\n"),
             Contains("expected round 0") && Contains("a round without routed rows"));
  CHECK_THAT(mistake({"validate", "trace", "--table", "no-such.csv"}), Contains("no such file: no-such.csv"));
  CHECK_THAT(mistake({"validate", "trace", "--table", "tests"}),
             Contains("tests is a folder, expected a table (CSV)"));
  const std::string shares =
      "block,op,dispatch_round0,combine_round0,barrier_round0,dispatch_round1,combine_round1,barrier_round1,"
      "dispatch_round2,combine_round2,barrier_round2,dispatch_round3,combine_round3,barrier_round3\n";
  CHECK_THAT(mistake_in("--beside", shares + "attn(F),attn_rmsnorm,0.5,0,0.6,0,0,0,0,0,0,0,0,0\n"),
             Contains(":2:22: error: shares of one time that add up to more than it"));
}

TEST_CASE("validate needs to know what, and slips are met with the nearest name") {
  CHECK_THAT(mistake({"validate"}), Contains("see foretrain validate --help"));
  CHECK_THAT(mistake({"validate", "trcae"}), Contains("did you mean 'trace'?"));
  CHECK_THAT(mistake({"validate", "trace", "--jsn"}), Contains("did you mean '--json'?"));
  CHECK_THAT(mistake({"validate", "trace", "--scenario", "scenarios/small.yaml"}),
             Contains("the traced pair has"));
}
