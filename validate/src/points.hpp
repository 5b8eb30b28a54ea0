#pragma once
// What is measured: each suite is a list of rows without times. Shapes are those of DeepSeek-V3
// (deepseek-ai/DeepSeek-V3@9b4e978, inference/configs/config_671B.json) and a grid around them. Bytes are
// those that must cross HBM when nothing is found in cache, counted as src/model/kernels.cpp counts them.

#include <string>
#include <vector>

#include "row.hpp"

namespace foretrain::bench {

std::vector<Row> list_gemm();
std::vector<Row> list_grouped();
std::vector<Row> list_attention(bool has_cudnn);  // our own kernels; cuDNN's too where it is there
std::vector<Row> list_decode();
std::vector<Row> list_memory();
std::vector<Row> list_layer();
std::vector<Row> list_interference();
std::vector<Row> list_comm(int gpus);  // collectives need NCCL; copies do not
// Among the processes of a launcher: all_reduce_over_2_nodes and so on. `send_recv` is from the first to the
// last.
std::vector<Row> list_over_nodes(int ranks, int nodes);
std::vector<Row> list_launch();

inline const std::vector<std::string> suite_names{"gemm",  "grouped",      "attention", "decode", "memory",
                                                  "layer", "interference", "comm",      "launch"};
std::vector<Row> list_points(int gpus, bool has_nccl, bool has_cudnn);  // all suites, in this order

// One matrix product D[m x n] = A[m x k] B[k x n], named as GEMM kernels are in the rows.
Row gemm_row(const std::string& kernel, std::int64_t m, std::int64_t n, std::int64_t k);

// A kernel of the suite memory over m rows of n elements.
Row memory_row(const std::string& kernel, std::int64_t m, std::int64_t n);

// A product of `groups` experts; kernels named with wgrad cut k, the others m.
Row grouped_row(const std::string& kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                std::int64_t groups);

// Our own attention over one sequence.
Row attention_forward_row(std::int64_t tokens, std::int64_t heads);
Row attention_backward_row(std::int64_t tokens, std::int64_t heads);
Row attention_products_row(std::int64_t tokens, std::int64_t heads);
Row attention_round_row(std::int64_t tokens, std::int64_t heads);

}  // namespace foretrain::bench
