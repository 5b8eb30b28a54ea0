#include "network/exchange.hpp"

#include <algorithm>
#include <utility>

namespace foretrain::network {
namespace {

// Rows through each stage, by role: as source of tokens, as forwarder for the node, as holder of experts.
struct RowCounts {
  double tokens, staged, rails, rails_in, forwarded, held;
};

RowCounts count_rows(const ExchangeShape& x) {
  const TokenSpread& s = x.spread;
  const bool one_node = s.remote_nodes == 0;  // then nothing is staged for the rails
  return {.tokens = x.tokens,
          .staged = one_node ? 0 : x.tokens * s.nodes,
          .rails = x.tokens * s.remote_nodes,
          .rails_in = x.tokens * s.remote_nodes * x.node_load,
          .forwarded = x.tokens * s.gpus * x.node_load,
          .held = x.tokens * s.gpus * x.gpu_load};
}

std::array<HbmStep, 8> dispatch_steps(const RowCounts& n, Bytes row) {
  return {{{"read the tokens", (n.staged > 0 ? n.tokens : 0) * row},
           {"write a copy per node to the send buffer (own node: to the receive buffer)", n.staged * row},
           {"NIC reads the send buffer", n.rails * row},
           {"NIC writes the receive buffer", n.rails_in * row},
           {"forwarder reads a row per destination GPU", n.forwarded * row},
           {"NVLink writes into this GPU's buffer", n.held * row},
           {"receiver reads its buffer", n.held * row},
           {"receiver writes the rows for the experts", n.held * row}}};
}

std::array<HbmStep, 8> combine_steps(const RowCounts& n, Bytes row) {
  return {{{"read the experts' rows", n.held * row},
           {"NVLink writes into this forwarder's buffer", n.forwarded * row},
           {"forwarder reads the rows to add", n.forwarded * row},
           {"forwarder writes one row per token to the send buffer", (n.staged - n.rails + n.rails_in) * row},
           {"NIC reads the send buffer", n.rails_in * row},
           {"NIC writes the receive buffer", n.rails * row},
           {"read a row per node", n.staged * row},
           {"write the tokens", n.tokens * row}}};
}

}  // namespace

std::array<HbmStep, 8> list_hbm_steps(const ExchangeShape& x) {
  const RowCounts n = count_rows(x);
  return x.kind == ExchangeKind::dispatch ? dispatch_steps(n, x.row) : combine_steps(n, x.row);
}

ExchangeBytes bytes_of(const ExchangeShape& x) {
  ExchangeBytes b;
  const Bytes rails = x.tokens * x.spread.remote_nodes * x.row,
              nvlink = x.tokens * x.spread.nvlink_copies * x.row;
  b.ib_out = rails;
  b.ib_in = rails * x.node_load;
  b.nvlink_out = nvlink * x.node_load;
  b.nvlink_in = nvlink * x.gpu_load;
  if (x.kind == ExchangeKind::combine) {  // the same way back
    std::swap(b.ib_out, b.ib_in);
    std::swap(b.nvlink_out, b.nvlink_in);
  }
  for (const HbmStep& step : list_hbm_steps(x)) b.hbm += step.moved;
  return b;
}

Seconds time_of(const ExchangeBytes& e, const LinkSpeeds& speeds) {
  return time_of(Traffic{e.ib_out, e.ib_in, e.nvlink_out, e.nvlink_in}, speeds);
}

Seconds copy_time(const ExchangeShape& x, double sms, const CopyRates& rates) {
  const Bandwidth rate = x.spread.remote_nodes == 0         ? rates.one_node
                         : x.kind == ExchangeKind::dispatch ? rates.dispatch
                                                            : rates.combine;
  return x.tokens * x.spread.gpus * x.gpu_load * x.row / (sms * rate);
}

Seconds time_on_sms(const ExchangeShape& x, const LinkSpeeds& speeds, double sms, const CopyRates& rates) {
  return std::max(time_of(bytes_of(x), speeds), copy_time(x, sms, rates));
}

Bandwidth logical_bandwidth(const ExchangeShape& x, Seconds time) {
  return x.tokens * x.spread.nodes * x.row / time;
}

}  // namespace foretrain::network
