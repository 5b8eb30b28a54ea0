#include "points.hpp"

#include <algorithm>
#include <set>

#include "base/kernel.hpp"
#include "catch.hpp"
#include "options.hpp"
#include "pick.hpp"

using namespace foretrain;
using namespace foretrain::bench;

namespace {

const Row& find(const std::vector<Row>& rows, const std::string& name) {
  const auto at = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return name_of(r) == name; });
  INFO(name);
  REQUIRE(at != rows.end());
  return *at;
}

}  // namespace

TEST_CASE("every point is there once, in a suite that exists, of a family that curves know") {
  const auto rows = list_points(8, true, true);
  CHECK(rows.size() > 500);
  std::set<std::string> identities, names, suites;
  const std::set<std::string_view> families(family_names.begin(), family_names.end());
  for (const Row& row : rows) {
    INFO(name_of(row));
    CHECK(identities.insert(identity_of(row)).second);
    CHECK(names.insert(name_of(row)).second);  // --filter can tell them apart
    CHECK((row.family.empty() || families.count(row.family) == 1));
    CHECK(row.time_us == 0);
    suites.insert(row.suite);
  }
  CHECK(suites == std::set<std::string>(suite_names.begin(), suite_names.end()));
}

TEST_CASE("bytes and FLOPs of a GEMM with block scales, by hand") {
  const Row row = gemm_row("gemm_fp8", 256, 512, 1024);
  CHECK(row.flops == 2.0 * 256 * 512 * 1024);
  CHECK(row.read_bytes == 256.0 * 1024 + 512 * 1024 + 4 * 256 * 8 + 4 * 4 * 8);
  CHECK(row.written_bytes == 2.0 * 256 * 512);
  const Row gradient = gemm_row("wgrad_fp8", 256, 512, 1024);
  CHECK(gradient.read_bytes == (256.0 + 512) * 1024 * (1 + 4.0 / 128) + 4 * 256 * 512);
  CHECK(gradient.written_bytes == 4.0 * 256 * 512);
  CHECK(gradient.family == "wgrad_fp8");
  CHECK(gemm_row("gemm_bf16_wgrad", 256, 512, 1024).read_bytes == 2.0 * 768 * 1024 + 4 * 256 * 512);
  CHECK(gemm_row("gemm_fp8_tensor_wgrad", 256, 512, 1024).family == "gemm_fp8_tensor");
}

TEST_CASE("all passes of a weight of DeepSeek-V3 are listed") {
  const auto rows = list_gemm();
  find(rows, "gemm/gemm_fp8 fp8 m=4096 n=4096 k=7168 cold");         // forward of an expert's gate and up
  find(rows, "gemm/gemm_fp8 fp8 m=4096 n=7168 k=4096 cold");         // gradient of its inputs
  find(rows, "gemm/wgrad_fp8 fp8 m=4096 n=7168 k=4096 cold");        // gradient of its weights
  find(rows, "gemm/gemm_bf16_nn bf16 m=4096 n=7168 k=129280 cold");  // head, gradient of inputs
  for (const Row& row : rows) CHECK((row.m % 4 == 0 && row.n % 4 == 0 && row.k % 16 == 0));
}

TEST_CASE("attention counts the causal half, and our own kernels belong to no curve") {
  const Row forward = attention_forward_row(4096, 128), backward = attention_backward_row(4096, 128);
  CHECK(forward.flops == Approx(687.19e9).epsilon(1e-4));  // as foretrain counts one layer of DeepSeek-V3
  CHECK(backward.flops == Approx(1786.71e9).epsilon(1e-4));
  CHECK(forward.read_bytes + forward.written_bytes == Approx(673.2e6).epsilon(1e-3));
  CHECK(backward.read_bytes + backward.written_bytes == Approx(1816.1e6).epsilon(1e-3));
  for (const auto& list : {list_attention(false), list_decode()}) {
    for (const Row& row : list) {
      CHECK(row.family.empty());
      CHECK(row.kernel.find("_own") != std::string::npos);
      CHECK((row.suite == "decode" ? row.k % 64 == 0 : row.m % 128 == 0));
    }
  }
}

TEST_CASE("attention by cuDNN is listed where it is there, and belongs to a curve") {
  const auto without = list_attention(false), with = list_attention(true);
  CHECK(with.size() == 2 * without.size());
  const Row& row = find(with, "attention/attention_forward bf16 m=4096 n=128 k=2048 d=192/128 cold");
  CHECK(row.family == "attention_forward");
  CHECK(tolerance_of(row) == 5e-3);
  const Row& gradient = find(with, "attention/attention_gradient bf16 m=4096 n=128 k=2048 d=192/128 cold");
  CHECK(gradient.family.empty());
  CHECK(tolerance_of(gradient) == 0.01);
}

