// DeepEP's kernels with few SMs: the law of network/exchange.hpp, whose constants come from 4 and 12 SMs,
// against the counts between and above.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "catch.hpp"
#include "network/exchange.hpp"
#include "published/curve_data.hpp"

using namespace foretrain;
using namespace foretrain::literals;
using network::ExchangeKind;
using published::number;
using published::whole;

TEST_CASE("an exchange on few SMs takes as long as these need to copy, else as long as its links") {
  // Links: 45.7 GB/s of a 400G card at EP32, 20 and 24 SMs of the same table; NVLink at EP8, likewise.
  const network::LinkSpeeds speeds{45.7_GBps, 285_GBps};
  std::vector<double> errors;
  std::printf("\nDeepEP on few SMs: error of the predicted time, SM counts not fitted\n");
  for (const auto& row : published::read_csv("deepep_sms.csv")) {
    const auto sms = whole(row, "sms");
    if (sms == 4 || sms == 12) continue;
    const network::ExpertRouting routing{
        .experts = 256, .top_k = 8, .expert_parallel = whole(row, "ranks"), .gpus_per_node = 8};
    const bool dispatch = row.at("op") == "dispatch";
    const network::ExchangeShape shape{.kind = dispatch ? ExchangeKind::dispatch : ExchangeKind::combine,
                                       .tokens = 4096,
                                       .row = dispatch ? 7392_B : 14336_B,
                                       .spread = network::spread_unlimited(routing)};
    const double predicted = network::time_on_sms(shape, speeds, static_cast<double>(sms)).base() * 1e6;
    const double error = 100 * (predicted / number(row, "time_us") - 1);
    std::printf("%s EP%-3s %-8s %2d SMs %7.0f us measured, %7.0f us  %+6.1f %%\n", row.at("device").c_str(),
                row.at("ranks").c_str(), row.at("op").c_str(), static_cast<int>(sms), number(row, "time_us"),
                predicted, error);
    CAPTURE(row.at("device"), row.at("ranks"), row.at("op"), sms);
    CHECK(std::abs(error) < 15);
    errors.push_back(std::abs(error));
  }
  REQUIRE(errors.size() > 20);
  std::sort(errors.begin(), errors.end());
  std::printf("median %.1f %%, largest %.1f %%\n", errors[errors.size() / 2], errors.back());
  CHECK(errors[errors.size() / 2] < 10);
}

TEST_CASE("on Blackwell DeepEP copies as on Hopper, HybridEP fills the links and prepares before each call") {
  struct Side {
    std::vector<double> errors;
    double preparation = 0;
  };
  std::map<std::string, Side> sides;
  std::printf("\nExpert all-to-alls of Blackwell: error of the predicted time\n");
  for (const auto& row : published::read_csv("expert_exchange_blackwell.csv")) {
    const auto ranks = whole(row, "ranks");
    const auto& library = row.at("library");
    const network::ExpertRouting routing{
        .experts = 8 * ranks, .top_k = 8, .expert_parallel = ranks, .gpus_per_node = ranks};
    const network::ExchangeShape shape{
        .tokens = 4096, .row = 14336_B, .spread = network::spread_unlimited(routing)};
    // What NCCL reaches over the same links (topologies/parts/b200.yaml and gb200.yaml).
    const network::LinkSpeeds speeds{50_GBps, row.at("device") == "b200" ? 617_GBps : 680_GBps};
    const Bytes rows = shape.tokens * shape.spread.gpus * shape.row;
    const bool copies = library == "deepep";
    const Seconds measured = rows / Bandwidth::from_base(1e9 * number(row, copies ? "call" : "kernel"));
    const Seconds predicted =
        copies ? network::time_on_sms(shape, speeds, number(row, "sms")) : time_of(bytes_of(shape), speeds);
    const double error = 100 * (predicted / measured - 1);
    std::printf("%-5s %-8s EP%-2s %-8s %2s SMs %5.0f us measured %5.0f us %+6.1f %%\n",
                row.at("device").c_str(), library.c_str(), row.at("ranks").c_str(), row.at("op").c_str(),
                row.at("sms").c_str(), measured.base() * 1e6, predicted.base() * 1e6, error);
    auto& side = sides[library];
    side.errors.push_back(std::abs(error));
    if (!copies)
      side.preparation += (rows / Bandwidth::from_base(1e9 * number(row, "call")) - measured).base() * 1e6;
  }
  for (auto& [library, side] : sides) {
    CAPTURE(library);
    std::sort(side.errors.begin(), side.errors.end());
    std::printf("%s: median %.1f %%, largest %.1f %%\n", library.c_str(), side.errors[side.errors.size() / 2],
                side.errors.back());
    CHECK(side.errors[side.errors.size() / 2] < 12);
    CHECK(side.errors.back() < 30);
  }
  const auto& hybrid = sides.at("hybridep");
  const double preparation = hybrid.preparation / static_cast<double>(hybrid.errors.size());
  std::printf("HybridEP: %.0f us of a call are not its kernel\n", preparation);
  CHECK(preparation == Approx(186).epsilon(0.01));  // megatron-core-hybridep.yaml
}
