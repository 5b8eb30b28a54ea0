#include "cli/import_chakra.hpp"

#include <fmt/core.h>

#include <ostream>

#include "base/diagnostic.hpp"
#include "cli/export_text.hpp"
#include "cli/progress.hpp"
#include "interchange/verify.hpp"
#include "spec/units_text.hpp"

namespace foretrain::cli {
namespace {

interchange::ReplayRates read_rates(const ImportChakraText& text) {
  std::vector<Diagnostic> faults;
  const auto read = [&](const char* option, const std::string& typed, spec::Measure measure, double least,
                        double most, const char* allowed) {
    const auto value = spec::parse_measure(typed, measure);
    if (!value.ok)
      faults.push_back(without_place(fmt::format("{}: {}", option, value.message), value.hint));
    else if (value.value < least || value.value > most)
      faults.push_back(without_place(fmt::format("{} {} is out of range", option, spec::in_quotes(typed)),
                                     fmt::format("allowed: {}", allowed)));
    return value.ok ? value.value : 0.0;
  };
  interchange::ReplayRates rates;
  if (text.nic)
    rates.nic =
        Bandwidth::from_base(read("--nic", *text.nic, spec::Measure::bandwidth, 1, 1e30, "1 B/s or more"));
  if (text.latency)
    rates.latency = seconds(read("--latency", *text.latency, spec::Measure::time, 0, 1, "0 s to 1 s"));
  if (text.latency && !text.nic)
    faults.push_back(without_place("--latency needs --nic", "without it the times in the traces count"));
  if (!faults.empty()) throw SpecError(faults);
  return rates;
}

void verify_files(const interchange::ChakraFiles& files) {
  constexpr std::size_t most = 10;
  const auto found = interchange::faults_of(files.workload);
  std::vector<Diagnostic> faults;
  for (const auto& fault : found) {
    if (faults.size() == most) {
      faults.push_back(without_place(fmt::format("and {} more", found.size() - most)));
      break;
    }
    Diagnostic d;
    d.file = files.prefix;
    d.message = fault;
    faults.push_back(d);
  }
  if (!faults.empty()) throw SpecError(faults);
}

}  // namespace

int import_chakra(const ImportChakraText& text, std::ostream& out) {
  const auto rates = read_rates(text);
  const Progress progress("reading " + text.prefix);
  const auto files = interchange::read_chakra_files(text.prefix);
  verify_files(files);
  const Imported imported{files, rates, interchange::replay(files.workload, rates)};
  if (!imported.replay.stopped.empty()) {
    out << fmt::format("{} never comes to its end: {}\n", files.prefix, imported.replay.stopped);
    return 1;
  }
  out << (text.json ? to_json(imported) : to_text(imported));
  return 0;
}

}  // namespace foretrain::cli
