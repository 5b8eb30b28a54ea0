#include "model/standard/linear.hpp"

#include "model/kernels.hpp"
#include "model/precision.hpp"

namespace foretrain::model::standard {

namespace {

Precision precision_of(const Shapes& s, const Linear& layer) {
  return layer.quantised ? s.precision : Precision::bf16;
}

std::int64_t rows_of(const Shapes& s, const Linear& layer) {
  return layer.cut == Cut::none ? s.rows : s.tokens;
}

// Rows of X as this GPU holds it, and of dY.
std::int64_t input_rows(const Shapes& s, const Linear& layer) {
  return layer.cut == Cut::row ? s.tokens : s.rows;
}
std::int64_t gradient_rows(const Shapes& s, const Linear& layer) {
  return layer.cut == Cut::column ? s.tokens : s.rows;
}

double kept_size(Precision precision, const Linear& layer, std::int64_t m) {
  if (layer.input == Input::recomputed) return 0;
  if (layer.input == Input::shared && precision == Precision::bf16) return 0;
  return operand_size(precision, area(m, layer.k));
}

double element_size(Precision precision) {
  return operand_size(precision, 1);
}

// How often a cast reads its tensor: first for the largest value, where that decides the scale.
int passes(const Shapes& s) {
  const bool current = s.precision == Precision::fp8_tensor && s.kernels().current_scaling;
  return current || s.precision == Precision::nvfp4 ? 2 : 1;
}
double cast_read(const Shapes& s, std::int64_t m, std::int64_t n) {
  return passes(s) * bf16_size(area(m, n));
}

// A tensor with one scale is gathered as it lies and turned then; others are cast both ways before.
bool turned_later(const Shapes& s, Precision precision, Cut cut, Cut gathered) {
  return precision == Precision::fp8_tensor && s.sequence_cut && cut == gathered;
}

void add_turn(OpList& list, const std::string& name, std::int64_t m, std::int64_t n) {
  list.add(name + "_turn", stream(Family::fp8_cast_transpose, m, n, area(m, n), area(m, n)));
}

void add_row_cast(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n,
                  double kept) {
  list.add(name + "_cast", stream(Family::fp8_cast, m, n, cast_read(s, m, n), area(m, n), passes(s)), kept);
}

}  // namespace

Communication collective(Pattern pattern, const Shapes& s, std::int64_t columns, double element,
                         Beside beside) {
  return {pattern, Group::tensor, bytes(element * area(s.tokens, columns)), beside};
}

void add_cast(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n,
              double kept) {
  const auto p = s.precision;
  const double read = cast_read(s, m, n), written = operand_size(p, area(m, n));
  const int launches = passes(s);
  if (s.kernels().fused_cast_transpose) {
    list.add(name + "_cast", stream(Family::fp8_cast_transpose, m, n, read, 2 * written, launches), kept);
    return;
  }
  list.add(name + "_cast", stream(Family::fp8_cast, m, n, read, written, launches));
  // One scale for the whole tensor: its FP8 values are turned. Others are scaled anew along columns.
  const double turned = p == Precision::fp8_tensor ? written : bf16_size(area(m, n));
  list.add(name + "_colcast", stream(Family::fp8_cast_transpose, m, n, turned, written), kept);
}

void add_column_cast(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n) {
  const auto p = s.precision;
  list.add(name + "_colcast", stream(Family::fp8_cast_transpose, m, n, cast_read(s, m, n),
                                     operand_size(p, area(m, n)), passes(s)));
}

void add_accumulation(OpList& list, const Shapes& s, const std::string& name, std::int64_t m,
                      std::int64_t n) {
  const double size = area(m, n), main = s.kernels().accumulate_fp32 ? fp32_size(size) : bf16_size(size);
  list.add(name + "_grad_add", stream(Family::elementwise, m, n, bf16_size(size) + main, main));
}

void add_linear_forward(OpList& list, const Shapes& s, const Linear& layer) {
  const auto p = precision_of(s, layer);
  const auto m = rows_of(s, layer), in = input_rows(s, layer);
  const double kept = kept_size(p, layer, in);
  const bool cast = p != Precision::bf16;
  if (cast && turned_later(s, p, layer.cut, Cut::column))
    add_row_cast(list, s, layer.name + "_in", in, layer.k, kept);
  else if (cast)
    add_cast(list, s, layer.name + "_in", in, layer.k, kept);
  if (layer.cut == Cut::column && s.sequence_cut)
    list.add(layer.name + "_in_gather",
             collective(Pattern::all_gather, s, layer.k, element_size(p), Beside::pieces));
  list.add(layer.name, gemm(p, m, layer.n, layer.k), cast ? 0 : kept);
  if (layer.cut != Cut::row || s.tensor == 1) return;
  if (s.sequence_cut)
    list.add(layer.name + "_out_scatter", collective(Pattern::reduce_scatter, s, layer.n, 2, Beside::pieces));
  else
    list.add(layer.name + "_out_reduce", collective(Pattern::all_reduce, s, layer.n, 2));
}

void add_linear_again(OpList& list, const Shapes& s, const Linear& layer, std::int64_t columns) {
  const auto p = precision_of(s, layer);
  if (p != Precision::bf16) add_row_cast(list, s, layer.name + "_in_again", input_rows(s, layer), layer.k, 0);
  list.add(layer.name + "_again", gemm(p, rows_of(s, layer), columns, layer.k));
}

namespace {

// A GEMM of the backward.
Kernel gradient_kernel(const Shapes& s, Precision p, Kernel kernel) {
  kernel.promotes = p == Precision::fp8_tensor && s.kernels().promoted_backward;
  return kernel;
}

// dY as the GEMMs read it.
void add_gradient_operand(OpList& list, const Shapes& s, const Linear& layer, Precision p) {
  const auto m = gradient_rows(s, layer);
  const bool later = turned_later(s, p, layer.cut, Cut::row);
  const std::string name = layer.name + "_dy";
  if (later)
    add_row_cast(list, s, name, m, layer.n, 0);
  else if (p != Precision::bf16)
    add_cast(list, s, name, m, layer.n);
  if (layer.cut == Cut::row && s.sequence_cut)
    list.add(name + "_gather", collective(Pattern::all_gather, s, layer.n, element_size(p), Beside::pieces));
  if (later) add_turn(list, name, s.tokens, layer.n);
}

// X as the weight gradient reads it.
void add_input_operand(OpList& list, const Shapes& s, const Linear& layer, Precision p) {
  const bool later = turned_later(s, p, layer.cut, Cut::column);
  const bool again = p != Precision::bf16 && layer.input == Input::recomputed;
  const std::string name = layer.name + "_in";
  if (again && later)
    add_row_cast(list, s, name, input_rows(s, layer), layer.k, 0);
  else if (again)
    add_column_cast(list, s, name, input_rows(s, layer), layer.k);
  if (layer.cut == Cut::column && s.sequence_cut)
    list.add(name + "_gather", collective(Pattern::all_gather, s, layer.k, element_size(p), Beside::whole));
  if (later) add_turn(list, name, s.tokens, layer.k);
}

// `kernel` reads and writes FP32 main gradients; or it writes BF16, and that is added or is all.
void add_weight_gradient(OpList& list, const Shapes& s, const Linear& layer, Kernel kernel) {
  const bool accumulates = s.kernels().fused_accumulation && s.kernels().accumulate_fp32;
  kernel = gradient_kernel(s, precision_of(s, layer), kernel);
  kernel.accumulates = accumulates;
  const auto rows = kernel.m * kernel.groups;
  if (!accumulates) {
    kernel.read -= bytes(fp32_size(area(rows, kernel.n)));
    kernel.written = bytes(bf16_size(area(rows, kernel.n)));
  }
  list.add(layer.name + "_wgrad", kernel);
  if (!s.kernels().fused_accumulation) add_accumulation(list, s, layer.name, rows, kernel.n);
}

}  // namespace

void add_linear_backward(OpList& list, const Shapes& s, const Linear& layer) {
  const auto p = precision_of(s, layer);
  add_gradient_operand(list, s, layer, p);
  add_input_operand(list, s, layer, p);
  list.add(layer.name + "_dgrad", gradient_kernel(s, p, gemm(p, rows_of(s, layer), layer.k, layer.n)));
  if (layer.cut != Cut::column || s.tensor == 1) return;
  const auto pattern = s.sequence_cut ? Pattern::reduce_scatter : Pattern::all_reduce;
  list.add(layer.name + (s.sequence_cut ? "_dx_scatter" : "_dx_reduce"),
           collective(pattern, s, layer.k, 2, Beside::whole));
}

void add_linear_weights(OpList& list, const Shapes& s, const Linear& layer) {
  add_weight_gradient(list, s, layer,
                      weight_gradient(precision_of(s, layer), layer.n, layer.k, rows_of(s, layer)));
}

void add_experts_linear_forward(OpList& list, const Shapes& s, const Linear& layer) {
  const auto p = precision_of(s, layer);
  const bool cast = p != Precision::bf16;
  const double kept = kept_size(p, layer, s.routed);
  if (cast) add_cast(list, s, layer.name + "_in", s.routed, layer.k, kept);
  list.add(layer.name, grouped_gemm(p, s.routed, layer.n, layer.k, s.work.local_experts), cast ? 0 : kept);
}

void add_experts_linear_backward(OpList& list, const Shapes& s, const Linear& layer) {
  const auto p = precision_of(s, layer);
  const bool cast = p != Precision::bf16;
  if (cast) add_cast(list, s, layer.name + "_dy", s.routed, layer.n);
  if (cast && layer.input == Input::recomputed)
    add_column_cast(list, s, layer.name + "_in", s.routed, layer.k);
  list.add(layer.name + "_dgrad",
           gradient_kernel(s, p, grouped_gemm(p, s.routed, layer.k, layer.n, s.work.local_experts)));
}

void add_experts_linear_weights(OpList& list, const Shapes& s, const Linear& layer) {
  add_weight_gradient(
      list, s, layer,
      grouped_weight_gradient(precision_of(s, layer), layer.n, layer.k, s.routed, s.work.local_experts));
}

}  // namespace foretrain::model::standard
