// Kernels bound by memory. m rows of n elements, as the model lists the same work; `flops` counts one
// operation an element.

#include "points.hpp"

namespace foretrain::bench {

namespace {

double area(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}
double fp8_size(double elements) {
  return elements + 4 * elements / 128;
}

struct Traffic {
  const char* family;
  double read, written;
};

Traffic traffic_of(const std::string& kernel, std::int64_t m, std::int64_t n) {
  const double size = area(m, n), bf16 = 2 * size, maps = 4 * static_cast<double>(m);
  if (kernel == "copy") return {"memset_copy", bf16, bf16};
  if (kernel == "quantise_row") return {"fp8_cast", bf16, fp8_size(size)};
  if (kernel == "quantise_column") return {"fp8_cast_transpose", bf16, fp8_size(size)};
  if (kernel == "dequantise_row") return {"fp8_cast", fp8_size(size), bf16};
  if (kernel == "transpose_fp8") return {"weight_transpose", size, size};
  if (kernel == "swiglu_cast") return {"swiglu", bf16, fp8_size(size / 2)};
  if (kernel == "swiglu_backward") return {"swiglu", bf16 + size, bf16};
  if (kernel == "rmsnorm") return {"rmsnorm", bf16, bf16};
  if (kernel == "rmsnorm_backward") return {"rmsnorm_backward", 2 * bf16, bf16};
  if (kernel == "rope") return {"rope", bf16, bf16};
  if (kernel == "residual_add") return {"elementwise", 2 * bf16, bf16};
  if (kernel == "permute") return {"permute", bf16 / 2 + maps, bf16};
  if (kernel == "unpermute") return {"permute", bf16 + 2 * maps, bf16 / 2};
  constexpr double top_k = 8;
  if (kernel == "gate_topk") return {"gating", 4 * size, static_cast<double>(m) * top_k * (4 + 4)};
  // AdamW: FP32 gradient and master weight, BF16 moments (arXiv:2412.19437, section 3.3.1), BF16 weight out.
  return {"optimizer", 12 * size, 10 * size};
}

void add_copies(std::vector<Row>& rows) {
  for (std::int64_t rows_of = 64; rows_of <= 65536; rows_of *= 4) {
    for (const bool cold : {true, false}) {
      rows.push_back(memory_row("copy", rows_of, 7168));
      rows.back().cold = cold;
    }
  }
}

void add_casts(std::vector<Row>& rows, std::int64_t t) {
  for (const std::int64_t n : {1536, 2048, 7168, 16384}) {
    for (const std::string kernel : {"quantise_row", "quantise_column", "dequantise_row"})
      rows.push_back(memory_row(kernel, t, n));
  }
  for (const std::int64_t f : {2048, 18432}) {  // one expert, one dense layer
    rows.push_back(memory_row("swiglu_cast", t, 2 * f));
    rows.push_back(memory_row("swiglu_backward", t, 2 * f));
  }
}

void add_norms(std::vector<Row>& rows, std::int64_t t) {
  for (const std::int64_t n : {512, 1536, 7168}) {
    rows.push_back(memory_row("rmsnorm", t, n));
    rows.push_back(memory_row("rmsnorm_backward", t, n));
  }
}

// 8 experts of 256 for a token; half of the chosen rows land here, as many as with 16 local experts of 32.
void add_routing(std::vector<Row>& rows, std::int64_t t) {
  constexpr std::int64_t h = 7168, experts = 256;
  rows.push_back(memory_row("permute", 2 * t, h));
  rows.push_back(memory_row("unpermute", 2 * t, h));
  rows.push_back(memory_row("gate_topk", t, experts));
}

}  // namespace

Row memory_row(const std::string& kernel, std::int64_t m, std::int64_t n) {
  const Traffic traffic = traffic_of(kernel, m, n);
  Row r;
  r.suite = "memory";
  r.kernel = kernel, r.family = traffic.family;
  r.dtype = kernel == "adamw" ? "fp32" : "bf16";
  r.m = m, r.n = n;
  r.flops = area(m, n);
  r.read_bytes = traffic.read, r.written_bytes = traffic.written;
  return r;
}

std::vector<Row> list_memory() {
  std::vector<Row> rows;
  add_copies(rows);
  for (const std::int64_t t : {256, 1024, 2048, 4096, 8192, 16384}) {  // a bandwidth curve needs six
    add_casts(rows, t);
    add_norms(rows, t);
    rows.push_back(memory_row("rope", t, 128 * 64));
    rows.push_back(memory_row("residual_add", t, 7168));
    add_routing(rows, t);
  }
  // Weights of DeepSeek-V3 that the gradients of the inputs read turned.
  for (const std::int64_t m : {1536, 4096, 7168, 24576, 36864})
    rows.push_back(memory_row("transpose_fp8", m, 7168));
  rows.push_back(memory_row("transpose_fp8", 7168, 2048));
  for (const std::int64_t n : {1 << 20, 1 << 22, 1 << 24, 1 << 25, 1 << 26, 1 << 27})
    rows.push_back(memory_row("adamw", 1, n));
  return rows;
}

}  // namespace foretrain::bench
