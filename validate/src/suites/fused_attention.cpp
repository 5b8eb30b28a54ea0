#include "suites/fused_attention.hpp"

#include <limits>

#include "suites/cudnn_graph.hpp"

namespace foretrain::bench {

namespace {

enum Uid : std::int64_t { q_uid = 1, k_uid, v_uid, out_uid, sums_uid, scale_uid, masked_uid };

cudnnHandle_t make_handle() {
  cudnnHandle_t handle = nullptr;
  require(cudnnCreate(&handle), "cudnnCreate");
  return handle;
}

}  // namespace

struct FusedAttention::Graph {
  Graph(std::int64_t tokens, std::int64_t heads, float scale_of);
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph() { (void)cudnnDestroy(handle); }

  cudnnHandle_t handle = make_handle();
  float scale, masked = -std::numeric_limits<float>::infinity();
  std::unique_ptr<CudnnGraph> graph = std::make_unique<CudnnGraph>(handle);
};

// Scores of [heads][tokens][tokens]; the mask keeps those whose key is not after their query.
FusedAttention::Graph::Graph(std::int64_t tokens, std::int64_t heads, float scale_of) : scale(scale_of) {
  CudnnGraph& g = *graph;
  const auto real = CUDNN_DATA_FLOAT, whole = CUDNN_DATA_INT32, truth = CUDNN_DATA_BOOLEAN,
             bf16 = CUDNN_DATA_BFLOAT16;
  const std::int64_t q_row = heads * score_width, v_row = heads * attention_value_width;
  const Sizes4 square{1, heads, tokens, tokens}, column{1, heads, tokens, 1};
  const CudnnTensor q =
      g.tensor(q_uid, {1, heads, tokens, score_width}, {tokens * q_row, score_width, q_row, 1}, bf16);
  const CudnnTensor k_turned =
      g.tensor(k_uid, {1, heads, score_width, tokens}, {tokens * q_row, score_width, 1, q_row}, bf16);
  const Sizes4 of_values{1, heads, tokens, attention_value_width},
      value_steps{tokens * v_row, attention_value_width, v_row, 1};
  const CudnnTensor v = g.tensor(v_uid, of_values, value_steps, bf16);
  const CudnnTensor out = g.tensor(out_uid, of_values, value_steps, bf16);
  const CudnnTensor sums = g.tensor(sums_uid, column, {heads * tokens, tokens, 1, 1}, real);
  const auto square_of = [&](cudnnDataType_t type) { return g.between(square, type); };

  const CudnnTensor scores = square_of(real), scaled = square_of(real);
  g.multiply(q, k_turned, scores);
  g.pointwise(CUDNN_POINTWISE_MUL, real, scores, g.scalar(scale_uid), nullptr, scaled);
  const CudnnTensor row = square_of(whole), key = square_of(whole), seen = square_of(truth),
                    kept = square_of(real);
  g.pointwise(CUDNN_POINTWISE_GEN_INDEX, whole, scaled, nullptr, nullptr, row, 2);
  g.pointwise(CUDNN_POINTWISE_GEN_INDEX, whole, scaled, nullptr, nullptr, key, 3);
  g.pointwise(CUDNN_POINTWISE_CMP_GE, truth, row, key, nullptr, seen);
  g.pointwise(CUDNN_POINTWISE_BINARY_SELECT, real, scaled, g.scalar(masked_uid), seen, kept);

  const CudnnTensor largest = g.between(column, real), below = square_of(real), powers = square_of(real);
  g.reduce(CUDNN_REDUCE_TENSOR_MAX, kept, largest);
  g.pointwise(CUDNN_POINTWISE_SUB, real, kept, largest, nullptr, below);
  g.pointwise(CUDNN_POINTWISE_EXP, real, below, nullptr, nullptr, powers);
  const CudnnTensor sum = g.between(column, real), logarithm = g.between(column, real);
  g.reduce(CUDNN_REDUCE_TENSOR_ADD, powers, sum);
  g.pointwise(CUDNN_POINTWISE_LOG, real, sum, nullptr, nullptr, logarithm);
  g.pointwise(CUDNN_POINTWISE_ADD, real, largest, logarithm, nullptr, sums);
  const CudnnTensor shares = square_of(bf16);  // engines for Hopper take nothing else
  g.pointwise(CUDNN_POINTWISE_DIV, real, powers, sum, nullptr, shares);
  g.multiply(shares, v, out);
  g.plan();
}

bool has_cudnn() {
  return true;
}

FusedAttention::FusedAttention(int tokens, int heads, float scale)
    : graph_(std::make_unique<Graph>(tokens, heads, scale)) {}
FusedAttention::~FusedAttention() = default;

void FusedAttention::run(const Attention& w, cudaStream_t stream) const {
  Graph& g = *graph_;
  require(cudnnSetStream(g.handle, stream), "cudnnSetStream");
  g.graph->run({q_uid, k_uid, v_uid, out_uid, sums_uid, scale_uid, masked_uid},
               {const_cast<void*>(w.q), const_cast<void*>(w.k), const_cast<void*>(w.v), w.out, w.sums,
                &g.scale, &g.masked});
}

}  // namespace foretrain::bench