TEST_CASE("shapes suit the kernels that take them") {
  for (const Row& row : list_memory()) {
    INFO(name_of(row));
    CHECK(row.read_bytes > 0);
    CHECK(row.written_bytes > 0);
    if (row.kernel.find("quantise") == 0) CHECK((row.n % 128 == 0 && row.m % 128 == 0));
    if (row.kernel == "swiglu_cast") CHECK(row.n % 256 == 0);
    if (row.kernel.find("rmsnorm") == 0) CHECK((row.n % 8 == 0 && row.n <= 8192));
    if (row.kernel.find("permute") != std::string::npos) CHECK(row.m % 2 == 0);
  }
}

TEST_CASE("collectives run among 1, 2, 4 ... and all GPUs") {
  const auto ranks = [](int gpus) {
    std::set<int> counts;
    for (const Row& row : list_comm(gpus))
      if (row.kernel == "all_reduce") counts.insert(row.ranks);
    return counts;
  };
  CHECK(ranks(8) == std::set<int>{1, 2, 4, 8});
  CHECK(ranks(6) == std::set<int>{1, 2, 4, 6});
  CHECK(ranks(1) == std::set<int>{1});
  CHECK(ranks(0).empty());
}

TEST_CASE("collectives over nodes say over how many") {
  std::set<std::string> names;
  for (const Row& row : list_over_nodes(16, 2)) {
    CHECK((row.suite == "comm" && row.ranks == 16));
    CHECK(names.insert(name_of(row)).second);
    CHECK(tolerance_of(row) == (row.dtype == "fp32" ? 1e-6 : 5e-3));
  }
  CHECK(names.count("comm/all_reduce_over_2_nodes fp32 bytes=1048576 ranks=16 hot") == 1);
  CHECK(list_over_nodes(8, 1).front().kernel == "all_reduce_over_1_node");
}

TEST_CASE("arguments") {
  CHECK(parse_options({"--check"}, suite_names).options.check);
  CHECK_FALSE(parse_options({}, suite_names).options.check);
  CHECK(parse_options({"--check", "--world", "/shared"}, suite_names).wrong.find("--check") == 0);
  CHECK(usage(suite_names).find("--check ") != std::string::npos);
  const auto p = parse_options({"--suite", "gemm", "--suite", "memory", "--filter", "m=4096", "--time-limit",
                                "1.5", "-o", "out.csv", "--device", "3", "--clock-share", "0.5", "--list"},
                               suite_names);
  REQUIRE(p.wrong.empty());
  CHECK(p.options.suites == std::vector<std::string>{"gemm", "memory"});
  CHECK(p.options.time_limit == 1.5);
  CHECK(p.options.clock_share == 0.5);
  CHECK(p.options.output == "out.csv");
  CHECK(p.options.device == 3);
  CHECK(p.options.list);
  const std::vector<std::vector<std::string>> bad{{"--suite"},
                                                  {"--suite", "gems"},
                                                  {"--time-limit", "0"},
                                                  {"--time-limit", "soon"},
                                                  {"--device", "1.5"},
                                                  {"--clock-share", "2"},
                                                  {"--fast"},
                                                  {"-o", ""},
                                                  {"--device", "-1"},
                                                  {"--world"},
                                                  {"--world", ""},
                                                  {"--time-limit", "1,5"}};
  for (const auto& arguments : bad) CHECK_FALSE(parse_options(arguments, suite_names).wrong.empty());
  CHECK(parse_options({"--suite", "gems"}, suite_names).wrong ==
        "no suite is called gems; there are gemm, grouped, attention, decode, memory, layer, interference, "
        "comm, "
        "launch");
}

TEST_CASE("suites and filters choose points") {
  Options o;
  const auto all = list_points(2, true, true);
  CHECK(chosen(all, o).size() == all.size());
  o.suites = {"launch"};
  CHECK(chosen(all, o).size() == list_launch().size());
  o.filters = {"queued", "graph"};
  CHECK(chosen(all, o).size() == 2);
}

TEST_CASE("checks look at the four corners first") {
  const auto rows = pick(100, 6, 1), columns = pick_others(50, 6, 2);
  CHECK((rows[0] == 0 && columns[0] == 0 && rows[1] == 0 && columns[1] == 49));
  CHECK((rows[2] == 99 && columns[2] == 0 && rows[3] == 99 && columns[3] == 49));
  for (const auto row : rows) CHECK((row >= 0 && row < 100));
  CHECK(pick(100, 6, 1) == rows);
  CHECK(pick(1'000'000, 6, 3) != pick(1'000'000, 6, 4));
}
