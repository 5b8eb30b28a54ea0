#pragma once
// The suite memory: fills the times and errors of its rows. Each kernel is a table of the buffers it needs,
// how to launch it, and how to check some rows of its result on the host.

#include <vector>

#include "device/sampler.hpp"
#include "floats.hpp"
#include "row.hpp"

namespace foretrain::bench {

enum class Fill : std::uint8_t {
  normal,    // random, deviation 1
  positive,  // random, between 0.01 and 1
  order,     // 32-bit integers: a random order of 0..count-1, taken modulo `modulus`
  output,    // poisoned before the check; every element must be written
  scratch,   // written, but not in every element
};

struct BufferPlan {
  std::int64_t count = 0;
  Format format = Format::bf16;  // fp32 stands for any four bytes
  Fill fill = Fill::normal;
  std::int64_t modulus = 1;
};

using Buffers = std::vector<Buffer>;

// Sampled results beside what they should be; `before` holds copies of the buffers of the plan that the
// kernel both reads and writes (none but for AdamW).
struct Sampled {
  std::vector<double> result, reference;
};

struct KernelPlan {
  std::vector<BufferPlan> buffers;
  std::function<void(const Buffers&, cudaStream_t)> run;
  std::function<Sampled(const Buffers& before, const Buffers& after)> sample;
  bool in_place = false;  // `before` is then a full copy, else it is empty
};

// Throws Failure for kernels that the suite does not know.
KernelPlan plan_of(const Row& row, int sms);
KernelPlan plan_of_routing(const Row& row);  // permute, unpermute, gate
KernelPlan plan_of_optimizer(const Row& row);

// Its buffers, filled as it says; and the relative error of one run, not_a_number when elements stay
// unwritten.
Buffers make_all(const KernelPlan& plan, std::uint64_t seed, cudaStream_t stream);
double checked(const KernelPlan& plan, const Buffers& buffers, cudaStream_t stream);

// `count` elements of a buffer from `first` on, as numbers.
std::vector<double> read(const Buffer& buffer, Format format, std::int64_t first, std::int64_t count);
// One number of each of `count` rows that are `pitch` numbers long.
std::vector<double> read_column(const Buffer& buffer, Format format, std::int64_t column, std::int64_t pitch,
                                std::int64_t count);
std::vector<double> read_integers(const Buffer& buffer, std::int64_t first, std::int64_t count);
void append(std::vector<double>& to, const std::vector<double>& more);

void measure_memory(Row& row, Sampler& sampler);

}  // namespace foretrain::bench
