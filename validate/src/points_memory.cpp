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

Row stream(const std::string& kernel, const std::string& family, std::int64_t m, std::int64_t n, double read,
           double written) {
  Row r;
  r.suite = "memory";
  r.kernel = kernel, r.family = family;
  r.m = m, r.n = n;
  r.flops = area(m, n);
  r.read_bytes = read, r.written_bytes = written;
  return r;
}

void add_copies(std::vector<Row>& rows) {
  for (std::int64_t rows_of = 64; rows_of <= 65536; rows_of *= 4) {
    const double bytes = 2 * area(rows_of, 7168);
    for (const bool cold : {true, false}) {
      rows.push_back(stream("copy", "memset_copy", rows_of, 7168, bytes, bytes));
      rows.back().cold = cold;
    }
  }
}

void add_casts(std::vector<Row>& rows, std::int64_t t) {
  for (const std::int64_t n : {1536, 2048, 7168, 16384}) {
    const double size = area(t, n);
    rows.push_back(stream("quantise_row", "fp8_cast", t, n, 2 * size, fp8_size(size)));
    rows.push_back(stream("quantise_column", "fp8_cast_transpose", t, n, 2 * size, fp8_size(size)));
  }
  for (const std::int64_t f : {2048, 18432}) {  // one expert, one dense layer
    const double wide = 4 * area(t, f);
    rows.push_back(stream("swiglu_cast", "swiglu", t, 2 * f, wide, fp8_size(area(t, f))));
  }
}

void add_norms(std::vector<Row>& rows, std::int64_t t) {
  for (const std::int64_t n : {512, 1536, 7168}) {
    const double size = 2 * area(t, n);
    rows.push_back(stream("rmsnorm", "rmsnorm", t, n, size, size));
    rows.push_back(stream("rmsnorm_backward", "rmsnorm_backward", t, n, 2 * size, size));
  }
}

// 8 experts of 256 for a token; half of the chosen rows land here, as many as with 16 local experts of 32.
void add_routing(std::vector<Row>& rows, std::int64_t t) {
  constexpr std::int64_t h = 7168, top_k = 8, experts = 256;
  const double in = 2 * area(t, h), out = 2 * area(t * 2, h), maps = 4 * static_cast<double>(2 * t);
  rows.push_back(stream("permute", "permute", 2 * t, h, in + maps, out));
  rows.push_back(stream("unpermute", "permute", 2 * t, h, out + 2 * maps, in));
  const double chosen = area(t, top_k) * (4 + 4);
  rows.push_back(stream("gate_topk", "gating", t, experts, 4 * area(t, experts), chosen));
}

}  // namespace

std::vector<Row> list_memory() {
  std::vector<Row> rows;
  add_copies(rows);
  for (const std::int64_t t : {256, 1024, 2048, 4096, 8192, 16384}) {  // a bandwidth curve needs six
    add_casts(rows, t);
    add_norms(rows, t);
    const double rotary = 2 * area(t, 128 * 64), hidden = 2 * area(t, 7168);
    rows.push_back(stream("rope", "rope", t, 128 * 64, rotary, rotary));
    rows.push_back(stream("residual_add", "elementwise", t, 7168, 2 * hidden, hidden));
    add_routing(rows, t);
  }
  for (const std::int64_t n : {1 << 20, 1 << 22, 1 << 24, 1 << 25, 1 << 26, 1 << 27}) {
    // FP32 gradient and master weight, BF16 moments (arXiv:2412.19437, section 3.3.1), BF16 weight out.
    rows.push_back(
        stream("adamw", "optimizer", 1, n, 12.0 * static_cast<double>(n), 10.0 * static_cast<double>(n)));
    rows.back().dtype = "fp32";
  }
  return rows;
}

}  // namespace foretrain::bench
