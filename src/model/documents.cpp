#include "model/documents.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"
#include "model/transformer.hpp"

namespace foretrain::model {
namespace {

// Tokens and squares of what falls between two edges, which stand half an octave apart.
class Classes {
 public:
  explicit Classes(std::int64_t longest) {
    for (int i = 0; edges_.empty() || edges_.back() <= static_cast<double>(longest); ++i)
      edges_.push_back(std::ldexp(i % 2 == 0 ? 1.0 : std::sqrt(2.0), i / 2));
    tokens_.resize(edges_.size());
    squares_.resize(edges_.size());
  }

  void add(double length, double count) {
    const auto above = std::upper_bound(edges_.begin(), edges_.end(), length);
    const auto at = static_cast<std::size_t>(above - edges_.begin()) - 1;
    tokens_[at] += count * length;
    squares_[at] += count * length * length;
  }

  // `count` pieces of each length step, 2 step, ... last * step.
  void add_all(double step, std::int64_t last, double count) {
    double below = 0;
    for (std::size_t at = 0; at + 1 < edges_.size() && below < static_cast<double>(last); ++at) {
      const double top = std::min(static_cast<double>(last), std::ceil(edges_[at + 1] / step) - 1);
      if (top <= below) continue;
      tokens_[at] += count * step * (top * (top + 1) - below * (below + 1)) / 2;
      squares_[at] += count * step * step * (squares_to(top) - squares_to(below));
      below = top;
    }
  }

  Pieces take() const {
    const double all = std::accumulate(tokens_.begin(), tokens_.end(), 0.0);
    Pieces pieces;
    for (std::size_t at = 0; at < tokens_.size(); ++at)
      if (tokens_[at] > 0) pieces.push_back({squares_[at] / tokens_[at], tokens_[at] / all});
    return pieces;
  }

 private:
  static double squares_to(double n) { return n * (n + 1) * (2 * n + 1) / 6; }

  std::vector<double> edges_, tokens_, squares_;
};

Pieces cut(const Documents& documents, std::int64_t sequence) {
  std::int64_t step = sequence;
  for (const auto& one : documents.lengths) step = std::gcd(step, one.tokens);
  const std::int64_t n = sequence / step;
  Classes classes(sequence);
  for (const auto& one : documents.lengths) {
    const std::int64_t k = one.tokens / step;
    const double longest = static_cast<double>(std::min(one.tokens, sequence));
    classes.add(longest, one.share * static_cast<double>(std::abs(n - k) + 1));
    classes.add_all(static_cast<double>(step), std::min(k, n) - 1, 2 * one.share);
  }
  return classes.take();
}

Pieces keep_whole(const Documents& documents, std::int64_t sequence) {
  Classes classes(sequence);
  for (const auto& one : documents.lengths) {
    const std::int64_t full = one.tokens / sequence, rest = one.tokens % sequence;
    if (full > 0) classes.add(static_cast<double>(sequence), one.share * static_cast<double>(full));
    if (rest > 0) classes.add(static_cast<double>(rest), one.share);
  }
  return classes.take();
}

}  // namespace

std::vector<DocumentLength> lognormal_lengths(double median, double sigma) {
  check(median > 0 && sigma >= 0, "documents have lengths");
  constexpr int nodes = 1024;
  constexpr double longest = 1e15;            // a document beyond any sequence: only its tokens count
  const double least = -8, most = 7 + sigma;  // of the normal, in deviations; tokens lie `sigma` higher
  std::vector<DocumentLength> lengths;
  double all = 0;
  for (int i = 0; i < nodes; ++i) {
    const double z = least + (most - least) * i / (nodes - 1);
    const double share = std::exp(-z * z / 2);
    const auto tokens = std::llround(std::clamp(median * std::exp(sigma * z), 1.0, longest));
    if (!lengths.empty() && lengths.back().tokens == tokens)
      lengths.back().share += share;
    else
      lengths.push_back({tokens, share});
    all += share;
  }
  for (auto& one : lengths) one.share /= all;
  return lengths;
}

Pieces pack(const Documents& documents, std::int64_t sequence) {
  check(!documents.lengths.empty() && sequence > 0, "a sequence holds documents");
  for (const auto& one : documents.lengths) check(one.tokens > 0 && one.share >= 0, "documents have lengths");
  const auto pieces = documents.whole ? keep_whole(documents, sequence) : cut(documents, sequence);
  const bool one = pieces.size() == 1 && pieces.front().tokens >= static_cast<double>(sequence);
  return one ? Pieces{} : pieces;
}

KeysSeen keys_seen(std::int64_t sequence, const Pieces& pieces, std::int64_t window) {
  if (pieces.empty()) return {static_cast<double>(causal_keys(sequence, window)), {}};
  KeysSeen seen;
  for (const Piece& piece : pieces) {
    const double keys = std::max(1.0, causal_keys_of(piece.tokens, static_cast<double>(window)));
    seen.mean += piece.share * keys;
    seen.shares.push_back({keys, piece.share * keys});
  }
  for (auto& one : seen.shares) one.share /= seen.mean;
  if (pieces.size() == 1) seen.shares.clear();
  return seen;
}

double attended_tokens(const Pieces& pieces) {
  double tokens = 0;
  for (const Piece& piece : pieces) tokens += piece.share * piece.tokens;
  return tokens;
}

}  // namespace foretrain::model
