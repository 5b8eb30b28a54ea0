// What flows over a network cost to simulate, in CPU-seconds, beside two baselines in the same process: a
// bare loop of busy ports on the same engine, which shares nothing, and plain progressive filling. Prints
// what it measured and asserts nothing about time; exits 1 if an answer strays from its closed form by 1 % or
// more. Sizes above 2048 endpoints only with the word "large".

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/random.hpp"
#include "network/bounds.hpp"
#include "network/deliver.hpp"
#include "network/fair_share.hpp"
#include "network/patterns.hpp"
#include "network/plain_fair_share.hpp"
#include "sim/engine.hpp"
#include "topology/build.hpp"
#include "topology/fabrics/fat_tree2.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::literals;
using network::MessageList;
using topology::Routing;

constexpr topology::fabrics::Cable cable{50_GBps, 500_ns};

double cpu_now() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

struct Cost {
  network::Carried carried;
  std::size_t flows = 0;
  double cpu = 0, ask = 0;  // to simulate; to ask for the end of one message
};

// Folding included, where asked for; making the network and the list not.
Cost simulate(const MessageList& list, const topology::Fabric& fabric, Routing routing, bool folding,
              double merge = 0) {
  const network::Channels channels = network::list_channels(fabric);
  const topology::Paths paths(fabric, routing, 1);
  const network::DeliverOptions options{
      .adaptive = routing == Routing::adaptive, .fold = folding, .exact_flows = 0, .merge = merge};
  double start = cpu_now();
  const auto done = network::deliver(list, channels, paths, options);
  Cost cost{done->carried(), done->flows(), cpu_now() - start};
  start = cpu_now();
  const std::size_t asked = std::min<std::size_t>(list.size(), 100000);
  std::int64_t last = 0;
  for (std::size_t i = 0; i < asked; ++i)
    last = std::max(last, done->finish_of(list.size() / asked * i, list.rounds - 1));
  cost.ask = (cpu_now() - start) / static_cast<double>(asked);
  if (last > cost.carried.end) std::printf("a message ends after the last\n");
  return cost;
}

topology::Fabric tree_of(std::uint32_t endpoints) {
  std::int64_t ports = 64;
  while (ports * ports / 2 < endpoints) ports *= 2;
  return topology::fabrics::fat_tree2({endpoints, ports}, {cable, cable}).value();
}

void print_head() {
  std::printf("%-28s %7s %11s %8s %9s %8s %10s %8s %9s %8s %7s %6s\n", "pattern", "n", "messages", "flows",
              "events", "solves", "time ms", "off", "CPU s", "ns/msg", "ask ns", "MB");
}

// `expected` in seconds; 0: no closed form. Latency is part of neither bound nor judgement.
bool print(const char* name, std::uint32_t n, const MessageList& list, const Cost& cost, double expected) {
  const double messages = static_cast<double>(list.size()) * list.rounds;
  const double took = static_cast<double>(cost.carried.end) * 1e-9, off = took / expected - 1;
  std::printf("%-28s %7u %11.0f %8zu %9llu %8llu %10.3f ", name, n, messages, cost.flows,
              static_cast<unsigned long long>(cost.carried.events),
              static_cast<unsigned long long>(cost.carried.solves), took * 1e3);
  if (expected > 0)
    std::printf("%+7.2f%% ", 100 * off);
  else
    std::printf("%8s ", "-");
  std::printf("%9.4f %8.1f %7.0f %6.0f\n", cost.cpu, cost.cpu * 1e9 / messages, cost.ask * 1e9, peak_mb());
  std::fflush(stdout);
  return expected <= 0 || std::abs(off) < 0.01;
}

// A port sends its next message when it and the receiver's port are free: one event a message.
double bare_port_loop(std::uint32_t n) {
  enum class Happening : std::uint8_t { free };
  const double start = cpu_now();
  sim::Engine engine;
  std::vector<sim::SimTime> busy_until(n);
  std::vector<std::uint32_t> step(n, 0);
  const sim::Ticks wait = sim::to_ticks(64_MiB / n / 50_GBps);
  for (std::uint32_t e = 0; e < n; ++e) engine.at(sim::SimTime{}, Happening::free, e);
  engine.run([&](const sim::Event& event) {
    const std::uint32_t from = event.id();
    if (++step[from] == n) return;
    sim::SimTime& to = busy_until[(from + step[from]) % n];
    to = std::max(to, engine.now()) + wait;
    engine.at(to, Happening::free, from);
  });
  return cpu_now() - start;
}

bool bench_all_to_all(std::uint32_t n) {
  const MessageList list = network::list_all_to_all(n, 64_MiB);
  const Cost cost = simulate(list, tree_of(n), Routing::static_rule, true);
  return print("all-to-all 64 MiB, folded", n, list, cost, 67108864.0 / 50e9 * (n - 1) / n);
}

bool bench_ring(std::uint32_t n) {
  const MessageList list = network::list_ring_messages({1, n}, 1_GiB);
  const topology::Fabric fabric = tree_of(n);
  const topology::Paths paths(fabric, Routing::static_rule, 1);
  const Seconds expected = time_of_ring(list, network::list_channels(fabric), paths_of(list, paths));
  return print("ring 1 GiB, folded", n, list, simulate(list, fabric, Routing::static_rule, true),
               expected.base());
}

