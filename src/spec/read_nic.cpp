#include "spec/read.hpp"

namespace foretrain::spec {

hardware::NicSpec read_nic(Reader& reader) {
  hardware::NicSpec nic;
  nic.name = reader.text("name", "the network card's name");
  nic.line_rate = reader.sourced<Bandwidth>("line_rate", Measure::bandwidth, "nominal rate, one direction");
  nic.achieved = reader.sourced<Bandwidth>("achieved", Measure::bandwidth, "measured rate of large messages");
  if (reader.has("rings"))
    nic.rings =
        reader.sourced<Bandwidth>("rings", Measure::bandwidth, "bus bandwidth of NCCL's rings per card");
  if (const auto* entry = reader.required("latency", "{same_leaf: ..., cross_leaf: ...}"); entry != nullptr) {
    Reader latency(reader.context(), entry->value, reader.full("latency"), entry->where);
    nic.latency_same_leaf =
        latency.sourced<Seconds>("same_leaf", Measure::time, "end to end under one switch");
    nic.latency_cross_leaf =
        latency.sourced<Seconds>("cross_leaf", Measure::time, "end to end over three switches");
    latency.finish();
  }
  reader.finish();
  if (nic.achieved.value > nic.line_rate.value && nic.line_rate.value.base() > 0)
    reader.context().error(reader.context().where_of(reader.full("achieved")),
                           "the achieved rate is above the line rate",
                           "is one of them in bits and the other in bytes?");
  return nic;
}

}  // namespace foretrain::spec
