// A GPU part's measured collectives: a map under `collectives`, or the path of a file that holds one,
// relative to the part.

#include <filesystem>

#include "spec/include.hpp"
#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

ProtocolRate read_protocol(Reader& parent, const std::string& name, const std::string& meaning) {
  ProtocolRate protocol;
  const auto* entry = parent.required(name, meaning + ": {base: 8 us, step: 1 us, rate: 300 GB/s}");
  if (entry == nullptr) return protocol;
  Reader reader(parent.context(), entry->value, parent.full(name), entry->where);
  protocol.base =
      Seconds::from_base(reader.measure("base", Measure::time, "fixed time of a collective", not_negative()));
  protocol.step =
      Seconds::from_base(reader.measure("step", Measure::time, "time of each step", not_negative()));
  protocol.rate = Bandwidth::from_base(reader.measure("rate", Measure::bandwidth, "rate of the data"));
  reader.finish();
  return protocol;
}

void read_nvls(Reader& parent, CollectiveRates& rates) {
  const auto* entry = parent.optional("nvls");
  if (entry == nullptr) return;
  Reader reader(parent.context(), entry->value, parent.full("nvls"), entry->where);
  rates.nvls_step = Seconds::from_base(reader.measure("step", Measure::time, "time of each rank"));
  rates.nvls_rate = Bandwidth::from_base(reader.measure("rate", Measure::bandwidth, "rate of the buffer"));
  rates.nvls_from = reader.integer("from", "ranks from which NCCL uses it", {2, 1024});
  reader.finish();
}

}  // namespace

CollectiveRates read_collective_rates(Reader& reader) {
  CollectiveRates rates;
  rates.ll = read_protocol(reader, "ll", "NCCL's protocol LL");
  rates.ll128 = read_protocol(reader, "ll128", "NCCL's protocol LL128");
  rates.simple = read_protocol(reader, "simple", "NCCL's protocol Simple");
  rates.simple_sharpness = reader.number("simple_sharpness", "1: latency adds to data; more: it hides");
  rates.own_share = reader.measure("own_share", Measure::ratio, "time of the rank's own piece", portion());
  rates.ll_up_to =
      Bytes::from_base(reader.measure("ll_up_to", Measure::memory, "buffer per rank below which LL is used"));
  rates.tree_share = reader.measure("tree_share", Measure::ratio,
                                    "rate of trees over more than two nodes, relative to one", share());
  read_nvls(reader, rates);
  rates.exchange_small = read_protocol(reader, "exchange_small", "all-to-all of small messages");
  rates.exchange = read_protocol(reader, "exchange", "all-to-all of large messages");
  rates.exchange_own_share =
      reader.measure("exchange_own_share", Measure::ratio, "time of the rank's own piece", portion());
  if (rates.simple_sharpness < 1)
    reader.context().error(reader.context().where_of(reader.full("simple_sharpness")),
                           "simple_sharpness must be at least 1", "1 adds latency and data");
  rates.from.source = reader.text("source", "the measurement behind these rates");
  rates.from.where = reader.context().origin(reader.where());
  if (reader.has("spread"))
    rates.from.spread =
        reader.measure("spread", Measure::ratio, "relative one sigma", {0, 1, false, "0 to 1"});
  reader.finish();
  return rates;
}

CollectiveRates read_collectives(Reader& part) {
  const auto* entry = part.optional("collectives");
  if (entry == nullptr) return {};
  Context& context = part.context();
  if (entry->value.kind == Node::Kind::map) {
    Reader reader(context, entry->value, part.full("collectives"), entry->where);
    return read_collective_rates(reader);
  }
  const auto* path = part.scalar_of(entry->value, "the path of measured collectives");
  if (path == nullptr) return {};
  const auto& text = context.text_of(entry->value.where.file);
  const auto folder =
      text.command_line ? std::filesystem::path() : std::filesystem::path(text.name).parent_path();
  const auto node = load_file(context, (folder / *path).lexically_normal().string(), entry->value.where);
  if (!node) return {};
  Reader reader(context, *node, part.full("collectives"), entry->where);
  return read_collective_rates(reader);
}

}  // namespace foretrain::spec
