// GEMMs beside a copy, collectives and copies between memories, launches; and all suites together.

#include <array>

#include "points.hpp"

namespace foretrain::bench {

// `beside_copy_25` means: the copy aims at 25 % of the peak bandwidth. What it reached is in hbm_taken.
std::vector<Row> list_interference() {
  struct Shape {
    std::int64_t m, n, k;
  };
  constexpr std::array<Shape, 3> shapes{{{4096, 7168, 16384}, {4096, 4096, 7168}, {4096, 7168, 2048}}};
  std::vector<Row> rows;
  for (const auto& [m, n, k] : shapes) {
    for (const std::string kernel : {"gemm_bf16", "gemm_fp8"}) {
      for (const int sms : {0, 8, 16, 20, 24, 32}) {
        for (const int percent : {0, 10, 25}) {
          if (sms == 0 && percent > 0) continue;
          Row r = gemm_row(kernel, m, n, k);
          r.suite = "interference";
          r.kernel += "_beside_copy_" + std::to_string(percent);
          r.sms_taken = sms;
          r.cold = false;  // the copy keeps L2 busy, so nobody flushes it
          rows.push_back(r);
        }
      }
    }
  }
  return rows;
}

namespace {

Row transfer(const std::string& kernel, const std::string& dtype, double bytes, int ranks) {
  Row r;
  r.suite = "comm";
  r.kernel = kernel;
  r.dtype = dtype;
  r.groups = 0;
  r.read_bytes = bytes;
  r.ranks = ranks;
  r.cold = false;
  return r;
}

}  // namespace

// Buffers: of all_reduce what each rank holds; of all_gather what each rank ends with; of reduce_scatter what
// each begins with; of all_to_all what each sends, its own share counted; of send_recv the message.
std::vector<Row> list_comm(int gpus) {
  std::vector<Row> rows;
  for (double bytes = 65536; bytes <= 1 << 28; bytes *= 8) {
    for (const std::string kernel : {"copy_to_host", "copy_to_gpu", "copy_on_gpu"})
      rows.push_back(transfer(kernel, "bf16", bytes, 1));
  }
  for (int ranks = 1; ranks <= gpus; ranks = ranks * 2 > gpus && ranks < gpus ? gpus : ranks * 2) {
    for (double bytes = 65536; bytes <= 1 << 30; bytes *= 4) {
      rows.push_back(transfer("all_reduce", "fp32", bytes, ranks));
      rows.push_back(transfer("all_gather", "bf16", bytes, ranks));
      rows.push_back(transfer("reduce_scatter", "fp32", bytes, ranks));
      rows.push_back(transfer("all_to_all", "bf16", bytes, ranks));
      if (ranks == 2) rows.push_back(transfer("send_recv", "bf16", bytes, ranks));
    }
  }
  return rows;
}

std::vector<Row> list_over_nodes(int ranks, int nodes) {
  const std::string tail = "_over_" + std::to_string(nodes) + (nodes == 1 ? "_node" : "_nodes");
  std::vector<Row> rows;
  for (double bytes = 65536; bytes <= 1 << 30; bytes *= 4) {
    for (const std::string kernel :
         {"all_reduce", "all_gather", "reduce_scatter", "all_to_all", "send_recv"}) {
      const bool sums = kernel == "all_reduce" || kernel == "reduce_scatter";
      rows.push_back(transfer(kernel + tail, sums ? "fp32" : "bf16", bytes, ranks));
    }
  }
  return rows;
}

std::vector<Row> list_launch() {
  std::vector<Row> rows;
  // One empty kernel between two events; the time from one launch to the next, queued and in a graph; what a
  // launch costs the host.
  for (const std::string kernel : {"empty_kernel", "queued_launch", "graph_launch", "host_launch"}) {
    Row r;
    r.suite = "launch";
    r.kernel = kernel;
    r.dtype = "fp32";
    r.groups = 0;
    r.cold = false;
    rows.push_back(r);
  }
  return rows;
}

std::vector<Row> list_points(int gpus, bool has_nccl, bool has_cudnn) {
  std::vector<Row> rows;
  for (const auto& list :
       {list_gemm(), list_grouped(), list_attention(has_cudnn), list_decode(), list_memory(), list_layer(),
        list_interference(), list_comm(has_nccl ? gpus : 0), list_launch()})
    rows.insert(rows.end(), list.begin(), list.end());
  return rows;
}

}  // namespace foretrain::bench
