#include "network/transfer.hpp"

#include <algorithm>

namespace foretrain::network {
namespace {

void add_out(Traffic& t, Hop hop, Bytes size) {
  (hop == Hop::ib ? t.ib_out : t.nvlink_out) += size;
}
void add_in(Traffic& t, Hop hop, Bytes size) {
  (hop == Hop::ib ? t.ib_in : t.nvlink_in) += size;
}

}  // namespace

std::vector<Traffic> sum_by_rank(const Round& round, std::int64_t ranks) {
  std::vector<Traffic> all(static_cast<std::size_t>(ranks));
  for (const Transfer& t : round) {
    add_out(all[index_of(t.from)], t.hop, t.size);
    add_in(all[index_of(t.to)], t.hop, t.size);
  }
  return all;
}

Traffic sum(const Round& round) {
  Traffic all;
  for (const Transfer& t : round) {
    add_out(all, t.hop, t.size);
    add_in(all, t.hop, t.size);
  }
  return all;
}

Seconds time_of(const Traffic& traffic, const LinkSpeeds& speeds) {
  const Bytes ib = std::max(traffic.ib_out, traffic.ib_in),
              nvlink = std::max(traffic.nvlink_out, traffic.nvlink_in);
  Seconds latency{}, moving{};
  if (ib > Bytes{}) {
    latency = speeds.ib_latency;
    moving = ib / speeds.ib;
  }
  if (nvlink > Bytes{}) {
    latency = std::max(latency, speeds.nvlink_latency);
    moving = std::max(moving, nvlink / speeds.nvlink);
  }
  return latency + moving;
}

Seconds time_of(const Rounds& rounds, std::int64_t ranks, const LinkSpeeds& speeds) {
  Seconds total{};
  for (const Round& round : rounds) {
    Traffic most;  // the fullest link of each kind and direction
    for (const Traffic& t : sum_by_rank(round, ranks)) {
      most.ib_out = std::max(most.ib_out, t.ib_out);
      most.ib_in = std::max(most.ib_in, t.ib_in);
      most.nvlink_out = std::max(most.nvlink_out, t.nvlink_out);
      most.nvlink_in = std::max(most.nvlink_in, t.nvlink_in);
    }
    total += time_of(most, speeds);
  }
  return total;
}

Seconds time_of_message(Bytes size, Hop hop, const LinkSpeeds& speeds, bool forwarded) {
  if (hop == Hop::nvlink) return speeds.nvlink_latency + size / speeds.nvlink;
  if (!forwarded) return speeds.ib_latency + size / speeds.ib;
  return speeds.ib_latency + speeds.nvlink_latency + std::max(size / speeds.ib, size / speeds.nvlink);
}

}  // namespace foretrain::network
