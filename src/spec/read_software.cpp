#include "spec/read.hpp"

namespace foretrain::spec {

plan::SoftwareSpec read_software(Reader& reader) {
  plan::SoftwareSpec software;
  software.name = reader.text("name", "the software profile's name");
  software.source = reader.text("source", "whose software it describes");
  software.communication_sms =
      reader.sourced_count("communication_sms", "SMs that communication holds inside a pair", {0, 1000});
  software.p2p_waits =
      reader.sourced_flag("p2p_waits", "whether a chunk waits for the sends of the last one");
  software.routing_spread =
      reader.sourced<double>("routing_spread", Measure::ratio, "relative standard deviation of rows on a GPU",
                             {0, 1, false, "0 to 1 (0 % to 100 %)"});
  if (const auto* entry =
          reader.required("overlapped_rate", "{dispatch, dispatch_gradient, combine, combine_gradient}");
      entry != nullptr) {
    Reader rate(reader.context(), entry->value, reader.full("overlapped_rate"), entry->where);
    const std::string meaning = "rate beside compute, relative to the rate alone";
    software.overlapped_dispatch = rate.sourced<double>("dispatch", Measure::ratio, meaning, share());
    software.overlapped_dispatch_gradient =
        rate.sourced<double>("dispatch_gradient", Measure::ratio, meaning, share());
    software.overlapped_combine = rate.sourced<double>("combine", Measure::ratio, meaning, share());
    software.overlapped_combine_gradient =
        rate.sourced<double>("combine_gradient", Measure::ratio, meaning, share());
    rate.finish();
  }
  software.barrier =
      reader.sourced<Seconds>("barrier", Measure::time, "fixed time of the counts exchange", not_negative());
  software.kernel_jitter = reader.sourced<double>(
      "kernel_jitter", Measure::ratio, "relative standard deviation of a compute block's time", portion());
  software.exchange_hbm = reader.sourced<double>(
      "exchange_hbm", Measure::ratio, "share of HBM bandwidth lost to compute beside an all-to-all", portion());
  software.memory_reserve =
      reader.sourced<Bytes>("memory_reserve", Measure::memory,
                            "GPU memory held by context, libraries and allocator", not_negative());
  reader.finish();
  return software;
}

}  // namespace foretrain::spec
