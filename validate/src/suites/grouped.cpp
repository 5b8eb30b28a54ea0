#include "suites/grouped.hpp"

#include <algorithm>

#include "kernels/gemm_check.hpp"
#include "kernels/grouped.hpp"
#include "kernels/random.hpp"
#include "suites/gemm.hpp"

namespace foretrain::bench {

namespace {

constexpr int samples = 512;  // of each group
constexpr float fp8_deviation =
    150;  // as in the suite gemm: over the format's range, scaled back to about one
constexpr std::uint64_t uneven_seed = 71;

std::size_t size(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

Buffer filled(std::size_t count, Format format, float low, float high, std::uint64_t seed,
              cudaStream_t stream) {
  Buffer buffer(count * size_of(format));
  fill_uniform(buffer.get(), count, format, low, high, seed, stream);
  return buffer;
}

}  // namespace

GroupedProblem::GroupedProblem(const Row& row, std::uint64_t seed, cudaStream_t stream)
    : cuts_k_(row.kernel.find("wgrad") != std::string::npos) {
  const auto groups = static_cast<std::int32_t>(row.groups);
  const auto total = static_cast<std::int32_t>(cuts_k_ ? row.k : row.m);
  const bool uneven = row.kernel.find("_uneven") != std::string::npos;
  ends_ = uneven ? uneven_offsets(groups, total, cuts_k_ ? block_k : 1, uneven_seed)
                 : even_offsets(groups, total);
  offsets_ = to_gpu(ends_);
  work_ = {offsets_.as<std::int32_t>(),      groups,
           static_cast<std::int32_t>(row.m), static_cast<std::int32_t>(row.n),
           static_cast<std::int32_t>(row.k), cuts_k_};
  const std::int64_t weights = cuts_k_ ? 1 : row.groups, results = cuts_k_ ? row.groups : 1;
  a_ = filled(size(row.m * row.k), Format::fp8, fp8_deviation, fp8_deviation, seed, stream);
  b_ = filled(size(weights * row.n * row.k), Format::fp8, fp8_deviation, fp8_deviation, seed + 1, stream);
  const float low = 0.5F / fp8_deviation, high = 1.5F / fp8_deviation;
  const std::int64_t scales_b = cuts_k_ ? scale_count(Scaling::vector128, row.n, row.k)
                                        : row.groups * scale_count(Scaling::block128, row.n, row.k);
  scales_a_ =
      filled(size(scale_count(Scaling::vector128, row.m, row.k)), Format::fp32, low, high, seed + 2, stream);
  scales_b_ = filled(size(scales_b), Format::fp32, low, high, seed + 3, stream);
  d_ = filled(size(results * row.m * row.n), format(), 1, 1, seed + 4, stream);
  check(cudaStreamSynchronize(stream), "make the operands of a grouped product");
}

double GroupedProblem::check_by(const GroupedPlan& plan, int sms, cudaStream_t stream) const {
  Buffer before;
  if (cuts_k_) {
    before = Buffer(d_.bytes());
    check(cudaMemcpyAsync(before.get(), d_.get(), d_.bytes(), cudaMemcpyDeviceToDevice, stream),
          "keep the sums");
  } else {
    poison(d_.get(), d_.bytes(), stream);
  }
  plan.run(sms, stream);
  check(cudaStreamSynchronize(stream), "grouped product");
  if (count_poison(d_.get(), d_.bytes(), format(), stream) > 0) return not_a_number;
  double worst = 0;
  for (std::int32_t g = 0; g < work_.groups; ++g) {
    if (ends_[size(g)] == ends_[size(g) + 1]) continue;
    worst = std::max(worst, check_product(of_group(g, before.as<float>()), samples, 3 + size(g), stream));
  }
  return worst;
}

ProductCheck GroupedProblem::of_group(std::int32_t g, const float* before) const {
  const std::int64_t begin = ends_[size(g)], length = ends_[size(g) + 1] - begin;
  const std::int64_t m = work_.m, n = work_.n, k = work_.k;
  const auto *a = a_.as<unsigned char>(), *b = b_.as<unsigned char>();
  const auto *scales_a = scales_a_.as<float>(), *scales_b = scales_b_.as<float>();
  ProductCheck c;
  c.n = n, c.in = Format::fp8, c.out = format();
  if (cuts_k_) {
    c.m = m, c.k = length;
    const std::int64_t block = begin / block_k;
    c.a = {a + begin, k, 1, m, Scaling::vector128, scales_a + vector_scale_at(0, block, m)};
    c.b = {b + begin, k, 1, n, Scaling::vector128, scales_b + vector_scale_at(0, block, n)};
    c.c = before + g * m * n;
    c.d = d_.as<float>() + g * m * n;
  } else {
    c.m = length, c.k = k;
    c.a = {a + begin * k, k, 1, m, Scaling::vector128, scales_a + begin};
    c.b = {b + g * n * k, k, 1, n, Scaling::block128, scales_b + block_scale_at(g, 0, 0, n, k)};
    c.d = d_.as<std::uint16_t>() + begin * n;
  }
  return c;
}

void measure_grouped(Row& row, Sampler& sampler) {
  if (row.kernel.compare(0, 7, "grouped") != 0) {  // the dense product beside it
    measure_gemm(row, sampler);
    return;
  }
  const int count = rotation_count(row.read_bytes + row.written_bytes, sampler.device().l2_bytes);
  const int sms = sampler.device().sms;
  std::vector<GroupedProblem> sets;
  std::vector<GroupedPlan> plans;
  for (int i = 0; i < count; ++i) {
    sets.emplace_back(row, 200 + 16 * static_cast<std::uint64_t>(i), sampler.stream());
    plans.push_back(sets.back().plan());
  }
  row.error = sets[0].check_by(plans[0], sms, sampler.stream());
  const Launch launch{[&](cudaStream_t stream, int set) { plans[size(set)].run(sms, stream); }, count};
  store(row, sampler.measure(launch, row.cold));
}

}  // namespace foretrain::bench
