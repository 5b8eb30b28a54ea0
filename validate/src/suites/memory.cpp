#include "suites/memory.hpp"

#include "kernels/random.hpp"
#include "pick.hpp"
#include "suites/gemm.hpp"

namespace foretrain::bench {

namespace {

Buffer make(const BufferPlan& plan, std::uint64_t seed, cudaStream_t stream) {
  if (plan.fill == Fill::order) return to_gpu(random_order(plan.count, plan.modulus, seed));
  const auto count = static_cast<std::size_t>(plan.count);
  Buffer buffer(count * size_of(plan.format));
  if (plan.fill == Fill::normal)
    fill_normal(buffer.get(), count, plan.format, 1, seed, stream);
  else if (plan.fill == Fill::positive)
    fill_uniform(buffer.get(), count, plan.format, 0.01F, 1, seed, stream);
  else
    poison(buffer.get(), buffer.bytes(), stream);
  return buffer;
}

Buffers copies(const Buffers& buffers, cudaStream_t stream) {
  Buffers all;
  for (const Buffer& buffer : buffers) {
    all.emplace_back(buffer.bytes());
    check(cudaMemcpyAsync(all.back().get(), buffer.get(), buffer.bytes(), cudaMemcpyDeviceToDevice, stream),
          "copy of a buffer");
  }
  check(cudaStreamSynchronize(stream), "copy of the buffers");
  return all;
}

}  // namespace

Buffers make_all(const KernelPlan& plan, std::uint64_t seed, cudaStream_t stream) {
  Buffers buffers;
  for (const BufferPlan& buffer : plan.buffers) buffers.push_back(make(buffer, ++seed, stream));
  check(cudaStreamSynchronize(stream), "make the buffers of a kernel");
  return buffers;
}

double checked(const KernelPlan& plan, const Buffers& buffers, cudaStream_t stream) {
  const Buffers before = plan.in_place ? copies(buffers, stream) : Buffers();
  plan.run(buffers, stream);
  check(cudaStreamSynchronize(stream), "first run of a kernel");
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (plan.buffers[i].fill == Fill::output &&
        count_poison(buffers[i].get(), buffers[i].bytes(), plan.buffers[i].format, stream) > 0)
      return not_a_number;
  }
  const Sampled sampled = plan.sample(before, buffers);
  return relative_error(sampled.result, sampled.reference);
}

std::vector<double> read(const Buffer& buffer, Format format, std::int64_t first, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(size_of(format));
  const auto* begin = buffer.as<unsigned char>() + first * size;
  const auto bytes = to_host<unsigned char>(begin, static_cast<std::size_t>(count * size));
  const auto numbers = decode(bytes.data(), static_cast<std::size_t>(count), format);
  return {numbers.begin(), numbers.end()};
}

std::vector<double> read_column(const Buffer& buffer, Format format, std::int64_t column, std::int64_t pitch,
                                std::int64_t count) {
  const std::size_t size = size_of(format), rows = static_cast<std::size_t>(count);
  std::vector<unsigned char> bytes(rows * size);
  check(cudaDeviceSynchronize(), "wait before a copy to the host");
  check(cudaMemcpy2D(bytes.data(), size, buffer.as<unsigned char>() + static_cast<std::size_t>(column) * size,
                     static_cast<std::size_t>(pitch) * size, size, rows, cudaMemcpyDeviceToHost),
        "copy of a column to the host");
  const auto numbers = decode(bytes.data(), rows, format);
  return {numbers.begin(), numbers.end()};
}

std::vector<double> read_integers(const Buffer& buffer, std::int64_t first, std::int64_t count) {
  const auto numbers =
      to_host<std::int32_t>(buffer.as<std::int32_t>() + first, static_cast<std::size_t>(count));
  return {numbers.begin(), numbers.end()};
}

void append(std::vector<double>& to, const std::vector<double>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

void measure_memory(Row& row, Sampler& sampler) {
  const KernelPlan plan = plan_of(row, sampler.device().sms);
  const double bytes = row.read_bytes + row.written_bytes;
  const int count = row.cold ? rotation_count(bytes, sampler.device().l2_bytes) : 1;
  std::vector<Buffers> sets;
  for (int i = 0; i < count; ++i)
    sets.push_back(make_all(plan, 100 + 16 * static_cast<std::uint64_t>(i), sampler.stream()));
  row.error = checked(plan, sets[0], sampler.stream());
  const Launch launch{
      [&](cudaStream_t stream, int set) { plan.run(sets[static_cast<std::size_t>(set)], stream); }, count};
  store(row, sampler.measure(launch, row.cold));
}

}  // namespace foretrain::bench
