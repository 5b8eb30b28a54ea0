#include "suites/launch.hpp"

#include <chrono>

#include "kernels/timing.hpp"
#include "suites/gemm.hpp"

namespace foretrain::bench {

namespace {

constexpr int in_a_row = 200, repeats = 50;

const Launch empty{[](cudaStream_t stream, int) { launch_empty(stream); }, 1};

Summary over_launches(const std::vector<double>& totals) {
  std::vector<double> each;
  for (const double total : totals) each.push_back(total / in_a_row);
  return summarise(each, 0);
}

Summary queued(Sampler& sampler) {
  std::vector<double> totals;
  for (int i = 0; i < repeats; ++i) totals.push_back(sampler.time_together(empty, in_a_row));
  return over_launches(totals);
}

Summary in_graph(Sampler& sampler) {
  cudaStream_t stream = sampler.stream();
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t ready = nullptr;
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
  for (int i = 0; i < in_a_row; ++i) launch_empty(stream);
  check(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
  check(cudaGraphInstantiate(&ready, graph, 0), "cudaGraphInstantiate");
  const Launch replay{[&](cudaStream_t on, int) { check(cudaGraphLaunch(ready, on), "cudaGraphLaunch"); }, 1};
  std::vector<double> totals;
  for (int i = 0; i < repeats; ++i) totals.push_back(sampler.time_together(replay, 1));
  (void)cudaGraphExecDestroy(ready);
  (void)cudaGraphDestroy(graph);
  return over_launches(totals);
}

// The queue is empty before each row of launches and too long for none of them to wait.
Summary on_host(Sampler& sampler) {
  std::vector<double> totals;
  for (int i = 0; i <= repeats; ++i) {
    check(cudaStreamSynchronize(sampler.stream()), "wait for launches");
    const auto begin = std::chrono::steady_clock::now();
    for (int j = 0; j < in_a_row; ++j) launch_empty(sampler.stream());
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    if (i > 0) totals.push_back(spent.count());  // the first warms up
  }
  check(cudaStreamSynchronize(sampler.stream()), "wait for launches");
  return over_launches(totals);
}

}  // namespace

void measure_launch(Row& row, Sampler& sampler) {
  if (row.kernel == "empty_kernel")
    store(row, sampler.measure(empty, false));
  else if (row.kernel == "queued_launch")
    store(row, queued(sampler));
  else if (row.kernel == "graph_launch")
    store(row, in_graph(sampler));
  else if (row.kernel == "host_launch")
    store(row, on_host(sampler));
  else
    throw Failure("the suite launch knows no kernel " + row.kernel);
}

}  // namespace foretrain::bench
