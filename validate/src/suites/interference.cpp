#include "suites/interference.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include "kernels/neighbour.hpp"
#include "kernels/random.hpp"
#include "suites/gemm.hpp"

namespace foretrain::bench {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The copy. Its memory is taken before it starts and given back after it has stopped: cudaMalloc and cudaFree
// may wait for the device, and this kernel ends only when told to.
class CopyBeside {
 public:
  CopyBeside(int blocks, double bytes_a_second, cudaStream_t stream)
      : control_(sizeof(int) + sizeof(int) * max_blocks),
        moved_(sizeof(unsigned long long) * max_blocks),
        in_(total),
        out_(total) {
    if (blocks > max_blocks) throw Failure("more blocks than the copy has places for");
    fill_normal(in_.get(), total / sizeof(float), Format::fp32, 1, 9, stream);
    poison(out_.get(), total, stream);
    check(cudaStreamSynchronize(stream), "make the buffers of the copy");
    plan_.in = in_.get(), plan_.out = out_.get();
    plan_.blocks = blocks;
    plan_.bytes_a_block = total / static_cast<std::size_t>(blocks) / neighbour_chunk * neighbour_chunk;
    plan_.bytes_a_second = bytes_a_second / blocks;
    plan_.stop = control_.as<int>();
    plan_.arrived = control_.as<int>() + 1;
    plan_.moved = moved_.as<unsigned long long>();
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
  }
  CopyBeside(const CopyBeside&) = delete;
  CopyBeside& operator=(const CopyBeside&) = delete;
  ~CopyBeside() {
    stop();
    (void)cudaStreamDestroy(stream_);
  }

  // Returns once every block runs; a block that finds no SM within some seconds is a failure.
  void start() {
    launch_neighbour(plan_, stream_);
    const auto begin = Clock::now();
    for (int block = 0; block < plan_.blocks; ++block) {
      while (std::atomic_ref<int>(plan_.arrived[block]).load() == 0) {
        if (seconds_since(begin) > 5) throw Failure("the copy did not get all of its SMs");
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    }
  }
  void stop() {
    std::atomic_ref<int>(*control_.as<int>()).store(1);
    (void)cudaStreamSynchronize(stream_);
  }
  double moved() const {
    double sum = 0;
    for (int block = 0; block < plan_.blocks; ++block)
      sum += static_cast<double>(std::atomic_ref<unsigned long long>(plan_.moved[block]).load());
    return sum;
  }

 private:
  static constexpr int max_blocks = 256;
  static constexpr std::size_t total = std::size_t{512} << 20U;  // far beyond any L2
  HostBuffer control_, moved_;
  Buffer in_, out_;
  Neighbour plan_;
  cudaStream_t stream_ = nullptr;
};

// "gemm_fp8_beside_copy_25" -> "gemm_fp8", 0.25.
struct Named {
  std::string gemm;
  double share = 0;
};
Named parse(const std::string& kernel) {
  const std::string middle = "_beside_copy_";
  const auto at = kernel.find(middle);
  if (at == std::string::npos) throw Failure("the suite interference knows no kernel " + kernel);
  return {kernel.substr(0, at), std::stoi(kernel.substr(at + middle.size())) / 100.0};
}

}  // namespace

void measure_interference(Row& row, Sampler& sampler) {
  const auto [gemm, share] = parse(row.kernel);
  const Device& device = sampler.device();
  if (row.sms_taken >= device.sms) throw Failure("this GPU has too few SMs");
  Product product = product_of(gemm, row.m, row.n, row.k);
  product.sm_limit = row.sms_taken > 0 ? device.sms - row.sms_taken : 0;
  const ProductTensors tensors(product, 1, 21, sampler.stream());
  Matmul matmul(product, tensors.scales_a(), tensors.scales_b());
  matmul.choose(tensors.set(0), sampler);
  row.error = tensors.check(matmul, sampler.stream());
  const Launch launch{[&](cudaStream_t stream, int) { matmul.run(tensors.set(0), stream); }, 1};
  if (sampler.rule().untimed) return;  // the copy may be let run alone
  if (row.sms_taken == 0) {
    store(row, sampler.measure(launch, false));
    return;
  }
  CopyBeside copy(row.sms_taken, share * device.hbm_bandwidth, sampler.stream());
  copy.start();
  const double before = copy.moved();
  const auto begin = Clock::now();
  const Summary summary = sampler.measure(launch, false);
  row.hbm_taken = (copy.moved() - before) / seconds_since(begin) / device.hbm_bandwidth;
  copy.stop();
  store(row, summary);
}

}  // namespace foretrain::bench
