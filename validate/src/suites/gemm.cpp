#include "suites/gemm.hpp"

#include "kernels/random.hpp"

namespace foretrain::bench {

namespace {

constexpr int samples = 1024;

Format out_format(const Product& p) {
  return p.accumulates ? Format::fp32 : Format::bf16;
}

std::size_t area(std::int64_t rows, std::int64_t columns) {
  return static_cast<std::size_t>(rows * columns);
}

// E4M3 values spread over the format's range, as casts leave them that scale each tile to its largest; their
// scales bring them back to about one.
constexpr float fp8_deviation = 150;

Buffer make_operand(std::size_t count, Format format, std::uint64_t seed, cudaStream_t stream) {
  Buffer buffer(count * size_of(format));
  fill_normal(buffer.get(), count, format, format == Format::fp8 ? fp8_deviation : 1, seed, stream);
  return buffer;
}

Buffer make_scales(const Product& p, Scaling scaling, std::int64_t rows, std::uint64_t seed,
                   cudaStream_t stream) {
  const auto count = static_cast<std::size_t>(scale_count(scaling, rows, p.k));
  Buffer buffer(count * sizeof(float));
  fill_uniform(buffer.get(), count, Format::fp32, 0.5F / fp8_deviation, 1.5F / fp8_deviation, seed, stream);
  return buffer;
}

}  // namespace

ProductTensors::ProductTensors(const Product& p, int sets, std::uint64_t seed, cudaStream_t stream)
    : product_(p),
      scales_a_(make_scales(p, p.scaling_a, p.m, seed + 1, stream)),
      scales_b_(make_scales(p, p.scaling_b, p.n, seed + 2, stream)) {
  for (int i = 0; i < sets; ++i) {
    const std::uint64_t own = seed + 16 * static_cast<std::uint64_t>(i + 1);
    a_.push_back(make_operand(area(p.m, p.k), p.in, own, stream));
    b_.push_back(make_operand(area(p.n, p.k), p.in, own + 1, stream));
    d_.push_back(make_operand(area(p.m, p.n), out_format(p), own + 2, stream));
  }
  bench::check(cudaStreamSynchronize(stream), "make the operands of a product");
}

Tensors ProductTensors::set(int index) const {
  const auto i = static_cast<std::size_t>(index);
  return {a_[i].get(), b_[i].get(), d_[i].get()};
}

ProductCheck ProductTensors::description() const {
  const Product& p = product_;
  ProductCheck c;
  c.m = p.m, c.n = p.n, c.k = p.k;
  c.in = p.in, c.out = out_format(p);
  const bool a_by_k = p.layout != Layout::nt, b_by_k = p.layout == Layout::tn;
  c.a = {a_[0].get(), a_by_k ? p.k : 1, a_by_k ? 1 : p.m, p.m, p.scaling_a, scales_a()};
  c.b = {b_[0].get(), b_by_k ? p.k : 1, b_by_k ? 1 : p.n, p.n, p.scaling_b, scales_b()};
  c.d = d_[0].get();
  return c;
}

double ProductTensors::check(const Matmul& matmul, cudaStream_t stream) const {
  ProductCheck c = description();
  Buffer before;
  if (product_.accumulates) {  // D as it was: an FP32 sum shows whether it was added to
    before = Buffer(d_[0].bytes());
    fill_normal(d_[0].get(), area(product_.m, product_.n), Format::fp32, 1, 7, stream);
    bench::check(cudaMemcpyAsync(before.get(), d_[0].get(), before.bytes(), cudaMemcpyDeviceToDevice, stream),
                 "keep the sums");
    c.c = before.as<float>();
  } else {
    poison(d_[0].get(), d_[0].bytes(), stream);
  }
  matmul.run(set(0), stream);
  bench::check(cudaStreamSynchronize(stream), "matrix product");
  if (count_poison(d_[0].get(), d_[0].bytes(), c.out, stream) > 0) return not_a_number;
  return check_product(c, samples, 3, stream);
}

void store(Row& row, const Summary& s) {
  row.time_us = s.median * 1e6;
  row.spread = s.spread;
  row.samples = s.samples;
  row.dropped = s.dropped;
}

void measure_gemm(Row& row, Sampler& sampler) {
  const Product product = product_of(row.kernel, row.m, row.n, row.k);
  const double bytes = row.read_bytes + row.written_bytes;
  const int sets = row.cold ? rotation_count(bytes, sampler.device().l2_bytes) : 1;
  const ProductTensors tensors(product, sets, 11, sampler.stream());
  Matmul matmul(product, tensors.scales_a(), tensors.scales_b());
  matmul.choose(tensors.set(0), sampler);
  row.error = tensors.check(matmul, sampler.stream());
  const Launch launch{[&](cudaStream_t stream, int set) { matmul.run(tensors.set(set), stream); }, sets};
  store(row, sampler.measure(launch, row.cold));
}

}  // namespace foretrain::bench
