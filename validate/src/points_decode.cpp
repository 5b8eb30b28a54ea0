// Absorbed decoding of DeepSeek-V3: batches of requests, one query each. k is the length of the sequence.

#include "points.hpp"

namespace foretrain::bench {

std::vector<Row> list_decode() {
  constexpr std::int64_t heads = 128;
  constexpr int latent = 576, value = 512;
  std::vector<Row> rows;
  for (const std::int64_t batch : {32, 64, 128}) {
    for (const std::int64_t length : {4096, 8192, 16384, 32768}) {
      Row r;
      r.suite = "decode";
      r.kernel = "mla_decode_own";
      r.m = batch, r.n = heads, r.k = length;
      r.d_qk = latent, r.d_v = value;
      const double queries = static_cast<double>(batch * heads);
      r.flops = 2 * queries * static_cast<double>(length) * (latent + value);
      r.read_bytes = 2.0 * latent * (static_cast<double>(batch * length) + queries);
      r.written_bytes = 2 * queries * value;
      rows.push_back(r);
    }
  }
  return rows;
}

}  // namespace foretrain::bench
