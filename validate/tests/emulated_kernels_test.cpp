// The kernels that no GPU has run yet, run on the host thread by thread (emulation/emulation.hpp), against
// references in double precision: on problems of a few tiles, with ends that are not whole tiles.

#include <random>

#include "catch.hpp"
#include "emulation.hpp"
#include "floats.hpp"
#include "kernels/attention.hpp"
#include "kernels/decode.hpp"
#include "kernels/gradients.hpp"
#include "kernels/grouped.hpp"
#include "pick.hpp"
#include "references_attention.hpp"

using namespace foretrain::bench;

namespace {

// A BF16 tensor as stored and as numbers.
struct Tensor {
  std::vector<std::uint16_t> stored;
  Values values;

  Tensor(int count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    for (int i = 0; i < count; ++i) {
      stored.push_back(to_bf16(normal(random)));
      values.push_back(static_cast<double>(from_bf16(stored.back())));
    }
  }
  // Row (token, head) of [tokens][heads][width].
  Values row(std::size_t index, std::size_t width) const {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(index * width);
    return {begin, begin + static_cast<std::ptrdiff_t>(width)};
  }
};

Values as_numbers(const std::vector<std::uint16_t>& stored, std::size_t first, std::size_t count) {
  const auto numbers = decode(stored.data() + first, count, Format::bf16);
  return {numbers.begin(), numbers.end()};
}

constexpr float scale = 0.0721687836F;

void expect_decoding(const std::vector<std::int32_t>& lengths, int splits) {
  constexpr int pitch = 3;
  const int batch = static_cast<int>(lengths.size());
  const auto table = random_order(batch * pitch, batch * pitch, 1);
  const Tensor q(batch * decode_heads * latent_width, 1),
      pages(batch * pitch * page_tokens * latent_width, 2);
  std::vector<std::uint16_t> out(lengths.size() * decode_heads * value_width, 0xffff);
  std::vector<float> partial(static_cast<std::size_t>(splits) * out.size()),
      sums(partial.size() / value_width);
  Decode w;
  w.q = q.stored.data(), w.pages = pages.stored.data(), w.table = table.data(), w.lengths = lengths.data();
  w.partial = partial.data(), w.sums = sums.data(), w.out = out.data();
  w.batch = batch, w.table_pitch = pitch, w.splits = splits, w.scale = scale;
  decode(w, nullptr);
  for (std::size_t request = 0; request < lengths.size(); ++request) {
    Values latents;
    for (std::size_t token = 0; token < static_cast<std::size_t>(lengths[request]); ++token) {
      const auto page = static_cast<std::size_t>(table[request * pitch + token / page_tokens]);
      const Values row = pages.row(page * page_tokens + token % page_tokens, latent_width);
      latents.insert(latents.end(), row.begin(), row.end());
    }
    const Rows keys = rows_of(latents, latent_width),
               values{latents.data(), keys.count, value_width, latent_width};
    for (const std::size_t head : {0U, 15U, 63U, 64U, 100U, 127U}) {
      const std::size_t own = request * decode_heads + head;
      const Values reference = reference_attention(q.row(own, latent_width), keys, values, scale).out;
      CHECK(relative_error(as_numbers(out, own * value_width, value_width), reference) < 5e-3);
    }
  }
}

// One causal sequence of two heads.
struct Sequence {
  static constexpr int tokens = 256, heads = 2;
  Tensor q{tokens * heads * score_width, 11}, k{tokens * heads * score_width, 12};
  Tensor v{tokens * heads * attention_value_width, 13}, d_out{tokens * heads * attention_value_width, 14};
  std::vector<std::uint16_t> out = std::vector<std::uint16_t>(v.stored.size(), 0xffff), dv = out;
  std::vector<std::uint16_t> dq = std::vector<std::uint16_t>(q.stored.size(), 0xffff), dk = dq;
  std::vector<float> sums = std::vector<float>(tokens * heads), products = sums;
  std::vector<float> dq_sums = std::vector<float>(q.stored.size());

