// The standard stack's lists: work against closed forms, collectives as Megatron-LM places them, recompute.

#include "model/lists.hpp"
#include "model/specs.hpp"

using namespace foretrain;
using namespace foretrain::model;
using namespace foretrain::testing;

namespace {

bool is_gemm(const Op& op) {
  return !op.communication && op.kernel.k > 0 && op.kernel.family != Family::attention_forward &&
         op.kernel.family != Family::attention_backward;
}

double gemm_work(const std::vector<std::vector<Op>>& lists) {
  double sum = 0;
  for (const auto& list : lists)
    for (const auto& op : list) sum += is_gemm(op) ? op.kernel.work.base() : 0;
  return sum;
}

double core_work(const UnitOps& ops, Family family) {
  double sum = 0;
  for (const auto& list : all_lists(ops))
    for (const auto& op : list)
      if (!op.communication && op.kernel.family == family) sum += op.kernel.work.base();
  return sum;
}

struct Count {
  int ops = 0, hidden = 0;  // `hidden` may run beside a GEMM
  double size = 0;
};

Count count(const std::vector<std::vector<Op>>& lists, Pattern pattern, Group group = Group::tensor) {
  Count c;
  for (const auto& list : lists)
    for (const auto& op : list)
      if (op.communication && op.communication->pattern == pattern && op.communication->group == group) {
        ++c.ops;
        c.hidden += op.communication->beside != Beside::nothing ? 1 : 0;
        c.size += op.communication->buffer.base();
      }
  return c;
}

}  // namespace

TEST_CASE("matrices of a dense layer execute two FLOPs a parameter and token, and twice that backward") {
  for (const auto& spec : {gpt3(), llama3_8b(), llama3_405b()}) {
    const auto ops = list_ops(spec, Unit::dense_layer, standard_work());
    const double forward = 2 * 4096 * count_matmul_parameters(spec, Unit::dense_layer);
    CHECK(gemm_work({ops.attention_f, ops.mlp_f}) == forward);
    CHECK(gemm_work({ops.attention_i, ops.mlp_i}) == forward);
    CHECK(gemm_work({ops.attention_w, ops.mlp_w}) == forward);
    const auto head = list_ops(spec, Unit::head, standard_work());
    CHECK(gemm_work(all_lists(head)) == 6 * 4096 * count_matmul_parameters(spec, Unit::head));
  }
}

TEST_CASE("flash attention runs the causal half or the window, 2.5 times backward") {
  auto spec = llama3_8b();
  spec.attention.window = 1024;
  const auto ops = list_ops(spec, Unit::dense_layer, standard_work());
  const double half = 2.0 * 4096 * 2048 * 32 * 256;
  CHECK(core_work(ops, Family::attention_forward) == half);
  CHECK(core_work(ops, Family::attention_backward) == 2.5 * half);
  const auto window = list_ops(spec, Unit::dense_window_layer, standard_work());
  CHECK(core_work(window, Family::attention_forward) == 2.0 * 4096 * (1024 - 128) * 32 * 256);
  CHECK(find(window.attention_f, "flash_attention").kernel.k == 1024 - 128);
}

TEST_CASE("unfused attention runs the whole square, twice backward") {
  const auto ops = list_ops(gpt3(), Unit::dense_layer, megatron_2022());
  const double square = 4.0 * 2048 * 2048 * 12288;  // arXiv:2205.05198, appendix A: 4 b s^2 h forward
  double forward = 0, backward = 0;
  for (const auto& op : ops.attention_f)
    if (op.kernel.family == Family::batched_gemm) forward += op.kernel.work.base();
  for (const auto& op : ops.attention_i)
    if (op.kernel.family == Family::batched_gemm) backward += op.kernel.work.base();
  CHECK(forward == square);
  CHECK(backward == 2 * square);
  CHECK(find(ops.attention_f, "scores").kernel.groups == 96);
  const auto fused = find(ops.attention_f, "softmax").kernel;
  CHECK((fused.read + fused.written).base() == 3.0 * 96 * 2048 * 2048);  // reads below the diagonal alone
  CHECK_FALSE(has(ops.attention_f, "mask"));
  auto work = megatron_2022();
  work.kernels.fused_softmax = false;
  const auto passes = list_ops(gpt3(), Unit::dense_layer, work);
  CHECK(moved(find(passes.attention_f, "softmax")) == 4.0 * 96 * 2048 * 2048);
  CHECK(has(passes.attention_f, "scale"));
  CHECK(has(passes.attention_f, "mask"));
  CHECK(has(passes.attention_i, "mask_bwd"));
}

