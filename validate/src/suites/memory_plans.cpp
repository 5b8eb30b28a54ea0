// The suite memory's kernels on rows: casts, activation, norms, rope, sums, copies.

#include "kernels/gradients.hpp"
#include "kernels/memory.hpp"
#include "pick.hpp"
#include "suites/memory.hpp"

namespace foretrain::bench {

namespace {

constexpr int sampled_rows = 16;

// Checks some rows: `of_row` returns the result and what it should be for one of them.
std::function<Sampled(const Buffers&, const Buffers&)> over_rows(
    std::int64_t rows, const std::function<Sampled(const Buffers&, std::int64_t)>& of_row) {
  return [rows, of_row](const Buffers&, const Buffers& b) {
    Sampled all;
    for (const std::int64_t row : pick_others(rows, sampled_rows, 5)) {
      const Sampled one = of_row(b, row);
      append(all.result, one.result);
      append(all.reference, one.reference);
    }
    return all;
  };
}

Values piece(const Values& values, std::int64_t first, std::int64_t count) {
  return {values.begin() + first, values.begin() + first + count};
}

// One row of E4M3 codes times the scale of each tile, scales[tile][row] of `rows` rows.
Values read_scaled(const Buffer& codes, const Buffer& scales, std::int64_t row, std::int64_t rows,
                   std::int64_t n) {
  Values values = read(codes, Format::fp8, row * n, n);
  const Values of_tiles = read_column(scales, Format::fp32, row, rows, n / scale_tile);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= of_tiles[i / scale_tile];
  return values;
}

Values quantised(const Values& row) {
  Values all;
  for (std::size_t i = 0; i < row.size(); i += scale_tile)
    append(all, reference_quantise(piece(row, static_cast<std::int64_t>(i), scale_tile)));
  return all;
}

BufferPlan tensor(std::int64_t count, Fill fill = Fill::normal) {
  return {count, Format::bf16, fill, 1};
}

KernelPlan plan_copy(std::int64_t m, std::int64_t n) {
  KernelPlan p;
  p.buffers = {tensor(m * n), tensor(m * n, Fill::output)};
  p.run = [=](const Buffers& b, cudaStream_t s) { copy(b[0].get(), b[1].get(), 2 * m * n, s); };
  p.sample = over_rows(m, [=](const Buffers& b, std::int64_t row) {
    return Sampled{read(b[1], Format::bf16, row * n, n), read(b[0], Format::bf16, row * n, n)};
  });
  return p;
}

KernelPlan plan_quantise_row(std::int64_t m, std::int64_t n) {
  KernelPlan p;
  p.buffers = {
      tensor(m * n), {m * n, Format::fp8, Fill::output, 1}, {m * n / 128, Format::fp32, Fill::output, 1}};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    quantise_row(b[0].get(), b[1].get(), b[2].as<float>(), m, n, s);
  };
  p.sample = over_rows(m, [=](const Buffers& b, std::int64_t row) {
    return Sampled{read_scaled(b[1], b[2], row, m, n), quantised(read(b[0], Format::bf16, row * n, n))};
  });
  return p;
}

// Rows of the result are columns of the input.
KernelPlan plan_quantise_column(std::int64_t m, std::int64_t n) {
  KernelPlan p = plan_quantise_row(m, n);
  p.run = [=](const Buffers& b, cudaStream_t s) {
    quantise_column(b[0].get(), b[1].get(), b[2].as<float>(), m, n, s);
  };
  p.sample = [=](const Buffers&, const Buffers& b) {
    Sampled all;
    for (const std::int64_t column : pick_others(n, sampled_rows, 6)) {
      append(all.result, read_scaled(b[1], b[2], column, n, m));
      append(all.reference, quantised(read_column(b[0], Format::bf16, column, n, m)));
    }
    return all;
  };
  return p;
}

KernelPlan plan_swiglu(std::int64_t m, std::int64_t f) {
  KernelPlan p;
  p.buffers = {
      tensor(2 * m * f), {m * f, Format::fp8, Fill::output, 1}, {m * f / 128, Format::fp32, Fill::output, 1}};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    swiglu_cast(b[0].get(), b[1].get(), b[2].as<float>(), m, f, s);
  };
  p.sample = over_rows(m, [=](const Buffers& b, std::int64_t row) {
    const Values in = read(b[0], Format::bf16, row * 2 * f, 2 * f);
    return Sampled{read_scaled(b[1], b[2], row, m, f),
                   quantised(reference_swiglu(piece(in, 0, f), piece(in, f, f)))};
  });
  return p;
}

// Codes and scales of a cast; random ones of that form.
KernelPlan plan_dequantise(std::int64_t m, std::int64_t n) {
  KernelPlan p;
  p.buffers = {{m * n, Format::fp8, Fill::normal, 1},
               {m * n / 128, Format::fp32, Fill::positive, 1},
               tensor(m * n, Fill::output)};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    dequantise_row(b[0].get(), b[1].as<float>(), b[2].get(), m, n, s);
  };
  p.sample = over_rows(m, [=](const Buffers& b, std::int64_t row) {
    return Sampled{read(b[2], Format::bf16, row * n, n), read_scaled(b[0], b[1], row, m, n)};
  });
  return p;
}