  Attention work() {
    Attention w;
    w.q = q.stored.data(), w.k = k.stored.data(), w.v = v.stored.data(), w.out = out.data(),
    w.sums = sums.data();
    w.d_out = d_out.stored.data(), w.products = products.data(), w.dq_sums = dq_sums.data();
    w.dq = dq.data(), w.dk = dk.data(), w.dv = dv.data();
    w.tokens = tokens, w.heads = heads, w.scale = scale;
    return w;
  }
  // One head's rows, one after the other.
  static Values head_of(const Tensor& tensor, std::size_t head, std::size_t width) {
    Values all;
    for (std::size_t token = 0; token < tokens; ++token) {
      const Values row = tensor.row(token * heads + head, width);
      all.insert(all.end(), row.begin(), row.end());
    }
    return all;
  }
};

Values from(const Values& values, std::size_t first) {
  return {values.begin() + static_cast<std::ptrdiff_t>(first), values.end()};
}

std::vector<std::uint8_t> codes(std::int64_t count, std::uint64_t seed) {
  std::vector<std::uint8_t> all;
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0, 150);
  for (std::int64_t i = 0; i < count; ++i) all.push_back(to_e4m3(normal(random)));
  return all;
}
std::vector<float> scales(std::int64_t count, std::uint64_t seed) {
  std::vector<float> all;
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> uniform(0.5F / 150, 1.5F / 150);
  for (std::int64_t i = 0; i < count; ++i) all.push_back(uniform(random));
  return all;
}

}  // namespace

TEST_CASE("decoding, sequence whole and in parts", "[emulated]") {
  expect_decoding({70}, 1);
  expect_decoding({70, 1}, 2);  // the second request has nothing for one of its parts
}

TEST_CASE("decoding with one buffer, as on GPUs of less shared memory", "[emulated]") {
  emulated_shared_limit = 166912;  // A100's
  expect_decoding({64}, 1);
  emulated_shared_limit = 232448;
}

TEST_CASE("causal attention forward and backward", "[emulated]") {
  Sequence s;
  attention_forward(s.work(), nullptr);
  attention_products(s.work(), nullptr);
  attention_backward(s.work(), nullptr);
  attention_round(s.work(), nullptr);
  for (std::size_t head = 0; head < Sequence::heads; ++head) {
    const Values q = s.head_of(s.q, head, score_width), k = s.head_of(s.k, head, score_width);
    const Values v = s.head_of(s.v, head, attention_value_width);
    const Values d_out = s.head_of(s.d_out, head, attention_value_width);
    Values log_sums, products;
    const auto own = [&](std::size_t token) { return token * Sequence::heads + head; };
    for (std::size_t i = 0; i < Sequence::tokens; ++i) {
      const Rows keys{k.data(), i + 1, score_width, score_width};
      const Rows values{v.data(), i + 1, attention_value_width, attention_value_width};
      const Attended a = reference_attention(s.q.row(own(i), score_width), keys, values, scale);
      const Values own_d_out = s.d_out.row(own(i), attention_value_width);
      log_sums.push_back(a.log_sum);
      products.push_back(std::inner_product(a.out.begin(), a.out.end(), own_d_out.begin(), 0.0));
      const auto out = as_numbers(s.out, own(i) * attention_value_width, attention_value_width);
      REQUIRE(relative_error(out, a.out) < 5e-3);
      const double sum = static_cast<double>(s.sums[head * Sequence::tokens + i]) * std::log(2.0);
      REQUIRE(sum == Approx(a.log_sum).margin(1e-4));
      if (i < 8) continue;  // of few keys: differences of products that are almost equal, in BF16
      const Values dq =
          reference_query_gradient(s.q.row(own(i), score_width), keys, values, own_d_out, scale);
      REQUIRE(relative_error(as_numbers(s.dq, own(i) * score_width, score_width), dq) < 0.01);
    }
    for (std::size_t j = 0; j < Sequence::tokens; ++j) {
      const std::size_t count = Sequence::tokens - j;
      const KeyGradient g = reference_key_gradient(
          s.k.row(own(j), score_width), s.v.row(own(j), attention_value_width),
          {q.data() + j * score_width, count, score_width, score_width},
          {d_out.data() + j * attention_value_width, count, attention_value_width, attention_value_width},
          from(log_sums, j), from(products, j), scale);
      REQUIRE(relative_error(as_numbers(s.dk, own(j) * score_width, score_width), g.dk) < 0.01);
      REQUIRE(relative_error(as_numbers(s.dv, own(j) * attention_value_width, attention_value_width), g.dv) <
              0.01);
    }
  }
}

