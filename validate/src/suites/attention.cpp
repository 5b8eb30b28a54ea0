#include "suites/attention.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/random.hpp"
#include "references_attention.hpp"
#include "suites/fused_attention.hpp"
#include "suites/gemm.hpp"
#include "suites/memory.hpp"

namespace foretrain::bench {

namespace {

constexpr float scale = 0.0721687836F;  // 1 / sqrt(192)

Buffer room(std::int64_t count, std::size_t element) {
  return Buffer(static_cast<std::size_t>(count) * element);
}
Buffer random_bf16(std::int64_t count, std::uint64_t seed, cudaStream_t stream) {
  Buffer buffer = room(count, 2);
  fill_normal(buffer.get(), static_cast<std::size_t>(count), Format::bf16, 1, seed, stream);
  return buffer;
}

// One head of a BF16 tensor [tokens][heads][width]: `count` tokens from `first` on.
struct HeadReader {
  std::int64_t heads, head;

  Values operator()(const Buffer& tensor, std::int64_t width, std::int64_t first, std::int64_t count) const {
    const auto rows = static_cast<std::size_t>(count), bytes = 2 * static_cast<std::size_t>(width);
    std::vector<unsigned char> raw(rows * bytes);
    check(cudaDeviceSynchronize(), "wait before a copy to the host");
    const std::size_t pitch = bytes * static_cast<std::size_t>(heads);
    const auto* from = tensor.as<unsigned char>() + static_cast<std::size_t>(first) * pitch +
                       static_cast<std::size_t>(head) * bytes;
    check(cudaMemcpy2D(raw.data(), bytes, from, pitch, bytes, rows, cudaMemcpyDeviceToHost),
          "copy of a head");
    const auto numbers = decode(raw.data(), rows * static_cast<std::size_t>(width), Format::bf16);
    return {numbers.begin(), numbers.end()};
  }
};

Rows first_rows(const Values& values, std::int64_t count, std::size_t width) {
  return {values.data(), static_cast<std::size_t>(count), width, width};
}

bool is_whole(const Buffer& buffer, Format format, cudaStream_t stream) {
  return count_poison(buffer.get(), buffer.bytes(), format, stream) == 0;
}

}  // namespace

AttentionTensors::AttentionTensors(std::int64_t tokens, std::int64_t heads, std::uint64_t seed,
                                   cudaStream_t stream)
    : tokens_(tokens),
      heads_(heads),
      q_(random_bf16(tokens * heads * score_width, seed, stream)),
      k_(random_bf16(tokens * heads * score_width, seed + 1, stream)),
      v_(random_bf16(tokens * heads * attention_value_width, seed + 2, stream)),
      out_(random_bf16(tokens * heads * attention_value_width, seed + 3, stream)),
      sums_(room(tokens * heads, 4)),
      d_out_(random_bf16(tokens * heads * attention_value_width, seed + 4, stream)),
      products_(room(tokens * heads, 4)),
      dq_sums_(room(tokens * heads * score_width, 4)),
      dq_(room(tokens * heads * score_width, 2)),
      dk_(room(tokens * heads * score_width, 2)),
      dv_(room(tokens * heads * attention_value_width, 2)) {
  poison_results(stream);
  check(cudaStreamSynchronize(stream), "make the tensors of attention");
}

Attention AttentionTensors::work() const {
  Attention w;
  w.q = q_.get(), w.k = k_.get(), w.v = v_.get(), w.out = out_.get(), w.sums = sums_.as<float>();
  w.d_out = d_out_.get(), w.products = products_.as<float>(), w.dq_sums = dq_sums_.as<float>();
  w.dq = dq_.get(), w.dk = dk_.get(), w.dv = dv_.get();
  w.tokens = static_cast<int>(tokens_), w.heads = static_cast<int>(heads_), w.scale = scale;
  return w;
}

void AttentionTensors::poison_results(cudaStream_t stream) const {
  for (const Buffer* buffer : {&out_, &sums_, &products_, &dq_, &dk_, &dv_})
    poison(buffer->get(), buffer->bytes(), stream);
  check(cudaMemsetAsync(dq_sums_.get(), 0, dq_sums_.bytes(), stream), "zero the sums of dq");
}

double AttentionTensors::check_forward(cudaStream_t stream) const {
  return check_forward(&attention_forward, std::log(2.0), stream);
}

double AttentionTensors::check_forward(const Run& run, double log_of_base, cudaStream_t stream) const {
  poison_results(stream);
  run(work(), stream);
  if (!is_whole(out_, Format::bf16, stream) || !is_whole(sums_, Format::fp32, stream)) return not_a_number;
  double worst = 0;
  for (const std::int64_t head : {std::int64_t{0}, heads_ - 1}) {
    const HeadReader of_head{heads_, head};
    const Values k = of_head(k_, score_width, 0, tokens_), v = of_head(v_, attention_value_width, 0, tokens_);
    for (const std::int64_t query : {std::int64_t{0}, std::int64_t{1}, tokens_ / 2 + 17, tokens_ - 1}) {
      const Attended a =
          reference_attention(of_head(q_, score_width, query, 1), first_rows(k, query + 1, score_width),
                              first_rows(v, query + 1, attention_value_width), scale);
      worst = std::max(worst, relative_error(of_head(out_, attention_value_width, query, 1), a.out));
      const double sum = read(sums_, Format::fp32, head * tokens_ + query, 1)[0] * log_of_base;
      // Sums are exponents: what counts is what they are off by. 1 more keeps those near zero comparable.
      worst = std::max(worst, relative_error({sum - a.log_sum + 1}, {1}));
    }
  }
  return worst;
}

double AttentionTensors::check_backward(cudaStream_t stream) const {
  const auto all = [](const Attention& work, cudaStream_t on) {
    attention_forward(work, on);
    attention_products(work, on);
    attention_backward(work, on);
    attention_round(work, on);
  };
  return check_backward(all, std::log(2.0), stream);
}

// The sums of the forward pass, which check_forward compares, are taken as they are.
double AttentionTensors::check_backward(const Run& run, double log_of_base, cudaStream_t stream) const {
  poison_results(stream);
  run(work(), stream);
  for (const Buffer* buffer : {&dq_, &dk_, &dv_})
    if (!is_whole(*buffer, Format::bf16, stream)) return not_a_number;
  double worst = 0;
  const auto compare = [&](const Values& result, const Values& reference) {
    worst = std::max(worst, relative_error(result, reference));
  };
  for (const std::int64_t head : {std::int64_t{0}, heads_ - 1}) {
    const HeadReader of_head{heads_, head};
    const Values q = of_head(q_, score_width, 0, tokens_), k = of_head(k_, score_width, 0, tokens_);
    const Values v = of_head(v_, attention_value_width, 0, tokens_);
    const Values out = of_head(out_, attention_value_width, 0, tokens_);
    const Values d_out = of_head(d_out_, attention_value_width, 0, tokens_);
    Values sums = read(sums_, Format::fp32, head * tokens_, tokens_), products;
    for (double& sum : sums) sum *= log_of_base;
    const Rows outs = rows_of(out, attention_value_width), d_outs = rows_of(d_out, attention_value_width);
    for (std::size_t i = 0; i < outs.count; ++i) {
      double product = 0;
      for (std::size_t c = 0; c < outs.width; ++c) product += outs.row(i)[c] * d_outs.row(i)[c];
      products.push_back(product);
    }
    // Not the first queries: their gradients are differences of products that are almost equal, in BF16.
    for (const std::int64_t query : {tokens_ / 8 + 3, tokens_ / 2 + 17, tokens_ - 1}) {
      const Values reference =
          reference_query_gradient(of_head(q_, score_width, query, 1), first_rows(k, query + 1, score_width),
                                   first_rows(v, query + 1, attention_value_width),
                                   of_head(d_out_, attention_value_width, query, 1), scale);
      compare(of_head(dq_, score_width, query, 1), reference);
    }
    for (const std::int64_t key : {std::int64_t{0}, tokens_ / 2 - 5, tokens_ - 1}) {
      const auto from = static_cast<std::size_t>(key);
      const Rows queries = rows_of(q, score_width);
      const auto skipped = static_cast<std::ptrdiff_t>(key);
      const KeyGradient g = reference_key_gradient(
          of_head(k_, score_width, key, 1), of_head(v_, attention_value_width, key, 1),
          {queries.row(from), queries.count - from, score_width, score_width},
          {d_outs.row(from), d_outs.count - from, attention_value_width, attention_value_width},
          {sums.begin() + skipped, sums.end()}, {products.begin() + skipped, products.end()}, scale);
      compare(of_head(dk_, score_width, key, 1), g.dk);
      compare(of_head(dv_, attention_value_width, key, 1), g.dv);
    }
  }
  return worst;
}

namespace {

// By cuDNN, whose sums are natural logarithms.
void measure_fused(Row& row, Sampler& sampler) {
  const int tokens = static_cast<int>(row.m), heads = static_cast<int>(row.n);
  const AttentionTensors tensors(row.m, row.n, 300, sampler.stream());
  const FusedAttention forward(tokens, heads, scale);
  std::unique_ptr<FusedGradient> gradient;
  if (row.kernel == "attention_gradient") gradient = std::make_unique<FusedGradient>(tokens, heads, scale);
  const AttentionTensors::Run all = [&](const Attention& work, cudaStream_t stream) {
    forward.run(work, stream);
    if (gradient) gradient->run(work, stream);
  };
  row.error = gradient ? tensors.check_backward(all, 1, sampler.stream())
                       : tensors.check_forward(all, 1, sampler.stream());
  const Attention work = tensors.work();
  const Launch launch{[&](cudaStream_t stream, int) {
                        if (gradient)
                          gradient->run(work, stream);
                        else
                          forward.run(work, stream);
                      },
                      1};
  store(row, sampler.measure(launch, row.cold));
}

}  // namespace

void measure_attention(Row& row, Sampler& sampler) {
  if (row.kernel == "attention_forward" || row.kernel == "attention_gradient") {
    measure_fused(row, sampler);
    return;
  }
  const bool backward = row.kernel == "attention_backward_own";
  if (!backward && row.kernel != "attention_forward_own")
    throw Failure("the suite attention knows no kernel " + row.kernel);
  const AttentionTensors tensors(row.m, row.n, 300, sampler.stream());
  row.error = backward ? tensors.check_backward(sampler.stream()) : tensors.check_forward(sampler.stream());
  const Attention work = tensors.work();
  const Launch launch{[&](cudaStream_t stream, int) {
                        if (backward)
                          attention_backward(work, stream);
                        else
                          attention_forward(work, stream);
                      },
                      1};
  store(row, sampler.measure(launch, row.cold));
}

}  // namespace foretrain::bench
