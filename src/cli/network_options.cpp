// From what was typed to the traffic it means, with one diagnostic a mistake.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/diagnostic.hpp"
#include "cli/network.hpp"
#include "cli/option_faults.hpp"
#include "spec/units_text.hpp"

namespace foretrain::cli {
namespace {

using study::TrafficPattern;

constexpr std::int64_t endpoints_most = 4'000'000;
constexpr std::int64_t experts_most = 65536;
constexpr std::size_t links_shown = 20;  // without a number
constexpr std::int64_t links_most = 4'000'000;
constexpr double largest_size = 1e15;  // bytes; a petabyte from one endpoint

class NetworkReading : public OptionFaults {
 public:
  // The place of a word among those known; 0 and a fault where it is none of them.
  std::size_t word(const char* option, const std::string& text, const std::vector<std::string>& known) {
    const auto at = std::find(known.begin(), known.end(), text);
    if (at != known.end()) return static_cast<std::size_t>(at - known.begin());
    const std::string near = nearest_name(text, known);
    fault(fmt::format("{} {} is not known", option, spec::in_quotes(text)),
          near.empty() ? fmt::format("use {}", fmt::join(known, ", "))
                       : fmt::format("did you mean '{}'?", near));
    return 0;
  }
  std::int64_t number(const char* option, const std::string& text, std::int64_t least, std::int64_t most) {
    const spec::Parsed<std::int64_t> number = spec::parse_integer(text);
    if (number.ok && number.value >= least && number.value <= most) return number.value;
    fault(
        fmt::format("{} {} is not a whole number from {} to {}", option, spec::in_quotes(text), least, most));
    return least;
  }
  void size(const std::optional<std::string>& text, Bytes& size) {
    if (!text) return fault("--bytes is missing", "for example --bytes 64MiB");
    const spec::Parsed<double> value = spec::parse_measure(*text, spec::Measure::memory);
    if (!value.ok) return fault(fmt::format("--bytes: {}", value.message), value.hint);
    if (value.value >= 1 && value.value <= largest_size) {
      size = bytes(value.value);
      return;
    }
    fault(fmt::format("--bytes {} is not between 1 B and {:.0f} TB", spec::in_quotes(*text),
                      largest_size / 1e12));
  }
};

template <class Enum, std::size_t count>
std::vector<std::string> names() {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.emplace_back(study::name_of(static_cast<Enum>(i)));
  return all;
}
using LinkKind = decltype(study::NetworkLevel::kind);
using Routing = decltype(study::Traffic::routing);

void read_efficiency(NetworkReading& reading, const std::string& text, study::Traffic& traffic) {
  const std::size_t cut = text.find('=');
  if (cut == std::string::npos)
    return reading.fault(fmt::format("--efficiency {} is not KIND=SHARE", spec::in_quotes(text)),
                         "for example --efficiency nic=0.9");
  const std::size_t kind =
      reading.word("--efficiency", text.substr(0, cut),
                   names<LinkKind, std::tuple_size_v<decltype(traffic.efficiency.of)>>());
  const spec::Parsed<double> share = spec::parse_measure(text.substr(cut + 1), spec::Measure::ratio);
  if (!share.ok) return reading.fault(fmt::format("--efficiency: {}", share.message), share.hint);
  if (share.value <= 0 || share.value > 1)
    return reading.fault(fmt::format("--efficiency {} is not above 0 and at most 1", spec::in_quotes(text)));
  traffic.efficiency.of[kind] = share.value;
}

void read_experts(NetworkReading& reading, const NetworkText& text, study::Traffic& traffic) {
  const auto read = [&](const char* option, const std::optional<std::string>& typed, std::int64_t& value) {
    if (!typed) return;
    value = reading.number(option, *typed, 1, experts_most);
    if (traffic.pattern != TrafficPattern::dispatch)
      reading.fault(fmt::format("{} has a meaning only for --pattern dispatch", option));
  };
  read("--experts", text.experts, traffic.experts.experts);
  read("--top-k", text.top_k, traffic.experts.top_k);
  read("--groups", text.groups, traffic.experts.groups);
  read("--top-groups", text.top_groups, traffic.experts.top_groups);
}

}  // namespace

NetworkRequest read_request(const NetworkText& text) {
  NetworkReading reading;
  NetworkRequest request;
  study::Traffic& traffic = request.traffic;
  const auto patterns = names<TrafficPattern, 6>();
  if (!text.pattern)
    reading.fault("--pattern is missing", fmt::format("use {}", fmt::join(patterns, ", ")));
  else
    traffic.pattern = static_cast<TrafficPattern>(reading.word("--pattern", *text.pattern, patterns));
  reading.size(text.bytes, traffic.size);
  if (text.endpoints)
    traffic.endpoints =
        static_cast<std::uint32_t>(reading.number("--endpoints", *text.endpoints, 2, endpoints_most));
  if (text.routing)
    traffic.routing = static_cast<Routing>(reading.word("--routing", *text.routing, names<Routing, 4>()));
  if (text.seed)
    traffic.seed = static_cast<std::uint64_t>(
        reading.number("--seed", *text.seed, 0, std::numeric_limits<std::int64_t>::max()));
  if (text.network)
    traffic.fidelity =
        static_cast<study::NetworkFidelity>(reading.word("--network", *text.network, {"flow", "analytic"}));
  for (const std::string& efficiency : text.efficiency) read_efficiency(reading, efficiency, traffic);
  read_experts(reading, text, traffic);
  if (text.links)
    request.links = text.links->empty()
                        ? links_shown
                        : static_cast<std::size_t>(reading.number("--links", *text.links, 1, links_most));
  reading.give_up_if_faulty();
  return request;
}

}  // namespace foretrain::cli
