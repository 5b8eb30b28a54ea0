#include "suites/fused_attention.hpp"

#include <limits>

#include "suites/cudnn_graph.hpp"

namespace foretrain::bench {

namespace {

enum Uid : std::int64_t {
  q_uid = 1,
  k_uid,
  v_uid,
  out_uid,
  sums_uid,
  scale_uid,
  masked_uid,
  d_out_uid,
  products_uid,
  dq_sums_uid,
  dq_uid,
  dk_uid,
  dv_uid,
  one_uid
};

constexpr auto real = CUDNN_DATA_FLOAT, whole = CUDNN_DATA_INT32, truth = CUDNN_DATA_BOOLEAN,
               bf16 = CUDNN_DATA_BFLOAT16;

// The graph and what its scalars are worth.
struct Session {
  explicit Session(float scale_of) : scale(scale_of) { require(cudnnCreate(&handle), "cudnnCreate"); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    graph.reset();
    (void)cudnnDestroy(handle);
  }

  cudnnHandle_t handle = nullptr;
  float scale, masked = -std::numeric_limits<float>::infinity(), one = 1;
  std::unique_ptr<CudnnGraph> graph;
};

// Tensors of [tokens][heads][width] as cuDNN numbers them: batch, head, row, column.
struct Shapes {
  std::int64_t tokens, heads;

