#pragma once
// What a node's launches, copies and collectives would be if a part's own numbers were true, for tests:
// launches with an empty kernel between events, NCCL by the part's table scaled, memory kernels that carry
// the events' overhead. It says `state: synthetic`.

#include "calibrate/fit_collectives.hpp"
#include "calibrate/synthetic.hpp"

namespace foretrain::synthetic {

constexpr Seconds event_pair = seconds(1.2e-6);

inline Point node_row(const std::string& suite, const std::string& kernel, double bytes_moved, Seconds time,
                      std::int64_t ranks = 1) {
  Point point;
  point.suite = suite;
  point.kernel = kernel;
  point.measured.kernel.read = bytes(bytes_moved);
  point.measured.time = time;
  point.ranks = ranks;
  point.cold = false;
  point.spread = 0.01;
  point.samples = 50;
  return point;
}

inline std::vector<Point> launches() {
  return {node_row("launch", "empty_kernel", 0, event_pair),
          node_row("launch", "queued_launch", 0, seconds(2.1e-6)),
          node_row("launch", "graph_launch", 0, seconds(1.9e-6)),
          node_row("launch", "host_launch", 0, seconds(2.4e-6))};
}

// Collectives as `rates` say, off by `noise`.
inline std::vector<Point> collectives(const CollectiveRates& rates, double noise,
                                      const std::vector<std::int64_t>& groups = {2, 4, 8}) {
  std::vector<Point> points;
  Rng random{3, "synthetic/collectives"};
  for (const std::int64_t ranks : groups)
    for (const auto& kernel : calibrate::collective_names)
      for (double size = 65536; size <= 1 << 30; size *= 4) {
        Point point = node_row("comm", std::string(kernel), size, {}, ranks);
        point.measured.time = calibrate::predict(point, rates) * (1 + noise * random.normal());
        points.push_back(std::move(point));
      }
  return points;
}

inline std::vector<Point> copies_of_host(double noise) {
  std::vector<Point> points;
  Rng random{4, "synthetic/copies"};
  const auto add = [&](const char* kernel, double rate, double latency, std::int64_t ranks) {
    for (double size = 65536; size <= 1 << 28; size *= 8)
      points.push_back(node_row("comm", kernel, size,
                                seconds((latency + size / rate) * (1 + noise * random.normal())), ranks));
  };
  add("copy_to_host", 55e9, 4e-6, 1);
  add("copy_to_gpu", 54e9, 4e-6, 1);
  add("copy_on_gpu", 1.9e12, 3e-6, 1);
  add("send_recv", 370e9, 12e-6, 2);
  return points;
}

// NCCL's links 10 % slower and its fixed times 20 % longer than the part's, so that there is something to
// find.
inline CollectiveRates slower(CollectiveRates rates) {
  for (auto* protocol : {&rates.ll, &rates.ll128, &rates.simple, &rates.exchange_small, &rates.exchange}) {
    protocol->base = 1.2 * protocol->base;
    protocol->step = 1.2 * protocol->step;
    protocol->rate = 0.9 * protocol->rate;
  }
  rates.nvls_step = 1.2 * rates.nvls_step;
  rates.nvls_rate = 0.9 * rates.nvls_rate;
  return rates;
}

inline calibrate::Results measured_node(const hardware::GpuSpec& gpu, double noise) {
  Bench bench(gpu, noise);
  for (const std::int64_t m : {1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072})
    bench.add("memory", stream(Family::elementwise, m, 7168, 4, 2)).measured.time += event_pair;
  for (auto points : {launches(), collectives(slower(gpu.collectives), noise), copies_of_host(noise)})
    for (Point& point : points) {
      if (point.kernel.starts_with("copy")) point.measured.time += event_pair;
      bench.points.push_back(std::move(point));
    }
  return results_of(gpu, bench.points);
}

}  // namespace foretrain::synthetic
