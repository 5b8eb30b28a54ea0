#include "model/documents.hpp"

#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "catch.hpp"
#include "model/transformer.hpp"

namespace {

using namespace foretrain;
using model::DocumentLength;
using model::Documents;
using model::Pieces;

// What a stream of documents cut every `sequence` tokens really holds: twice the pairs a token, s/2 keys
// each.
double attended_in_stream(const std::vector<std::int64_t>& stream, std::int64_t sequence) {
  double squares = 0, tokens = 0;
  std::int64_t room = sequence;
  for (std::int64_t left : stream)
    while (left > 0) {
      const std::int64_t piece = std::min(left, room);
      squares += static_cast<double>(piece) * static_cast<double>(piece);
      tokens += static_cast<double>(piece);
      left -= piece;
      room = room == piece ? sequence : room - piece;
    }
  return squares / tokens;
}

std::vector<std::int64_t> drawn(const Documents& documents, std::size_t count) {
  Rng rng(7, "documents");
  std::vector<std::int64_t> stream;
  while (stream.size() < count) {
    double at = rng.uniform();
    for (const auto& one : documents.lengths) {
      at -= one.share;
      if (at >= 0) continue;
      stream.push_back(one.tokens);
      break;
    }
  }
  return stream;
}

double shares_of(const Pieces& pieces) {
  double sum = 0;
  for (const auto& piece : pieces) sum += piece.share;
  return sum;
}

Documents alike(std::int64_t tokens, bool whole = false) {
  return {{{tokens, 1}}, whole};
}

double upper_tail(double z) {
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

// E[L^k; L < s] of a lognormal.
double moment_below(double median, double sigma, double s, int k) {
  const double m = std::log(median);
  return std::exp(k * m + k * k * sigma * sigma / 2) * upper_tail(k * sigma - (std::log(s) - m) / sigma);
}

}  // namespace

TEST_CASE("equal documents that divide the sequence are never cut: each is one block") {
  for (const std::int64_t k : {2, 4, 8, 64, 4096}) {
    const auto pieces = model::pack(alike(4096 / k), 4096);
    REQUIRE(pieces.size() == 1);
    CHECK(pieces[0].tokens == 4096.0 / static_cast<double>(k));
    CHECK(pieces[0].share == 1);
    CHECK(model::attended_tokens(pieces) == 4096.0 / static_cast<double>(k));
  }
}

TEST_CASE("documents of one sequence, or of several, are attention over the whole sequence") {
  for (const std::int64_t k : {1, 2, 7}) CHECK(model::pack(alike(4096 * k), 4096).empty());
  CHECK(model::pack(alike(4096, true), 4096).empty());
  const auto seen = model::keys_seen(4096, {});
  CHECK(seen.mean == 2048);
  CHECK(seen.shares.empty());
}

TEST_CASE("a document of one token sees itself") {
  const auto seen = model::keys_seen(4096, model::pack(alike(1), 4096));
  CHECK(seen.mean == 1);
  CHECK(seen.shares.empty());
}

TEST_CASE(
    "half as long again as the sequence: two sequences of three are one document, one holds two halves") {
  const auto pieces = model::pack(alike(6144), 4096);
  CHECK(model::attended_tokens(pieces) == Approx(4096 * 5 / 6.0).epsilon(1e-12));
}

TEST_CASE("equal documents attend as the stream that is cut") {
  const std::int64_t sequence = 1024;
  for (const std::int64_t length : {1, 3, 10, 100, 255, 256, 768, 1000, 1023, 1025, 1536, 5000}) {
    CAPTURE(length);
    const auto pieces = model::pack(alike(length), sequence);
    const std::vector<std::int64_t> stream(static_cast<std::size_t>(sequence), length);
    CHECK(shares_of(pieces) == Approx(1).epsilon(1e-12));
    CHECK(model::attended_tokens(pieces) == Approx(attended_in_stream(stream, sequence)).epsilon(1e-12));
  }
}

TEST_CASE("without a common divisor a document of k tokens loses k / (3 n) of its keys") {
  const double k = 1001, n = 4096;  // coprime; discrete sums differ by the order of a token
  CHECK(model::attended_tokens(model::pack(alike(1001), 4096)) ==
        Approx(k * (1 - k / (3 * n))).epsilon(2e-3));
}

TEST_CASE("documents of several lengths attend as a drawn stream does") {
  const Documents mixes[] = {{{{100, 0.5}, {700, 0.3}, {3001, 0.2}}, false},
                             {{{512, 0.6}, {1024, 0.25}, {4096, 0.15}}, false},
                             {{{64, 0.9}, {9000, 0.1}}, false}};
  for (const auto& mix : mixes) {
    const auto pieces = model::pack(mix, 2048);
    CHECK(shares_of(pieces) == Approx(1).epsilon(1e-12));
    CHECK(model::attended_tokens(pieces) ==
          Approx(attended_in_stream(drawn(mix, 200000), 2048)).epsilon(0.01));
  }
}

TEST_CASE("whole documents attend as the sum of their squares; long ones are cut from their beginning") {
  const Documents mix{{{300, 0.5}, {1200, 0.5}}, true};
  CHECK(model::attended_tokens(model::pack(mix, 4096)) ==
        Approx((300.0 * 300 + 1200.0 * 1200) / 1500).epsilon(1e-12));
  const auto longer = model::pack(alike(5000, true), 4096);
  CHECK(model::attended_tokens(longer) == Approx((4096.0 * 4096 + 904.0 * 904) / 5000).epsilon(1e-12));
}

TEST_CASE("a lognormal distribution has the moments of the formula") {
  const double median = 900, sigma = GENERATE(0.3, 1.0, 1.5);
  const auto lengths = model::lognormal_lengths(median, sigma);
  double count = 0, tokens = 0;
  for (const auto& one : lengths) {
    count += one.share;
    tokens += one.share * static_cast<double>(one.tokens);
  }
  CHECK(count == Approx(1).epsilon(1e-12));
  CHECK(tokens == Approx(median * std::exp(sigma * sigma / 2)).epsilon(1e-3));
  // Pairs of a cut sequence: s L^2 / 2 - L^3 / 6 of a document below s, s^2 L / 2 - s^3 / 6 of one above.
  const double s = 8192;
  const auto below = [&](int k) { return moment_below(median, sigma, s, k); };
  const auto all = [&](int k) { return std::exp(k * std::log(median) + k * k * sigma * sigma / 2); };
  const double pairs =
      s * below(2) / 2 - below(3) / 6 + s * s * (all(1) - below(1)) / 2 - s * s * s * (1 - below(0)) / 6;
  CHECK(model::attended_tokens(model::pack({lengths, false}, 8192)) ==
        Approx(2 * pairs / (s * all(1))).epsilon(2e-3));
}

TEST_CASE("shorter documents never see more keys") {
  const double sigma = GENERATE(0.2, 1.0, 2.0);
  const bool whole = GENERATE(false, true);
  double before = 0;
  for (double median = 4; median < 1e6; median *= 1.5) {
    const auto pieces = model::pack({model::lognormal_lengths(median, sigma), whole}, 8192);
    const double keys = model::keys_seen(8192, pieces).mean;
    CAPTURE(median, sigma, whole);
    if (!whole) CHECK(keys >= before * (1 - 1e-6));
    CHECK(keys <= 4096 * (1 + 1e-12));
    before = keys;
  }
}

TEST_CASE("a window and documents: the shorter of the two binds, and classes hardly blur it") {
  const Documents mix{{{100, 0.5}, {700, 0.3}, {3001, 0.2}}, true};
  double exact = 0, tokens = 0;
  for (const auto& one : mix.lengths) {
    const double length = static_cast<double>(one.tokens);
    exact += one.share * length * model::causal_keys_of(length, 256);
    tokens += one.share * length;
  }
  CHECK(model::keys_seen(4096, model::pack(mix, 4096), 256).mean == Approx(exact / tokens).epsilon(1e-9));
  CHECK(model::keys_seen(4096, model::pack(alike(128), 4096), 256).mean == 64);
  // Cut pieces of every length share classes of half an octave.
  const auto pieces = model::pack(alike(4097), 4096);
  double all = 0, keys = 0;
  for (int x = 1; x < 4096; ++x) all += 2.0 * x, keys += 2.0 * x * model::causal_keys_of(x, 1024);
  all += 2.0 * 4096, keys += 2.0 * 4096 * model::causal_keys_of(4096, 1024);
  CHECK(model::keys_seen(4096, pieces, 1024).mean == Approx(keys / all).epsilon(5e-3));
}

TEST_CASE("what share of the pairs sees how many keys adds up") {
  const auto pieces = model::pack({model::lognormal_lengths(700, 1.2), false}, 4096);
  const auto seen = model::keys_seen(4096, pieces);
  double shares = 0, tokens = 0;
  for (const auto& one : seen.shares) {
    shares += one.share;
    tokens += one.share / one.keys;
    CHECK(one.keys <= 2048);
  }
  CHECK(shares == Approx(1).epsilon(1e-12));
  CHECK(tokens == Approx(1 / seen.mean).epsilon(1e-12));
  CHECK(pieces.size() <= 26);
}