TEST_CASE("grouped products of rows, groups that are uneven and empty", "[emulated]") {
  const std::vector<std::int32_t> ends{0, 40, 40, 344, 600};
  constexpr std::int32_t m = 600, n = 256, k = 640, groups = 4;
  const auto a = codes(m * k, 1), b = codes(groups * n * k, 2);
  const auto scales_a = scales(m * k / 128, 3), scales_b = scales(block_scale_at(groups, 0, 0, n, k), 4);
  std::vector<std::uint16_t> d(m * n, 0xffff);
  const GroupedPlan plan({ends.data(), groups, m, n, k, false},
                         {a.data(), b.data(), scales_a.data(), scales_b.data(), d.data()});
  plan.run(3, nullptr);
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::int32_t row = ends[g]; row < ends[g + 1]; row += 13) {
      Values reference, result = as_numbers(d, static_cast<std::size_t>(row * n), n);
      for (std::int32_t column = 0; column < n; ++column) {
        double sum = 0;
        for (std::int32_t kk = 0; kk < k; ++kk) {
          const auto at_b = static_cast<std::size_t>((static_cast<std::int32_t>(g) * n + column) * k + kk);
          const auto scale_b = block_scale_at(static_cast<std::int64_t>(g), column, kk / 128, n, k);
          sum += static_cast<double>(from_e4m3(a[static_cast<std::size_t>(row * k + kk)])) *
                 static_cast<double>(scales_a[static_cast<std::size_t>(kk / 128 * m + row)]) *
                 static_cast<double>(from_e4m3(b[at_b])) *
                 static_cast<double>(scales_b[static_cast<std::size_t>(scale_b)]);
        }
        reference.push_back(sum);
      }
      REQUIRE(relative_error(result, reference) < 3e-3);
    }
  }
}

TEST_CASE("grouped products that cut k, added to what is there", "[emulated]") {
  const std::vector<std::int32_t> ends{0, 128, 128, 512};
  constexpr std::int32_t m = 320, n = 128, k = 512, groups = 3;
  const auto a = codes(m * k, 5), b = codes(n * k, 6);
  const auto scales_a = scales(m * k / 128, 7), scales_b = scales(n * k / 128, 8);
  std::vector<float> d(groups * m * n, 0.25F);
  const GroupedPlan plan({ends.data(), groups, m, n, k, true},
                         {a.data(), b.data(), scales_a.data(), scales_b.data(), d.data()});
  plan.run(2, nullptr);
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::int32_t row = 0; row < m; row += 7) {
      Values reference, result;
      for (std::int32_t column = 0; column < n; ++column) {
        double sum = 0.25;
        for (std::int32_t kk = ends[g]; kk < ends[g + 1]; ++kk)
          sum += static_cast<double>(from_e4m3(a[static_cast<std::size_t>(row * k + kk)])) *
                 static_cast<double>(scales_a[static_cast<std::size_t>(kk / 128 * m + row)]) *
                 static_cast<double>(from_e4m3(b[static_cast<std::size_t>(column * k + kk)])) *
                 static_cast<double>(scales_b[static_cast<std::size_t>(kk / 128 * n + column)]);
        reference.push_back(sum);
        result.push_back(static_cast<double>(
            d[(g * m + static_cast<std::size_t>(row)) * n + static_cast<std::size_t>(column)]));
      }
      REQUIRE(relative_error(result, reference) < 1e-5);
    }
  }
}

TEST_CASE("FP8 turned to BF16 again, bytes turned round, the activation's gradient", "[emulated]") {
  constexpr std::int64_t m = 64, n = 256, f = 128;
  const auto in = codes(m * n, 9);
  const auto factors = scales(m * n / 128, 10);
  std::vector<std::uint16_t> wide(m * n, 0xffff);
  dequantise_row(in.data(), factors.data(), wide.data(), m, n, nullptr);
  std::vector<std::uint8_t> turned(m * n, 0xff);
  transpose_fp8(in.data(), turned.data(), m, n, nullptr);
  for (std::size_t row = 0; row < m; ++row) {
    for (std::size_t column = 0; column < n; ++column) {
      const std::uint8_t code = in[row * n + column];
      REQUIRE(turned[column * m + row] == code);
      REQUIRE(from_bf16(wide[row * n + column]) ==
              from_bf16(to_bf16(from_e4m3(code) * factors[column / 128 * m + row])));
    }
  }
  const Tensor gate_up(m * 2 * f, 21), dy(m * f, 22);
  std::vector<std::uint16_t> gradient(m * 2 * f, 0xffff);
  swiglu_backward(gate_up.stored.data(), dy.stored.data(), gradient.data(), m, f, nullptr);
  for (std::size_t row = 0; row < m; ++row) {
    const Values reference =
        reference_swiglu_backward(gate_up.row(2 * row, f), gate_up.row(2 * row + 1, f), dy.row(row, f));
    REQUIRE(relative_error(as_numbers(gradient, row * 2 * f, 2 * f), reference) < 5e-3);
  }
}
