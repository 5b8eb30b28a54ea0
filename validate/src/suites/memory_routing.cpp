// The suite memory's kernels that move rows by index, the gate, and the optimizer.

#include "kernels/memory.hpp"
#include "pick.hpp"
#include "suites/memory.hpp"

namespace foretrain::bench {

namespace {

constexpr int sampled_rows = 64;
constexpr std::int64_t experts = 256, top_k = 8;

// Each token lands here twice, in a random order of rows.
KernelPlan plan_permute(std::int64_t rows, std::int64_t n) {
  KernelPlan p;
  p.buffers = {{rows / 2 * n, Format::bf16, Fill::normal, 1},
               {rows, Format::fp32, Fill::order, rows / 2},
               {rows * n, Format::bf16, Fill::output, 1}};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    permute(b[0].get(), b[1].as<int>(), b[2].get(), rows, n, s);
  };
  p.sample = [=](const Buffers&, const Buffers& b) {
    Sampled all;
    for (const std::int64_t row : pick_others(rows, sampled_rows, 5)) {
      const auto source = static_cast<std::int64_t>(read_integers(b[1], row, 1)[0]);
      append(all.result, read(b[2], Format::bf16, row * n, n));
      append(all.reference, read(b[0], Format::bf16, source * n, n));
    }
    return all;
  };
  return p;
}

KernelPlan plan_unpermute(std::int64_t rows, std::int64_t n) {
  KernelPlan p;
  p.buffers = {{rows * n, Format::bf16, Fill::normal, 1},
               {rows, Format::fp32, Fill::order, rows},
               {rows, Format::fp32, Fill::positive, 1},
               {rows / 2 * n, Format::bf16, Fill::output, 1}};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    unpermute(b[0].get(), b[1].as<int>(), b[2].as<float>(), b[3].get(), rows / 2, n, s);
  };
  p.sample = [=](const Buffers&, const Buffers& b) {
    Sampled all;
    for (const std::int64_t token : pick_others(rows / 2, sampled_rows, 5)) {
      const auto places = read_integers(b[1], 2 * token, 2);
      const auto weights = read(b[2], Format::fp32, 2 * token, 2);
      const auto first = read(b[0], Format::bf16, static_cast<std::int64_t>(places[0]) * n, n);
      const auto second = read(b[0], Format::bf16, static_cast<std::int64_t>(places[1]) * n, n);
      append(all.result, read(b[3], Format::bf16, token * n, n));
      for (std::size_t i = 0; i < first.size(); ++i)
        all.reference.push_back(weights[0] * first[i] + weights[1] * second[i]);
    }
    return all;
  };
  return p;
}

// Compared are the experts' numbers and their weights, these enlarged to weigh as much.
KernelPlan plan_gate(std::int64_t tokens) {
  KernelPlan p;
  p.buffers = {{tokens * experts, Format::fp32, Fill::normal, 1},
               {experts, Format::fp32, Fill::positive, 1},
               {tokens * top_k, Format::fp32, Fill::output, 1},
               {tokens * top_k, Format::fp32, Fill::output, 1}};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    gate_topk(b[0].as<float>(), b[1].as<float>(), b[2].as<int>(), b[3].as<float>(), tokens, s);
  };
  p.sample = [=](const Buffers&, const Buffers& b) {
    Sampled all;
    constexpr double enlarged = 400;
    const auto bias = read(b[1], Format::fp32, 0, experts);
    for (const std::int64_t token : pick_others(tokens, sampled_rows, 5)) {
      const Choice choice = reference_gate(read(b[0], Format::fp32, token * experts, experts), bias);
      append(all.result, read_integers(b[2], token * top_k, top_k));
      for (const double weight : read(b[3], Format::fp32, token * top_k, top_k))
        all.result.push_back(enlarged * weight);
      append(all.reference, {choice.experts.begin(), choice.experts.end()});
      for (const double weight : choice.weights) all.reference.push_back(enlarged * weight);
    }
    return all;
  };
  return p;
}

}  // namespace

KernelPlan plan_of_routing(const Row& r) {
  if (r.kernel == "permute") return plan_permute(r.m, r.n);
  if (r.kernel == "unpermute") return plan_unpermute(r.m, r.n);
  if (r.kernel == "gate_topk") return plan_gate(r.m);
  throw Failure("the suite memory knows no kernel " + r.kernel);
}

// Compared are the changes of master weights and moments, and the BF16 weights: the step is small beside the
// weight, and a kernel that did nothing would pass if the weights themselves were.
KernelPlan plan_of_optimizer(const Row& r) {
  const std::int64_t n = r.n;
  KernelPlan p;
  p.in_place = true;
  p.buffers = {{n, Format::fp32, Fill::normal, 1},
               {n, Format::fp32, Fill::normal, 1},
               {n, Format::bf16, Fill::normal, 1},
               {n, Format::bf16, Fill::positive, 1},
               {n, Format::bf16, Fill::output, 1}};
  p.run = [=](const Buffers& b, cudaStream_t s) {
    adamw(b[0].as<float>(), b[1].as<float>(), b[2].get(), b[3].get(), b[4].get(), n, {}, s);
  };
  p.sample = [=](const Buffers& before, const Buffers& after) {
    constexpr std::int64_t length = 4096;
    Sampled all;
    for (const std::int64_t first : {std::int64_t{0}, n / 2, n - length}) {
      const auto w = read(before[0], Format::fp32, first, length),
                 g = read(before[1], Format::fp32, first, length);
      const auto m = read(before[2], Format::bf16, first, length),
                 v = read(before[3], Format::bf16, first, length);
      const auto w1 = read(after[0], Format::fp32, first, length),
                 m1 = read(after[2], Format::bf16, first, length);
      const auto v1 = read(after[3], Format::bf16, first, length),
                 out = read(after[4], Format::bf16, first, length);
      for (std::size_t i = 0; i < w.size(); ++i) {
        const AdamwState next = reference_adamw({w[i], m[i], v[i]}, g[i], {});
        constexpr double enlarged = 1e3;  // steps are about 1e-3: as large as the rest beside them
        append(all.result, {enlarged * (w1[i] - w[i]), m1[i], v1[i], out[i]});
        append(all.reference, {enlarged * (next.weight - w[i]), next.first, next.second, next.weight});
      }
    }
    return all;
  };
  return p;
}

}  // namespace foretrain::bench