// Both directions of DeepSeek-V3's exchange at EP64, from the lists to the last arrival.
bool bench_exchange() {
  topology::ClusterSpec spec;
  spec.gpus = 64;
  const auto fabric = topology::build(spec, {160_GBps, 45_GBps, 45_GBps, 45_GBps})->fabric();
  const network::ExpertRouting v3{
      .experts = 256, .top_k = 8, .groups = 8, .top_groups = 4, .expert_parallel = 64};
  network::ExpertExchange x;
  x.gpus = 64;
  x.gpus_per_node = 8;
  x.tokens = 4096 * 7392_B;
  x.spread = network::spread_of(v3, Rng(1, "routing"));
  x.pieces = network::pieces_of(4096);
  const double expected = (x.tokens * x.spread.remote_nodes / 45_GBps).base();
  const double start = cpu_now();
  const MessageList out = network::list_dispatch_messages(x), back = network::list_combine_messages(x);
  const Cost there = simulate(out, fabric, Routing::static_rule, true),
             again = simulate(back, fabric, Routing::static_rule, true);
  const double cpu = cpu_now() - start;
  bool near = print("EP64 dispatch, folded", 64, out, there, expected);
  near = print("EP64 combine, folded", 64, back, again, expected) && near;
  std::printf("  both, lists and network included: %.2f ms\n", cpu * 1e3);
  return near;
}

void bench_one_by_one(std::uint32_t largest) {
  for (const std::uint32_t n : {64U, 256U, 1024U, 2048U, 16384U, 131072U}) {
    if (n > largest) break;
    const MessageList list = network::list_permutation(n, 64_MiB, 1);
    print("permutation, ECMP", n, list, simulate(list, tree_of(n), Routing::ecmp, false), 0);
  }
  for (const std::uint32_t n : {64U, 256U}) {
    const MessageList list = network::list_all_to_all(n, 64_MiB);
    print("all-to-all, ECMP, exact", n, list, simulate(list, tree_of(n), Routing::ecmp, false), 0);
    print("all-to-all, ECMP, 0.1 %", n, list, simulate(list, tree_of(n), Routing::ecmp, false, 0.001), 0);
    print("all-to-all, adaptive", n, list, simulate(list, tree_of(n), Routing::adaptive, false), 0);
  }
  const MessageList hashed = network::list_all_to_all(512, 64_MiB);
  print("all-to-all, ECMP, 0.1 %", 512, hashed, simulate(hashed, tree_of(512), Routing::ecmp, false, 0.001),
        0);
  for (const std::uint32_t n : {64U, 256U}) {
    const MessageList list = network::list_tree_messages(n, 64_MiB, network::tree_pieces(64_MiB));
    print("trees 64 MiB, folded", n, list, simulate(list, tree_of(n), Routing::static_rule, true), 0);
  }
  const double before = peak_mb();
  const MessageList list = network::list_all_to_all(1024, 64_MiB);
  const Cost cost = simulate(list, tree_of(1024), Routing::static_rule, false);
  print("all-to-all, one by one", 1024, list, cost, 0);
  std::printf("  %.0f bytes a flow\n", (peak_mb() - before) * 1048576 / static_cast<double>(cost.flows));
}

void bench_solver() {
  Rng rng(1, "bench/network");
  network::Flows flows;
  std::vector<judge::Flow> plain;
  for (int c = 0; c < 400; ++c) flows.capacities.push_back(static_cast<double>(1 + rng.uniform(9)));
  flows.latencies.assign(400, 0);
  for (int f = 0; f < 2000; ++f) {
    std::vector<std::uint32_t> path;
    for (int hop = 0; hop < 4; ++hop)
      path.push_back(static_cast<std::uint32_t>(100 * static_cast<std::uint64_t>(hop) + rng.uniform(100)));
    flows.flows.emplace_back();
    network::set_path(flows, flows.flows.size() - 1, path);
    plain.push_back({{path.begin(), path.end()}, 1});
  }
  double start = cpu_now();
  const auto rates = network::max_min_rates(flows);
  const double ours = cpu_now() - start;
  start = cpu_now();
  const auto judged = judge::max_min_rates(flows.capacities, plain);
  const double theirs = cpu_now() - start;
  std::printf("\nrates of 2000 flows on 400 channels: %.4f s, plain progressive filling %.3f s, ratio %.0f\n",
              ours, theirs, theirs / ours);
}

}  // namespace

int main(int argc, char** argv) {
  const bool large = argc > 1 && std::strcmp(argv[1], "large") == 0;
  bool near = true;
  print_head();
  for (const std::uint32_t n : {64U, 256U, 1024U, 2048U, 8192U})
    if (n <= 2048 || large) near = bench_all_to_all(n) && near;
  for (const std::uint32_t n : {64U, 256U, 1024U, 2048U, 16384U})
    if (n <= 2048 || large) near = bench_ring(n) && near;
  near = bench_exchange() && near;
  bench_one_by_one(large ? 131072 : 2048);
  const double bare = bare_port_loop(2048);
  const double start = cpu_now();
  bench_all_to_all(2048);
  std::printf("\na bare loop of busy ports, all-to-all among 2048: %.3f CPU-seconds; ratio %.2f\n", bare,
              (cpu_now() - start) / bare);
  bench_solver();
  if (!near) std::printf("an answer is 1 %% or more off its closed form\n");
  return near ? EXIT_SUCCESS : EXIT_FAILURE;
}