TEST_CASE("selective recompute runs the core's forward again, full recompute the layer's") {
  for (const bool flash : {false, true}) {
    auto work = megatron_2022();
    work.kernels.flash_attention = flash;
    work.tensor_parallel = 4;
    work.sequence_parallel = true;
    const auto plain = list_ops(gpt3(), Unit::dense_layer, work);
    work.recompute.attention_core = true;
    const auto selective = list_ops(gpt3(), Unit::dense_layer, work);
    const double core = (flash ? 2.0 : 4.0) * 2048 * 2048 * 12288 / 4;
    CHECK(total_work(selective) - total_work(plain) == core);
    work.recompute.layers = true;
    const auto full = list_ops(gpt3(), Unit::dense_layer, work);
    double forward = 0, bytes_moved = 0, plain_moved = 0, full_moved = 0;
    for (const auto& list : {plain.attention_f, plain.mlp_f})
      for (const auto& op : list) {
        forward += op.kernel.k > 0 ? op.kernel.work.base() : 0;
        bytes_moved += moved(op);
      }
    for (const auto& list : all_lists(plain))
      for (const auto& op : list) plain_moved += moved(op);
    for (const auto& list : all_lists(full))
      for (const auto& op : list) full_moved += moved(op);
    CHECK(total_work(full) - total_work(plain) == Approx(forward).epsilon(1e-12));
    CHECK(full_moved - plain_moved == Approx(bytes_moved).epsilon(1e-12));
    CHECK(count(all_lists(full), Pattern::all_gather).ops ==
          count(all_lists(plain), Pattern::all_gather).ops + 2);
  }
}

TEST_CASE("tensor parallelism divides the work of the matrices and the core") {
  auto work = standard_work();
  const auto whole = total_work(list_ops(llama3_405b(), Unit::dense_layer, work));
  const auto head = total_work(list_ops(llama3_405b(), Unit::head, work));
  work.tensor_parallel = GENERATE(2, 4, 8);
  work.sequence_parallel = GENERATE(true, false);
  const double t = static_cast<double>(work.tensor_parallel);
  CHECK(t * total_work(list_ops(llama3_405b(), Unit::dense_layer, work)) == Approx(whole).epsilon(1e-12));
  CHECK(t * total_work(list_ops(llama3_405b(), Unit::head, work)) == Approx(head).epsilon(1e-12));
}

TEST_CASE("without sequence parallelism a layer sums twice forward and twice backward") {
  auto work = standard_work();
  work.tensor_parallel = 8;
  const auto ops = list_ops(llama3_8b(), Unit::dense_layer, work);
  const double hidden = 2.0 * 4096 * 4096;
  const auto forward = count({ops.attention_f, ops.mlp_f}, Pattern::all_reduce);
  const auto backward = count({ops.attention_i, ops.mlp_i}, Pattern::all_reduce);
  CHECK(forward.ops == 2);
  CHECK(forward.hidden == 0);
  CHECK(forward.size == 2 * hidden);
  CHECK(backward.ops == 2);
  CHECK(backward.hidden == 2);
  CHECK(backward.size == 2 * hidden);
  CHECK(count(all_lists(ops), Pattern::all_gather).ops == 0);
  CHECK(count(all_lists(ops), Pattern::reduce_scatter).ops == 0);
  const auto norm = find(ops.attention_f, "attn_norm").kernel;
  CHECK(norm.m == 4096);
}

