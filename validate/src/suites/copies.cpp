// Copies between host and GPU over PCIe (or NVLink-C2C), and within a GPU, by the copy engine.

#include <cstring>

#include "kernels/random.hpp"
#include "suites/comm.hpp"
#include "suites/gemm.hpp"

namespace foretrain::bench {

namespace {

bool is_equal(const void* gpu, const std::vector<unsigned char>& expected) {
  return to_host<unsigned char>(gpu, expected.size()) == expected;
}

}  // namespace

void measure_copy_between(Row& row, Sampler& sampler) {
  const auto bytes = static_cast<std::size_t>(row.read_bytes);
  cudaStream_t stream = sampler.stream();
  const Buffer source(bytes), target(bytes);
  const HostBuffer host(row.kernel == "copy_on_gpu" ? 1 : bytes);
  fill_normal(source.get(), bytes / 2, Format::bf16, 1, 31, stream);
  poison(target.get(), bytes, stream);
  check(cudaStreamSynchronize(stream), "make the buffers of a copy");
  const auto expected = to_host<unsigned char>(source.get(), bytes);
  Launch launch;
  if (row.kernel == "copy_on_gpu") {
    launch.run = [&](cudaStream_t on, int) {
      check(cudaMemcpyAsync(target.get(), source.get(), bytes, cudaMemcpyDeviceToDevice, on),
            "copy on the GPU");
    };
  } else if (row.kernel == "copy_to_host") {
    launch.run = [&](cudaStream_t on, int) {
      check(cudaMemcpyAsync(host.as<void>(), source.get(), bytes, cudaMemcpyDeviceToHost, on),
            "copy to host");
    };
  } else {
    std::memcpy(host.as<void>(), expected.data(), bytes);
    launch.run = [&](cudaStream_t on, int) {
      check(cudaMemcpyAsync(target.get(), host.as<void>(), bytes, cudaMemcpyHostToDevice, on), "copy to GPU");
    };
  }
  launch.run(stream, 0);
  check(cudaStreamSynchronize(stream), "first copy");
  const bool right = row.kernel == "copy_to_host" ? std::memcmp(host.as<void>(), expected.data(), bytes) == 0
                                                  : is_equal(target.get(), expected);
  row.error = right ? 0 : not_a_number;
  store(row, sampler.measure(launch, false));
}

}  // namespace foretrain::bench
