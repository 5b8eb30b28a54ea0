#include "study/run_software.hpp"

#include <fmt/format.h>

#include "study/run_words.hpp"

namespace foretrain::study {
namespace {

// The figure of a row, with the row as its source.
void replace(RunLookup& lookup, const char* key, Sourced<double>& value) {
  if (const auto stated = lookup.number(key)) value = {*stated, {"stated for the run", "row", 0}};
}

}  // namespace

tl::expected<plan::SoftwareSpec, std::string> software_of_run(RunLookup& lookup,
                                                              plan::SoftwareSpec software) {
  if (const auto word = lookup.word("exchange")) {
    const auto exchange = exchange_word(*word);
    if (!exchange) return tl::unexpected(fmt::format("exchange '{}' is not understood", *word));
    // The exchange of counts before each dispatch is part of the profile's own kernels, not of another's.
    if (*exchange != software.exchange) software.barrier = {seconds(0), {"stated for the run", "row", 0}};
    software.exchange = *exchange;
    software.kernels.expanded_dispatch = *exchange == plan::TokenExchange::all_to_all;
  }
  if (const auto word = lookup.word("cuda_graphs")) {
    const auto graphs = graphs_word(*word);
    if (!graphs) return tl::unexpected(fmt::format("cuda_graphs '{}' is not understood", *word));
    software.graphs = *graphs;
  }
  replace(lookup, "gradient_bytes", software.gradient_bytes);
  replace(lookup, "gathered_bytes", software.gathered_bytes);
  replace(lookup, "optimizer_bytes", software.optimizer_bytes);
  if (const auto word = lookup.word("eight_bit_weights")) software.eight_bit_weights = *word == "true";
  if (const auto word = lookup.word("current_scaling")) software.kernels.current_scaling = *word == "true";
  if (const auto word = lookup.word("accumulate_fp32")) software.kernels.accumulate_fp32 = *word == "true";
  return software;
}

}  // namespace foretrain::study
