#include "suites/decode.hpp"

#include <cmath>

#include "kernels/decode.hpp"
#include "kernels/random.hpp"
#include "pick.hpp"
#include "references_attention.hpp"
#include "suites/gemm.hpp"
#include "suites/memory.hpp"

namespace foretrain::bench {

namespace {

constexpr int checked_requests = 3;

std::size_t size(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

Buffer random_bf16(std::int64_t count, std::uint64_t seed, cudaStream_t stream) {
  Buffer buffer(2 * size(count));
  fill_normal(buffer.get(), size(count), Format::bf16, 1, seed, stream);
  return buffer;
}

// Sequences of all lengths just below the whole one.
std::vector<std::int32_t> ragged_lengths(const Row& row) {
  std::vector<std::int32_t> lengths;
  for (std::int64_t i = 0; i < row.m; ++i) lengths.push_back(static_cast<std::int32_t>(row.k - i * 37 % 200));
  return lengths;
}

class Requests {
 public:
  Requests(const Row& row, int sms, cudaStream_t stream)
      : row_(row),
        pages_of_one_(row.k / page_tokens),
        order_(random_order(row.m * pages_of_one_, row.m * pages_of_one_, 51)),
        splits_(decode_splits(static_cast<int>(row.m), sms)),
        q_(random_bf16(row.m * decode_heads * latent_width, 52, stream)),
        pages_(random_bf16(row.m * row.k * latent_width, 53, stream)),
        table_(to_gpu(order_)),
        ragged_(to_gpu(ragged_lengths(row))),
        whole_(to_gpu(std::vector<std::int32_t>(size(row.m), static_cast<std::int32_t>(row.k)))),
        partial_(splits_ > 1 ? 4 * size(row.m * splits_ * decode_heads * value_width) : 0),
        sums_(splits_ > 1 ? 4 * size(row.m * splits_ * decode_heads) : 0),
        out_(2 * size(row.m * decode_heads * value_width)) {
    check(cudaStreamSynchronize(stream), "make the requests");
  }

  Decode work(bool ragged) const {
    Decode w;
    w.q = q_.get(), w.pages = pages_.get(), w.table = table_.as<std::int32_t>();
    w.lengths = (ragged ? ragged_ : whole_).as<std::int32_t>();
    w.partial = partial_.as<float>(), w.sums = sums_.as<float>(), w.out = out_.get();
    w.batch = static_cast<int>(row_.m), w.table_pitch = static_cast<int>(pages_of_one_), w.splits = splits_;
    w.scale = scale;
    return w;
  }
  int launches() const { return splits_ > 1 ? 2 : 1; }

  double checked(cudaStream_t stream) const {
    poison(out_.get(), out_.bytes(), stream);
    decode(work(true), stream);
    check(cudaStreamSynchronize(stream), "decode");
    if (count_poison(out_.get(), out_.bytes(), Format::bf16, stream) > 0) return not_a_number;
    const auto lengths = ragged_lengths(row_);
    std::vector<double> result, reference;
    for (const std::int64_t request : pick_others(row_.m, checked_requests, 5)) {
      const std::int64_t length = lengths[size(request)];
      const Values latents = latents_of(request, length);
      const Rows keys{latents.data(), size(length), latent_width, latent_width};
      const Rows values{latents.data(), size(length), value_width, latent_width};
      for (const std::int64_t head :
           {std::int64_t{0}, std::int64_t{decode_heads - 1}, request % decode_heads}) {
        const std::int64_t query = request * decode_heads + head;
        const Values q = read(q_, Format::bf16, query * latent_width, latent_width);
        append(result, read(out_, Format::bf16, query * value_width, value_width));
        append(reference, reference_attention(q, keys, values, scale).out);
      }
    }
    return relative_error(result, reference);
  }

 private:
  static constexpr float scale = 0.0721687836F;  // 1 / sqrt(192), of the heads before absorption

  Values latents_of(std::int64_t request, std::int64_t length) const {
    constexpr std::int64_t page_size = page_tokens * latent_width;
    Values all;
    for (std::int64_t i = 0; i * page_tokens < length; ++i) {
      const std::int64_t page = order_[size(request * pages_of_one_ + i)];
      append(all, read(pages_, Format::bf16, page * page_size, page_size));
    }
    return all;
  }

  Row row_;
  std::int64_t pages_of_one_;
  std::vector<std::int32_t> order_;
  int splits_;
  Buffer q_, pages_, table_, ragged_, whole_, partial_, sums_, out_;
};

}  // namespace

void measure_decode(Row& row, Sampler& sampler) {
  const Requests requests(row, sampler.device().sms, sampler.stream());
  row.error = requests.checked(sampler.stream());
  row.launches = requests.launches();
  const Decode work = requests.work(false);
  const Launch launch{[&](cudaStream_t stream, int) { decode(work, stream); }, 1};
  store(row, sampler.measure(launch, row.cold));
}

}  // namespace foretrain::bench