// Rows of the result are columns of the input.
KernelPlan plan_transpose(std::int64_t m, std::int64_t n) {
  KernelPlan p;
  p.buffers = {{m * n, Format::fp8, Fill::normal, 1}, {m * n, Format::fp8, Fill::output, 1}};
  p.run = [=](const Buffers& b, cudaStream_t s) { transpose_fp8(b[0].get(), b[1].get(), m, n, s); };
  p.sample = over_rows(n, [=](const Buffers& b, std::int64_t row) {
    return Sampled{read(b[1], Format::fp8, row * m, m), read_column(b[0], Format::fp8, row, n, m)};
  });
  return p;
}

KernelPlan plan_swiglu_backward(std::int64_t m, std::int64_t f) {
  KernelPlan p;
  p.buffers = {tensor(2 * m * f), tensor(m * f), tensor(2 * m * f, Fill::output)};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    swiglu_backward(b[0].get(), b[1].get(), b[2].get(), m, f, s);
  };
  p.sample = over_rows(m, [=](const Buffers& b, std::int64_t row) {
    const Values in = read(b[0], Format::bf16, row * 2 * f, 2 * f), dy = read(b[1], Format::bf16, row * f, f);
    return Sampled{read(b[2], Format::bf16, row * 2 * f, 2 * f),
                   reference_swiglu_backward(piece(in, 0, f), piece(in, f, f), dy)};
  });
  return p;
}

KernelPlan plan_rmsnorm(std::int64_t m, std::int64_t n) {
  KernelPlan p;
  p.buffers = {tensor(m * n), tensor(n), tensor(m * n, Fill::output)};
  p.run = [=](const Buffers& b, cudaStream_t s) { rmsnorm(b[0].get(), b[1].get(), b[2].get(), m, n, s); };
  p.sample = over_rows(m, [=](const Buffers& b, std::int64_t row) {
    const Values x = read(b[0], Format::bf16, row * n, n), weight = read(b[1], Format::bf16, 0, n);
    return Sampled{read(b[2], Format::bf16, row * n, n), reference_rmsnorm(x, weight)};
  });
  return p;
}

KernelPlan plan_rmsnorm_backward(std::int64_t m, std::int64_t n, int sms) {
  KernelPlan p;
  p.buffers = {tensor(m * n),
               tensor(m * n),
               tensor(n),
               tensor(m * n, Fill::output),
               {rmsnorm_blocks(m, n, sms) * n, Format::fp32, Fill::output, 1}};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    rmsnorm_backward(b[0].get(), b[1].get(), b[2].get(), b[3].get(), b[4].as<float>(), m, n, sms, s);
  };
  p.sample = over_rows(m, [=](const Buffers& b, std::int64_t row) {
    const Values x = read(b[0], Format::bf16, row * n, n), dy = read(b[1], Format::bf16, row * n, n);
    return Sampled{read(b[3], Format::bf16, row * n, n),
                   reference_rmsnorm_backward(x, dy, read(b[2], Format::bf16, 0, n))};
  });
  return p;
}

KernelPlan plan_rope(std::int64_t m, std::int64_t n) {
  KernelPlan p;
  p.buffers = {tensor(m * n), {m * 64, Format::fp32, Fill::normal, 1}, tensor(m * n, Fill::output)};
  p.run = [=](const Buffers& b, cudaStream_t s) { rope(b[0].get(), b[1].as<float>(), b[2].get(), m, n, s); };
  p.sample = over_rows(m, [=](const Buffers& b, std::int64_t row) {
    const Values x = read(b[0], Format::bf16, row * n, n), turns = read(b[1], Format::fp32, row * 64, 64);
    return Sampled{read(b[2], Format::bf16, row * n, n), reference_rope(x, turns)};
  });
  return p;
}

KernelPlan plan_add(std::int64_t m, std::int64_t n) {
  KernelPlan p;
  p.buffers = {tensor(m * n), tensor(m * n), tensor(m * n, Fill::output)};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    residual_add(b[0].get(), b[1].get(), b[2].get(), m * n, s);
  };
  p.sample = over_rows(m, [=](const Buffers& b, std::int64_t row) {
    Values sum = read(b[0], Format::bf16, row * n, n);
    const Values more = read(b[1], Format::bf16, row * n, n);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
    return Sampled{read(b[2], Format::bf16, row * n, n), sum};
  });
  return p;
}

}  // namespace

KernelPlan plan_of(const Row& r, int sms) {
  if (r.kernel == "copy") return plan_copy(r.m, r.n);
  if (r.kernel == "quantise_row") return plan_quantise_row(r.m, r.n);
  if (r.kernel == "quantise_column") return plan_quantise_column(r.m, r.n);
  if (r.kernel == "swiglu_cast") return plan_swiglu(r.m, r.n / 2);
  if (r.kernel == "dequantise_row") return plan_dequantise(r.m, r.n);
  if (r.kernel == "transpose_fp8") return plan_transpose(r.m, r.n);
  if (r.kernel == "swiglu_backward") return plan_swiglu_backward(r.m, r.n / 2);
  if (r.kernel == "rmsnorm") return plan_rmsnorm(r.m, r.n);
  if (r.kernel == "rmsnorm_backward") return plan_rmsnorm_backward(r.m, r.n, sms);
  if (r.kernel == "rope") return plan_rope(r.m, r.n);
  if (r.kernel == "residual_add") return plan_add(r.m, r.n);
  if (r.kernel == "adamw") return plan_of_optimizer(r);
  return plan_of_routing(r);
}

}  // namespace foretrain::bench
