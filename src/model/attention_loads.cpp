#include "model/attention_loads.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/check.hpp"
#include "base/random.hpp"

namespace foretrain::model {
namespace {

constexpr double drawn_documents = 1 << 18;
constexpr double fewest = 64, most = 1024;  // micro-batches
constexpr std::size_t warm_up = 32;         // sequences until a stream's beginning is forgotten

constexpr int an_octave = 4;

class Costs {
 public:
  Costs(const TokenCosts& costs, std::int64_t sequence) : at_(list_lengths(sequence)), costs_(costs) {
    check(costs.size() == at_.size(), "a cost for each length");
  }
  double of(std::int64_t piece) const {
    const auto x = static_cast<double>(piece);
    const auto above = std::upper_bound(at_.begin() + 1, at_.end() - 1, x) - at_.begin();
    const auto i = static_cast<std::size_t>(above);
    const double way = (x - at_[i - 1]) / (at_[i] - at_[i - 1]);
    return x * (costs_[i - 1] + way * (costs_[i] - costs_[i - 1]));
  }

 private:
  std::vector<double> at_;
  const TokenCosts& costs_;
};

// Documents without end.
class Source {
 public:
  Source(const std::vector<DocumentLength>& lengths, std::uint64_t seed)
      : lengths_(lengths), rng_(seed, "documents") {
    double sum = 0;
    for (const auto& one : lengths) below_.push_back(sum += one.share);
  }
  std::int64_t next() {
    const auto found = std::upper_bound(below_.begin(), below_.end(), rng_.uniform() * below_.back());
    return lengths_[std::min(static_cast<std::size_t>(found - below_.begin()), below_.size() - 1)].tokens;
  }

 private:
  const std::vector<DocumentLength>& lengths_;
  Rng rng_;
  std::vector<double> below_;  // shares added up
};

// What each sequence of a cut stream takes.
std::vector<double> cut_sequences(Source& source, std::int64_t sequence, const Costs& costs,
                                  std::size_t count) {
  std::vector<double> taken;
  std::int64_t left = 0;
  for (std::size_t i = 0; i < warm_up + count; ++i) {
    double cost = 0;
    for (std::int64_t room = sequence; room > 0;) {
      if (left == 0) left = source.next();
      const std::int64_t piece = std::min(left, room);
      cost += costs.of(piece);
      left -= piece;
      room -= piece;
    }
    if (i >= warm_up) taken.push_back(cost);
  }
  return taken;
}

// Likewise where each document goes to the fullest sequence that has room for it, in the order drawn. A
// quarter more than asked for are filled, as those begun last are not full.
std::vector<double> whole_sequences(Source& source, std::int64_t sequence, const Costs& costs,
                                    std::size_t count) {
  std::vector<double> taken;
  std::multimap<std::int64_t, std::size_t> rooms;  // of sequences that have some: to their places
  const double wanted = 1.25 * static_cast<double>(count) * static_cast<double>(sequence);
  for (double tokens = 0; tokens < wanted;) {  // no sequence holds more than it may, so enough are begun
    for (std::int64_t left = source.next(); left > 0 && tokens < 2 * wanted;) {
      const std::int64_t piece = std::min(left, sequence);
      const auto fit = rooms.lower_bound(piece);
      const std::int64_t room = fit == rooms.end() ? sequence : fit->first;
      const std::size_t at = fit == rooms.end() ? taken.size() : fit->second;
      if (fit == rooms.end())
        taken.push_back(0);
      else
        rooms.erase(fit);
      taken[at] += costs.of(piece);
      if (room > piece) rooms.emplace(room - piece, at);
      left -= piece;
      tokens += static_cast<double>(piece);
    }
  }
  taken.resize(count);
  return taken;
}

}  // namespace

std::vector<double> list_lengths(std::int64_t sequence) {
  std::vector<double> lengths{1};
  for (int i = 1; lengths.size() < 2 || lengths.back() < static_cast<double>(sequence); ++i)
    lengths.push_back(std::exp2(static_cast<double>(i) / an_octave));
  return lengths;
}

std::vector<double> attention_loads(const Documents& documents, std::int64_t sequence, std::int64_t together,
                                    const TokenCosts& costs, std::uint64_t seed) {
  check(!documents.lengths.empty() && sequence > 0 && together > 0, "a micro-batch holds documents");
  if (pack(documents, sequence).size() <= 1 && documents.lengths.size() == 1) return {};  // never cut
  double mean = 0;
  for (const auto& one : documents.lengths) mean += one.share * static_cast<double>(one.tokens);
  const double held = std::max(1.0, static_cast<double>(sequence * together) / mean);
  const auto count = static_cast<std::size_t>(std::clamp(drawn_documents / held, fewest, most));
  Source source(documents.lengths, seed);
  const auto fill = documents.whole ? whole_sequences : cut_sequences;
  const auto taken =
      fill(source, sequence, Costs(costs, sequence), count * static_cast<std::size_t>(together));
  std::vector<double> loads(count, 0.0);
  for (std::size_t i = 0; i < taken.size(); ++i) loads[i / static_cast<std::size_t>(together)] += taken[i];
  std::sort(loads.begin(), loads.end());
  const double average = std::accumulate(loads.begin(), loads.end(), 0.0) / static_cast<double>(count);
  for (double& load : loads) load /= average;
  return loads.back() - loads.front() < 1e-3 ? std::vector<double>{} : loads;
}

}  // namespace foretrain::model