TEST_CASE("with sequence parallelism a layer gathers and scatters, and gathers inputs again backward") {
  auto work = standard_work();
  work.tensor_parallel = 8;
  work.sequence_parallel = true;
  const double hidden = 2.0 * 4096 * 4096;
  const auto ops = list_ops(llama3_8b(), Unit::dense_layer, work);
  const std::vector<std::vector<Op>> forward{ops.attention_f, ops.mlp_f},
      backward{ops.attention_i, ops.mlp_i};
  CHECK(count(forward, Pattern::all_gather).size == 2 * hidden);
  CHECK(count(forward, Pattern::reduce_scatter).size == 2 * hidden);
  CHECK(count(backward, Pattern::all_gather).ops == 4);  // two gradients, two saved inputs
  CHECK(count(backward, Pattern::all_gather).size == 4 * hidden);
  CHECK(count(backward, Pattern::reduce_scatter).size == 2 * hidden);
  CHECK(count(all_lists(ops), Pattern::all_reduce).ops == 0);
  CHECK(find(ops.attention_f, "attn_norm").kernel.m == 512);
  work.precision = Precision::fp8_tensor;  // gathers carry FP8, sums do not
  const auto fp8 = list_ops(llama3_8b(), Unit::dense_layer, work);
  CHECK(count(all_lists(fp8), Pattern::all_gather).size == 6 * hidden / 2);
  CHECK(count(all_lists(fp8), Pattern::reduce_scatter).size == 4 * hidden);
}

TEST_CASE("a cut vocabulary sums embeddings and two values of each token's loss") {
  auto work = standard_work();
  work.tensor_parallel = 8;
  const auto embedding = list_ops(llama3_8b(), Unit::embedding, work);
  CHECK(count({embedding.mlp_f}, Pattern::all_reduce).size == 2.0 * 4096 * 4096);
  const auto head = list_ops(llama3_8b(), Unit::head, work);
  CHECK(find(head.mlp_f, "head").kernel.n == 128256 / 8);
  CHECK(count({head.mlp_f}, Pattern::all_reduce).size == 4.0 * 4096 * 3);
  CHECK(count({head.mlp_i}, Pattern::all_reduce).size == 2.0 * 4096 * 4096);
  work.tensor_parallel = 1;
  for (const Unit unit : {Unit::embedding, Unit::dense_layer, Unit::head})
    for (const auto& list : all_lists(list_ops(llama3_8b(), unit, work)))
      for (const auto& op : list) CHECK_FALSE(op.communication);
}

TEST_CASE("weight gradients add into FP32 or are written in BF16") {
  auto work = standard_work();
  const auto add = find(list_ops(llama3_8b(), Unit::dense_layer, work).mlp_w, "mlp_up_wgrad");
  work.kernels.accumulate_fp32 = false;
  const auto plain = find(list_ops(llama3_8b(), Unit::dense_layer, work).mlp_w, "mlp_up_wgrad");
  const double weights = 2.0 * 14336 * 4096;
  CHECK((add.kernel.read - plain.kernel.read).base() == 4 * weights);
  CHECK(add.kernel.written.base() == 4 * weights);
  CHECK(plain.kernel.written.base() == 2 * weights);
  work.kernels.fused_accumulation = false;  // a pass reads both and writes the sum
  const auto bf16 = list_ops(llama3_8b(), Unit::dense_layer, work);
  CHECK(find(bf16.mlp_w, "mlp_up_wgrad").kernel.written.base() == 2 * weights);
  CHECK(moved(find(bf16.mlp_w, "mlp_up_grad_add")) == 6 * weights);
  work.kernels.accumulate_fp32 = true;
  const auto fp32 = list_ops(llama3_8b(), Unit::dense_layer, work);
  CHECK(find(fp32.mlp_w, "mlp_up_wgrad").kernel.written.base() == 2 * weights);
  CHECK(moved(find(fp32.mlp_w, "mlp_up_grad_add")) == 10 * weights);
}

TEST_CASE("chains move more bytes in more launches than fused kernels") {
  auto work = standard_work();
  const auto moved_and_launched = [&] {
    double sum = 0, launches = 0;
    for (const auto& list : all_lists(list_ops(llama3_8b(), Unit::dense_layer, work)))
      for (const auto& op : list) sum += moved(op), launches += op.kernel.launches;
    return std::pair{sum, launches};
  };
  const auto [fused, few] = moved_and_launched();
  const auto check_more = [&, fused = fused, few = few](bool& flag) {
    flag = false;
    const auto [more, many] = moved_and_launched();
    CHECK(more > fused);
    CHECK(many > few);
    flag = true;
  };
  check_more(work.kernels.fused_norm);
  check_more(work.kernels.fused_rotary);
  check_more(work.kernels.fused_activation);
  check_more(work.kernels.fused_accumulation);
}
