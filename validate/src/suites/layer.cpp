#include "suites/layer.hpp"

#include <algorithm>

#include "suites/attention.hpp"
#include "suites/gemm.hpp"
#include "suites/grouped.hpp"
#include "suites/memory.hpp"

namespace foretrain::bench {

namespace {

struct Runnable {
  std::function<void(cudaStream_t)> run;  // keeps what it needs
  double error = 0;
};

Runnable make_gemm(const Row& row, std::uint64_t seed, Sampler& sampler) {
  const Product product = product_of(row.kernel, row.m, row.n, row.k);
  const auto tensors = std::make_shared<ProductTensors>(product, 1, seed, sampler.stream());
  const auto matmul = std::make_shared<Matmul>(product, tensors->scales_a(), tensors->scales_b());
  matmul->choose(tensors->set(0), sampler);
  const double error = tensors->check(*matmul, sampler.stream());
  return {[=](cudaStream_t stream) { matmul->run(tensors->set(0), stream); }, error};
}

Runnable make_grouped(const Row& row, std::uint64_t seed, Sampler& sampler) {
  const auto problem = std::make_shared<GroupedProblem>(row, seed, sampler.stream());
  const auto plan = std::make_shared<GroupedPlan>(problem->plan());
  const int sms = sampler.device().sms;
  const double error = problem->check_by(*plan, sms, sampler.stream());
  return {[problem, plan, sms](cudaStream_t stream) { plan->run(sms, stream); }, error};
}

Runnable make_memory(const Row& row, std::uint64_t seed, Sampler& sampler) {
  const KernelPlan plan = plan_of(row, sampler.device().sms);
  const auto buffers = std::make_shared<Buffers>(make_all(plan, seed, sampler.stream()));
  const double error = checked(plan, *buffers, sampler.stream());
  return {[plan, buffers](cudaStream_t stream) { plan.run(*buffers, stream); }, error};
}

// The backward check runs the forward pass, the products and the rounding before and after: their results are
// what the gradients are made of, so one error stands for all.
Runnable make_attention(const Row& row, std::uint64_t seed, Sampler& sampler) {
  const auto tensors = std::make_shared<AttentionTensors>(row.m, row.n, seed, sampler.stream());
  const bool forward = row.kernel == "attention_forward_own";
  const double error =
      forward ? tensors->check_forward(sampler.stream()) : tensors->check_backward(sampler.stream());
  const auto launch = forward                                  ? &attention_forward
                      : row.kernel == "attention_products_own" ? &attention_products
                      : row.kernel == "attention_round_own"    ? &attention_round
                                                               : &attention_backward;
  return {[tensors, launch](cudaStream_t stream) { launch(tensors->work(), stream); }, error};
}

}  // namespace

Layer::Built Layer::build_op(const LayerOp& op, std::uint64_t seed, Sampler& sampler) {
  const auto made = [&] {
    if (op.kernel.suite == "gemm") return make_gemm(op.kernel, seed, sampler);
    if (op.kernel.suite == "grouped") return make_grouped(op.kernel, seed, sampler);
    if (op.kernel.suite == "attention") return make_attention(op.kernel, seed, sampler);
    return make_memory(op.kernel, seed, sampler);
  }();
  return {op, made.run, made.error};
}

void Layer::build(Sampler& sampler) {
  if (!why_not_.empty()) throw Failure(why_not_);
  if (!ops_.empty()) return;
  std::uint64_t seed = 1000;
  for (const LayerOp& op : moe_layer()) {
    try {
      ops_.push_back(build_op(op, seed += 32, sampler));
    } catch (const Failure& failure) {
      ops_.clear();
      why_not_ = "the layer's op " + op.name + ": " + failure.what();
      throw Failure(why_not_);
    }
  }
}

// The largest error; not_a_number when one of the ops does not pass as its own kernel.
double Layer::worst_of(const std::vector<const Built*>& ops) const {
  double worst = 0;
  for (const Built* built : ops) {
    Row row = built->op.kernel;
    row.error = built->error;
    worst = std::max(worst, passes(row) ? built->error : not_a_number);
  }
  return worst;
}

void Layer::measure(Row& row, Sampler& sampler) {
  build(sampler);
  const bool whole = is_whole(row);
  const auto pass = pass_of(row);
  std::vector<const Built*> chosen;
  for (const Built& built : ops_) {
    if (whole ? !pass || built.op.pass == *pass : built.op.name == row.kernel) chosen.push_back(&built);
  }
  if (chosen.empty()) throw Failure("the layer has no op " + row.kernel);
  row.error = whole ? worst_of(chosen) : chosen.front()->error;
  const Launch launch{[&](cudaStream_t stream, int) {
                        for (const Built* built : chosen) built->run(stream);
                      },
                      1};
  store(row, sampler.measure(launch, row.cold));
}

}  // namespace foretrain::bench
