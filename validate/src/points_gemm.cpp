// Matrix products: every weight of DeepSeek-V3 forward and in both gradients, then a grid.

#include "points.hpp"

namespace foretrain::bench {

namespace {

double area(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

bool ends_with(const std::string& text, const std::string& tail) {
  return text.size() >= tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

struct Weight {
  std::int64_t in, out;
  bool fp8;  // FP8 in DeepSeek-V3; the gate and the head stay in BF16 (arXiv:2412.19437, section 3.3.1)
};
constexpr std::int64_t tokens = 4096;  // one sequence of the pre-training
const std::vector<Weight> weights{
    {7168, 2112, true},     // down projections of queries (1536) and of keys and values (512 + 64), fused
    {1536, 24576, true},    // queries up: 128 heads of 192
    {512, 32768, true},     // keys and values up: 128 heads of 128 + 128
    {16384, 7168, true},    // attention output
    {7168, 36864, true},    // dense layers: gate and up, fused
    {18432, 7168, true},    // dense layers: down
    {7168, 4096, true},     // one expert: gate and up, fused
    {2048, 7168, true},     // one expert: down
    {7168, 256, false},     // gate
    {7168, 129280, false},  // head
};

void add_three_passes(std::vector<Row>& rows, const Weight& w) {
  rows.push_back(gemm_row("gemm_bf16", tokens, w.out, w.in));
  rows.push_back(gemm_row("gemm_bf16_nn", tokens, w.in, w.out));
  rows.push_back(gemm_row("gemm_bf16_wgrad", w.out, w.in, tokens));
  if (!w.fp8) return;
  for (const std::string kernel : {"gemm_fp8", "gemm_fp8_tensor", "gemm_fp8_tensor_fast"}) {
    rows.push_back(gemm_row(kernel, tokens, w.out, w.in));
    rows.push_back(gemm_row(kernel, tokens, w.in, w.out));
  }
  rows.push_back(gemm_row("wgrad_fp8", w.out, w.in, tokens));
  rows.push_back(gemm_row("gemm_fp8_tensor_wgrad", w.out, w.in, tokens));
}

void add_grid(std::vector<Row>& rows) {
  for (const std::int64_t m : {128, 512, 2048, 8192}) {
    for (const std::int64_t n : {1536, 4096, 7168, 16384}) {
      for (const std::int64_t k : {512, 2048, 7168, 16384}) {
        for (const std::string kernel : {"gemm_bf16", "gemm_fp8", "gemm_fp8_tensor"})
          rows.push_back(gemm_row(kernel, m, n, k));
      }
    }
  }
  for (const std::int64_t k : {1024, 8192, 16384}) {  // weight gradients over other numbers of tokens
    for (const std::string kernel : {"gemm_bf16_wgrad", "wgrad_fp8"}) {
      rows.push_back(gemm_row(kernel, 4096, 7168, k));
      rows.push_back(gemm_row(kernel, 7168, 2048, k));
    }
  }
}

}  // namespace

Row gemm_row(const std::string& kernel, std::int64_t m, std::int64_t n, std::int64_t k) {
  Row r;
  r.suite = "gemm";
  r.kernel = kernel;
  r.m = m, r.n = n, r.k = k;
  r.flops = 2 * area(m, n) * static_cast<double>(k);
  const bool bf16 = kernel.compare(0, 9, "gemm_bf16") == 0;
  const bool weight_gradient = kernel == "wgrad_fp8" || ends_with(kernel, "_wgrad");
  const bool tensor = kernel.find("tensor") != std::string::npos;
  r.dtype = bf16 ? "bf16" : "fp8";
  r.family = bf16 ? "gemm_bf16" : tensor ? "gemm_fp8_tensor" : weight_gradient ? "wgrad_fp8" : "gemm_fp8";
  const double operands = area(m + n, k);
  r.read_bytes = bf16 ? 2 * operands : operands;
  if (r.family == "gemm_fp8") r.read_bytes += 4 * area(m, k) / 128 + 4 * area(n, k) / (128 * 128);
  if (r.family == "wgrad_fp8") r.read_bytes += 4 * operands / 128;
  if (weight_gradient) r.read_bytes += 4 * area(m, n);  // added to FP32 gradients
  r.written_bytes = (weight_gradient ? 4 : 2) * area(m, n);
  return r;
}

std::vector<Row> list_gemm() {
  std::vector<Row> rows;
  for (const Weight& weight : weights) add_three_passes(rows, weight);
  for (const Weight& weight : weights) {  // with inputs left in L2, for comparison
    if (!weight.fp8) continue;
    for (const std::string kernel : {"gemm_bf16", "gemm_fp8"}) {
      rows.push_back(gemm_row(kernel, tokens, weight.out, weight.in));
      rows.back().cold = false;
    }
  }
  add_grid(rows);
  return rows;
}

}  // namespace foretrain::bench
