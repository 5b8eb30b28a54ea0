// Result files as they may come: every mistake is told with its line, and nothing is guessed.

#include "calibrate/read_results.hpp"

#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "scratch.hpp"

using namespace foretrain;
using namespace foretrain::calibrate;

namespace {

const std::string head =
    "# foretrain-bench results, format 1\n# device: NVIDIA H200\n# sms: 132\n# driver: 570.124.06\n"
    "# cuda: 13.0\n# power_limit_w: 700\n# date: 2026-11-22T10:00:00Z\n# version: 0.1.0\n# state: verified\n";
const std::string columns =
    "suite,kernel,family,dtype,m,n,k,groups,d_qk,d_v,flops,read_bytes,written_bytes,launches,sms_taken,"
    "hbm_taken,ranks,cache,time_us,spread,samples,dropped,error\n";
const std::string good =
    "gemm,cublaslt,gemm_bf16,bf16,4096,7168,2048,,,,,,,,,,,cold,132.5,0.01,100,3,0.002\n";

class File {
 public:
  explicit File(const std::string& text) { std::ofstream(path(), std::ios::binary) << text; }
  std::string path() const { return folder_.file("r.csv"); }

 private:
  testing::Scratch folder_;
};

std::vector<Diagnostic> mistakes(const std::string& text) {
  const File file(text);
  try {
    read_results({file.path()});
  } catch (const SpecError& e) {
    return e.all();
  }
  return {};
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

// The one mistake of a file.
std::string mistake(const std::string& text) {
  const auto all = mistakes(text);
  REQUIRE(all.size() == 1);
  return fmt::format("{}: {} [{}]", all[0].line, all[0].message, all[0].hint);
}
std::string mistake_of_row(const std::string& what, const std::string& with) {
  return mistake(head + columns + replaced(good, what, with));
}

Results read(const std::string& text) {
  const File file(text);
  return read_results({file.path()}).front();
}

}  // namespace

TEST_CASE("a row becomes a point; empty cells are 0 or unknown") {
  const auto results = read(head + columns + good);
  CHECK(results.device.name == "NVIDIA H200");
  CHECK(results.device.sms == 132);
  CHECK(results.device.state == State::verified);
  CHECK(results.device.power_limit_w == 700);
  CHECK_FALSE(results.device.sm_clock_mhz);
  REQUIRE(results.points.size() == 1);
  const auto& point = results.points.front();
  CHECK(point.family == Family::gemm_bf16);
  CHECK(point.measured.kernel.k == 2048);
  CHECK(point.measured.kernel.groups == 1);
  CHECK(point.measured.kernel.launches == 1);
  CHECK(point.measured.time.base() == Approx(132.5e-6));
  CHECK(point.cold);
  CHECK(point.dropped == 3);
  CHECK(point.error == 0.002);
  CHECK(point.line == 11);
  CHECK(point.file == "r.csv");
}

TEST_CASE("a collective has no family") {
  const auto results =
      read(head + columns + "collectives,all_reduce,,bf16,,,,,,,,1048576,,1,,,8,hot,31.5,0.02,100,0,\n");
  CHECK_FALSE(results.points.front().family);
  CHECK(results.points.front().ranks == 8);
  CHECK_FALSE(results.points.front().cold);
  CHECK_FALSE(results.points.front().error);
}

TEST_CASE("what is wrong in a row is told once, with its line and what is allowed") {
  CHECK(mistake_of_row("gemm_bf16,bf16", "gemm_bf61,bf16") ==
        "11: 'gemm_bf61' is no family [did you mean 'gemm_bf16'?]");
  CHECK(mistake_of_row(",bf16,", ",int8,") == "11: 'int8' is no dtype [known: fp8, bf16, fp32, fp4]");
  CHECK(mistake_of_row("4096", "-4096") ==
        "11: '-4096' in column 'm' is not a number of 0 or more [write plain numbers; empty means 0 or "
        "unknown]");
  CHECK(mistake_of_row("4096", "4096.5") == "11: '4096.5' in column 'm' is not a whole number []");
  CHECK(mistake_of_row("4096", "") == "11: a row of gemm_bf16 needs 'm' []");
  CHECK(mistake_of_row("cold", "warm") == "11: 'warm' is no cache [known: cold, hot]");
  CHECK(mistake_of_row("132.5", "0") == "11: a kernel that takes no time [microseconds, more than 0]");
  CHECK(mistake_of_row("132.5", "1e300") ==
        "11: 1e+300 us is no kernel's time [microseconds, at most 1000000000]");
  CHECK(mistake_of_row("132.5", "nan").find("'nan' in column 'time_us'") != std::string::npos);
  CHECK(mistake_of_row("132.5", "132.5us").find("'132.5us' in column 'time_us'") != std::string::npos);
  CHECK(mistake_of_row("gemm,cublaslt", "gemm,") == "11: 'kernel' is empty []");
  CHECK(mistake_of_row("2048,,,,,,,,,", "2048,,,,,,,,132,") ==
        "11: 132 SMs taken of 132 [some must be left to the kernel]");
  CHECK(mistake_of_row("2048,,,,,,,,,,", "2048,,,,,,,,,1.2,") ==
        "11: all of the memory bandwidth is taken [less than 1]");
  CHECK(mistake_of_row("2048,,,,", "2048,,,,1e9").find("1e9 FLOPs are fewer than the") != std::string::npos);
  CHECK(mistake(head + columns + replaced(good, "0.002", "0.002,1") + good) ==
        "11: 24 cells where 23 columns are named []");
  CHECK(
      mistake(head + columns + "a,flash,attention_forward,bf16,4096,128,,,192,128,1e12,,,,,,,cold,9,,,,\n") ==
      "11: a row of attention_forward needs 'k' []");
  CHECK(mistake(head + columns + "m,copy,elementwise,bf16,4096,128,,,,,,,,,,,,cold,9,,,,\n") ==
        "11: a row of elementwise needs 'read_bytes' []");
  const auto both = mistakes(head + columns + replaced(good, "4096", "x") + replaced(good, "cold", "x"));
  REQUIRE(both.size() == 2);
  CHECK(both[1].line == 12);
}

TEST_CASE("what is wrong in the header is told") {
  CHECK(mistake(replaced(head, "format 1", "format 2") + columns + good) ==
        "1: not a result file of format 1 [the first line must be '# foretrain-bench results, format 1']");
  CHECK(mistake(replaced(head, "state: verified", "state: verifed") + columns + good) ==
        "9: unknown state 'verifed' [verified, unverified or synthetic]");
  CHECK(mistake(replaced(head, "# state: verified\n", "") + columns + good) ==
        "1: the header lacks 'state' [write # state: ...]");
  CHECK(mistake(replaced(head, "# device:", "# devise:") + columns + good) ==
        "1: the header lacks 'device' [is it 'devise'?]");
  CHECK(mistake(replaced(head, "sms: 132", "sms: many") + columns + good) ==
        "3: 'many' is not a number of more than 0 for 'sms' []");
  CHECK(mistake(replaced(head, "# cuda", "# driver") + columns + good) == "5: 'driver' stands here twice []");
  CHECK(mistake(head + replaced(columns, "time_us", "time_ms") + good) ==
        "10: column 'time_us' is missing [is it 'time_ms'?]");
  CHECK(mistake(head + columns) == "0: the table holds no rows []");
  CHECK(mistake("").find("no rows") != std::string::npos);
}

TEST_CASE("files of one device are joined, those of two are not") {
  const auto first = read(head + columns + good);
  auto second = read(replaced(head, "state: verified", "state: unverified") + columns + good);
  second.device.date = "2026-11-23";
  second.file = "folder/other.csv";
  const auto both = join({first, second});
  CHECK(both.points.size() == 2);
  CHECK(both.file == "r.csv, other.csv");
  CHECK(both.device.state == State::unverified);
  CHECK(both.device.date == "2026-11-22T10:00:00Z, 2026-11-23");
  CHECK(both.device.driver == "570.124.06");
  second.device.name = "NVIDIA H100 80GB HBM3";
  CHECK_THROWS_WITH(join({first, second}), Catch::Contains("not of one device: device NVIDIA H200 and"));
  second.device.name = first.device.name;
  second.device.power_limit_w = 500;
  CHECK_THROWS_WITH(join({first, second}), Catch::Contains("power_limit_w 700 and 500"));
}