  Sizes4 square() const { return {1, heads, tokens, tokens}; }
  Sizes4 square_turned() const { return {heads * tokens * tokens, tokens * tokens, 1, tokens}; }
  Sizes4 column() const { return {1, heads, tokens, 1}; }
  Sizes4 column_steps() const { return {heads * tokens, tokens, 1, 1}; }
  Sizes4 rows(std::int64_t width) const { return {1, heads, tokens, width}; }
  Sizes4 row_steps(std::int64_t width) const { return {tokens * heads * width, width, heads * width, 1}; }
  Sizes4 turned(std::int64_t width) const { return {1, heads, width, tokens}; }
  Sizes4 turned_steps(std::int64_t width) const { return {tokens * heads * width, width, 1, heads * width}; }
};

CudnnTensor rows_of(CudnnGraph& g, std::int64_t uid, const Shapes& s, std::int64_t width) {
  return g.tensor(uid, s.rows(width), s.row_steps(width), bf16);
}
CudnnTensor turned_of(CudnnGraph& g, std::int64_t uid, const Shapes& s, std::int64_t width) {
  return g.tensor(uid, s.turned(width), s.turned_steps(width), bf16);
}
CudnnTensor column_of(CudnnGraph& g, std::int64_t uid, const Shapes& s) {
  return g.tensor(uid, s.column(), s.column_steps(), real);
}

// Keeps what lies below the diagonal and on it: keys that are not after their query.
CudnnTensor mask(CudnnGraph& g, const Shapes& s, CudnnTensor scores) {
  const CudnnTensor row = g.between(s.square(), whole), key = g.between(s.square(), whole);
  const CudnnTensor seen = g.between(s.square(), truth), kept = g.between(s.square(), real);
  g.pointwise(CUDNN_POINTWISE_GEN_INDEX, whole, scores, nullptr, nullptr, row, 2);
  g.pointwise(CUDNN_POINTWISE_GEN_INDEX, whole, scores, nullptr, nullptr, key, 3);
  g.pointwise(CUDNN_POINTWISE_CMP_GE, truth, row, key, nullptr, seen);
  g.pointwise(CUDNN_POINTWISE_BINARY_SELECT, real, scores, g.scalar(masked_uid), seen, kept);
  return kept;
}

CudnnTensor apply(CudnnGraph& g, cudnnPointwiseMode_t mode, const Sizes4& sizes, CudnnTensor x,
                  CudnnTensor b = nullptr) {
  const CudnnTensor y = g.between(sizes, real);
  g.pointwise(mode, real, x, b, nullptr, y);
  return y;
}

}  // namespace

struct FusedAttention::Graph : Session {
  Graph(const Shapes& s, float scale_of) : Session(scale_of) {
    graph = std::make_unique<CudnnGraph>(handle);
    CudnnGraph& g = *graph;
    const CudnnTensor q = rows_of(g, q_uid, s, score_width), k_turned = turned_of(g, k_uid, s, score_width);
    const CudnnTensor v = rows_of(g, v_uid, s, attention_value_width),
                      out = rows_of(g, out_uid, s, attention_value_width);
    const CudnnTensor scores = g.between(s.square(), real);
    g.multiply(q, k_turned, scores);
    const CudnnTensor kept =
        mask(g, s, apply(g, CUDNN_POINTWISE_MUL, s.square(), scores, g.scalar(scale_uid)));
    const CudnnTensor largest = g.between(s.column(), real), sum = g.between(s.column(), real);
    g.reduce(CUDNN_REDUCE_TENSOR_MAX, kept, largest);
    const CudnnTensor powers =
        apply(g, CUDNN_POINTWISE_EXP, s.square(), apply(g, CUDNN_POINTWISE_SUB, s.square(), kept, largest));
    g.reduce(CUDNN_REDUCE_TENSOR_ADD, powers, sum);
    const CudnnTensor logarithm = apply(g, CUDNN_POINTWISE_LOG, s.column(), sum);
    g.pointwise(CUDNN_POINTWISE_ADD, real, largest, logarithm, nullptr, column_of(g, sums_uid, s));
    const CudnnTensor shares = g.between(s.square(), bf16);  // engines for Hopper take nothing else
    g.pointwise(CUDNN_POINTWISE_DIV, real, powers, sum, nullptr, shares);
    g.multiply(shares, v, out);
    g.plan();
  }
};

struct FusedGradient::Graph : Session {
  Graph(const Shapes& s, float scale_of) : Session(scale_of) {
    graph = std::make_unique<CudnnGraph>(handle);
    CudnnGraph& g = *graph;
    const auto d_v = attention_value_width, d_qk = score_width;
    const CudnnTensor q = rows_of(g, q_uid, s, d_qk), k_turned = turned_of(g, k_uid, s, d_qk);
    const CudnnTensor v_turned = turned_of(g, v_uid, s, d_v), out = rows_of(g, out_uid, s, d_v);
    const CudnnTensor d_out = rows_of(g, d_out_uid, s, d_v), scale_tensor = g.scalar(scale_uid);

    const CudnnTensor sum = g.between(s.column(), real), products = column_of(g, products_uid, s);
    g.reduce(CUDNN_REDUCE_TENSOR_ADD, apply(g, CUDNN_POINTWISE_MUL, s.rows(d_v), d_out, out), sum);
    g.pointwise(CUDNN_POINTWISE_MUL, real, sum, g.scalar(one_uid), nullptr, products);

    const CudnnTensor scores = g.between(s.square(), real);
    g.multiply(q, k_turned, scores);
    const CudnnTensor below =
        apply(g, CUDNN_POINTWISE_SUB, s.square(),
              apply(g, CUDNN_POINTWISE_MUL, s.square(), scores, scale_tensor), column_of(g, sums_uid, s));
    const CudnnTensor shares = apply(g, CUDNN_POINTWISE_EXP, s.square(), mask(g, s, below));
    const CudnnTensor shares_turned = g.between(s.square(), s.square_turned(), bf16);
    g.reshape(shares, shares_turned);
    g.multiply(shares_turned, d_out, rows_of(g, dv_uid, s, d_v));

    const CudnnTensor d_shares = g.between(s.square(), real);
    g.multiply(d_out, v_turned, d_shares);
    const CudnnTensor pulled = apply(g, CUDNN_POINTWISE_MUL, s.square(),
                                     apply(g, CUDNN_POINTWISE_SUB, s.square(), d_shares, products), shares);
    const CudnnTensor d_scores = g.between(s.square(), real);
    g.pointwise(CUDNN_POINTWISE_MUL, real, pulled, scale_tensor, nullptr, d_scores);
    const CudnnTensor d_scores_turned = g.between(s.square(), s.square_turned(), bf16);
    g.reshape(d_scores, d_scores_turned);
    g.multiply(d_scores_turned, q, rows_of(g, dk_uid, s, d_qk));

    const CudnnTensor k = g.between(s.rows(d_qk), s.row_steps(d_qk), bf16);
    g.reshape(k_turned, k);
    const Sizes4 own_steps{s.heads * s.tokens * d_qk, s.tokens * d_qk, d_qk, 1};
    const CudnnTensor dq_sums = g.tensor(dq_sums_uid, s.rows(d_qk), own_steps, real);
    g.multiply(d_scores, k, dq_sums);
    g.pointwise(CUDNN_POINTWISE_IDENTITY, real, dq_sums, nullptr, nullptr, rows_of(g, dq_uid, s, d_qk));
    g.plan();
  }
};

bool has_cudnn() {
  return true;
}

FusedAttention::FusedAttention(int tokens, int heads, float scale)
    : graph_(std::make_unique<Graph>(Shapes{tokens, heads}, scale)) {}
FusedAttention::~FusedAttention() = default;

void FusedAttention::run(const Attention& w, cudaStream_t stream) const {
  Graph& g = *graph_;
  require(cudnnSetStream(g.handle, stream), "cudnnSetStream");
  g.graph->run({q_uid, k_uid, v_uid, out_uid, sums_uid, scale_uid, masked_uid},
               {const_cast<void*>(w.q), const_cast<void*>(w.k), const_cast<void*>(w.v), w.out, w.sums,
                &g.scale, &g.masked});
}

FusedGradient::FusedGradient(int tokens, int heads, float scale)
    : graph_(std::make_unique<Graph>(Shapes{tokens, heads}, scale)) {}
FusedGradient::~FusedGradient() = default;

void FusedGradient::run(const Attention& w, cudaStream_t stream) const {
  Graph& g = *graph_;
  require(cudnnSetStream(g.handle, stream), "cudnnSetStream");
  g.graph->run(
      {q_uid, k_uid, v_uid, out_uid, sums_uid, scale_uid, masked_uid, d_out_uid, products_uid, dq_sums_uid,
       dq_uid, dk_uid, dv_uid, one_uid},
      {const_cast<void*>(w.q), const_cast<void*>(w.k), const_cast<void*>(w.v), w.out, w.sums, &g.scale,
       &g.masked, const_cast<void*>(w.d_out), w.products, w.dq_sums, w.dq, w.dk, w.dv, &g.one});
}

}  // namespace foretrain::bench
