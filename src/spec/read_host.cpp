#include "spec/read.hpp"

namespace foretrain::spec {

hardware::HostSpec read_host(Reader& reader) {
  hardware::HostSpec host;
  host.name = reader.text("name", "the host's name");
  host.memory_bandwidth = reader.sourced<Bandwidth>("memory_bandwidth", Measure::bandwidth,
                                                    "nominal rate of a node's host memory, all sockets");
  host.memory = reader.sourced<Bytes>("memory", Measure::memory, "host memory of a node");
  host.to_host =
      reader.sourced<Bandwidth>("to_host", Measure::bandwidth, "measured rate from one GPU to its host");
  host.to_gpu =
      reader.sourced<Bandwidth>("to_gpu", Measure::bandwidth, "measured rate from the host to one GPU");
  host.adam = reader.sourced<double>("adam", Measure::ratio,
                                     "share of memory_bandwidth that CPU Adam reaches", share());
  reader.finish();
  return host;
}

}  // namespace foretrain::spec
