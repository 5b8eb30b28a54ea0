#include "results.hpp"

#include <filesystem>
#include <fstream>

#include "catch.hpp"

using namespace foretrain::bench;

namespace {

Header sample_header() {
  Header h;
  h.device = "NVIDIA H200";
  h.sms = 132;
  h.compute_capability = "9.0";
  h.driver = "570.124.06";
  h.cuda = "13.0";
  h.sm_clock_mhz = 1980;
  h.power_limit_w = 700;
  h.date = "2026-11-22T10:00:00Z";
  return h;
}

Row sample_row() {
  Row r;
  r.suite = "gemm", r.kernel = "gemm_fp8", r.family = "gemm_fp8", r.dtype = "fp8";
  r.m = 4096, r.n = 7168, r.k = 2048;
  r.flops = 120259084288;
  r.read_bytes = 0.1, r.written_bytes = 3;
  r.time_us = 100.125, r.spread = 0.0123;
  r.samples = 64, r.dropped = 2;
  r.error = 0.0017;
  return r;
}

}  // namespace

TEST_CASE("the file is written as format 1 says") {
  CHECK(to_text(sample_header(), {sample_row()}) ==
        "# foretrain-bench results, format 1\n"
        "# device: NVIDIA H200\n"
        "# sms: 132\n"
        "# compute_capability: 9.0\n"
        "# driver: 570.124.06\n"
        "# cuda: 13.0\n"
        "# sm_clock_mhz: 1980\n"
        "# power_limit_w: 700\n"
        "# date: 2026-11-22T10:00:00Z\n"
        "# version: 0.1.0\n"
        "# state: verified\n"
        "suite,kernel,family,dtype,m,n,k,groups,d_qk,d_v,flops,read_bytes,written_bytes,launches,sms_taken,"
        "hbm_taken,ranks,cache,time_us,spread,samples,dropped,error\n"
        "gemm,gemm_fp8,gemm_fp8,fp8,4096,7168,2048,1,,,120259084288,0.1,3,1,,,1,cold,100.125,0.0123,64,2,"
        "0.0017\n");
}

TEST_CASE("what is written is read back") {
  Row beside = sample_row();
  beside.sms_taken = 20, beside.hbm_taken = 0.123456789012345, beside.cold = false;
  beside.error = 0;
  Row launch;
  launch.suite = "launch", launch.kernel = "empty_kernel", launch.groups = 0;
  launch.time_us = 2;
  const std::string text = to_text(sample_header(), {sample_row(), beside, launch});
  std::string why;
  const auto file = parse(text, why);
  INFO(why);
  REQUIRE(file);
  CHECK(file->state == "verified");
  CHECK(file->header.sms == 132);
  CHECK(file->header.power_limit_w == 700);
  REQUIRE(file->rows.size() == 3);
  CHECK(to_text(file->header, file->rows) == text);
  CHECK(file->rows[1].hbm_taken == beside.hbm_taken);
  CHECK_FALSE(file->rows[1].cold);
  CHECK(file->rows[1].error == 0.0);  // checked, and exact
  CHECK_FALSE(file->rows[2].error);   // nothing to check
}

TEST_CASE("files that are none are refused with the line") {
  std::string why;
  CHECK_FALSE(parse("hello\n", why));
  CHECK(why.find("line 1") != std::string::npos);
  const std::string good = to_text(sample_header(), {sample_row()});
  CHECK_FALSE(parse(good + "gemm,too,few\n", why));
  CHECK(why == "line 14: 3 cells, not 23");
  std::string wrong = good;
  wrong.replace(wrong.find("100.125"), 7, "fast");
  CHECK_FALSE(parse(wrong, why));
  CHECK(why == "line 13: \"fast\" is not a number");
  std::string other = good;
  other.replace(other.find("suite,"), 6, "Suite,");
  CHECK_FALSE(parse(other, why));
}

TEST_CASE("a run takes up where the last one ended") {
  Row second = sample_row();
  second.m = 128;
  Row wrong = second;
  wrong.m = 256, wrong.error = 0.5;
  File old;
  old.header = sample_header();
  old.rows = {sample_row(), wrong};
  CHECK(why_not_resume(old, sample_header()).empty());
  const auto done = finished(old);
  REQUIRE(done.size() == 1);  // a wrong result is measured again
  const auto todo = remaining({sample_row(), second, wrong}, done);
  REQUIRE(todo.size() == 2);
  CHECK(todo[0].m == 128);
  CHECK(todo[1].m == 256);
}

TEST_CASE("rows of another machine, and made-up ones, are not mixed in") {
  File old;
  old.header = sample_header();
  Header now = sample_header();
  now.date = "2027-01-01T00:00:00Z";
  CHECK(why_not_resume(old, now).empty());
  now.device = "NVIDIA B200";
  CHECK(why_not_resume(old, now) == "its device is NVIDIA H200, here it is NVIDIA B200");
  old.state = "synthetic";
  CHECK_FALSE(why_not_resume(old, sample_header()).empty());
}

TEST_CASE("the state is verified only when every result passed") {
  CHECK(state_of({}) == "unverified");
  Row row = sample_row();
  CHECK(state_of({row}) == "verified");
  Row unchecked = row;
  unchecked.error.reset();
  CHECK(state_of({row, unchecked}) == "unverified");
  row.error = not_a_number;
  CHECK(state_of({sample_row(), row}) == "unverified");
  row.error = -1;
  CHECK_FALSE(passes(row));
}

TEST_CASE("tolerances follow the formats") {
  Row row = sample_row();
  CHECK(tolerance_of(row) == 5e-3);
  row.kernel = "gemm_fp8_tensor_fast";
  CHECK(tolerance_of(row) == 0.02);
  row.suite = "launch", row.kernel = "empty_kernel";
  CHECK_FALSE(tolerance_of(row));
  row.suite = "memory", row.kernel = "copy";
  CHECK(tolerance_of(row) == 0.0);
  row.suite = "comm", row.kernel = "all_reduce", row.dtype = "fp32";
  CHECK(tolerance_of(row) == 1e-6);
}

TEST_CASE("a file is replaced whole, or not at all") {
  const auto folder = std::filesystem::temp_directory_path() / "foretrain-bench-test";
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "results.csv").string();
  REQUIRE(write_whole(path, "first").empty());
  REQUIRE(write_whole(path, "second").empty());
  std::string text;
  std::ifstream(path) >> text;
  CHECK(text == "second");
  CHECK_FALSE(std::filesystem::exists(path + ".part"));
  CHECK_FALSE(write_whole((folder / "none" / "results.csv").string(), "third").empty());
  std::filesystem::remove_all(folder);
}
