#include "cli/network.hpp"

#include <fmt/core.h>

#include <chrono>
#include <ctime>
#include <iostream>

#include "base/diagnostic.hpp"
#include "cli/outputs.hpp"
#include "cli/progress.hpp"
#include "report/file.hpp"
#include "report/network.hpp"
#include "report/network_svg.hpp"
#include "report/numbers.hpp"
#include "spec/network.hpp"

namespace foretrain::cli {
namespace {

// What it took, on standard error, so that the report itself is the same every time.
void print_stats(const study::NetworkOutcome& o, double cpu_seconds, double wall_seconds) {
  const auto rate = [&](std::uint64_t n) {
    return report::whole(cpu_seconds > 0 ? double(n) / cpu_seconds : 0);
  };
  std::cerr << fmt::format("{} events/s, {} messages/s, {:.3f} CPU-seconds, {:.3f} s of wall time\n",
                           rate(o.events), rate(o.messages), cpu_seconds, wall_seconds);
}

}  // namespace

int run_network(const NetworkText& text, std::ostream& out) {
  NetworkRequest request = read_request(text);
  study::Traffic& traffic = request.traffic;
  check_outputs({{"--svg", text.svg}}, {text.file});
  const spec::Network network = spec::load_network(text.file);
  if (!text.endpoints) traffic.endpoints = static_cast<std::uint32_t>(network.fabric.endpoints.size());
  if (const std::string reason = study::why_not(network.fabric, traffic); !reason.empty())
    throw SpecError({without_place(reason)});
  const std::clock_t cpu = std::clock();
  const auto wall = std::chrono::steady_clock::now();
  study::NetworkOutcome outcome;
  {
    const Progress progress("simulating " + text.file);
    outcome = study::run_traffic(network.fabric, traffic);
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - wall;
  if (text.stats) print_stats(outcome, double(std::clock() - cpu) / CLOCKS_PER_SEC, spent.count());
  const report::NetworkNames names{network.name, network.fabric.kind};
  const bool answered = outcome.infeasible.empty();
  if (text.svg && answered)
    report::write_file(*text.svg, report::network_svg(network.fabric, outcome, traffic, names));
  report::Links links;
  if (request.links && answered) links = study::list_busiest(network.fabric, outcome, *request.links);
  out << (text.json ? report::to_json(outcome, traffic, names, links)
                    : report::to_text(outcome, traffic, names, links));
  return answered ? 0 : 1;
}

}  // namespace foretrain::cli
