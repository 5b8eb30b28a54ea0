#include "cli/calibrate_trace.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "base/diagnostic.hpp"
#include "calibrate/results_text.hpp"
#include "cli/calibrate_trace_text.hpp"
#include "cli/outputs.hpp"
#include "cli/parse_options.hpp"
#include "report/file.hpp"
#include "report/version.hpp"
#include "spec/load.hpp"
#include "spec/units_text.hpp"

namespace foretrain::cli {
namespace {

using namespace calibrate;

std::int64_t count_of(const char* option, const std::string& text, std::int64_t least, std::int64_t most) {
  const auto parsed = spec::parse_integer(text);
  if (!parsed.ok)
    throw SpecError({without_place(fmt::format("{}: {}", option, parsed.message), parsed.hint)});
  if (parsed.value < least || parsed.value > most)
    throw SpecError({without_place(fmt::format("{} {} is out of range", option, parsed.value),
                                   fmt::format("allowed: {} to {}", least, most))});
  return parsed.value;
}

std::optional<std::int64_t> count_of(const char* option, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return count_of(option, *text, 1, 1'000'000'000);
}

std::vector<std::size_t> rounds_of(const std::optional<std::string>& text, std::size_t count) {
  std::vector<std::size_t> rounds;
  if (!text) return rounds;
  for (std::size_t begin = 0; begin <= text->size();) {
    const auto comma = std::min(text->find(',', begin), text->size());
    const auto round = static_cast<std::size_t>(
        count_of("--rounds", text->substr(begin, comma - begin), 0, static_cast<std::int64_t>(count) - 1));
    if (std::find(rounds.begin(), rounds.end(), round) != rounds.end())
      throw SpecError({without_place(fmt::format("--rounds names round {} twice", round))});
    rounds.push_back(round);
    begin = comma + 1;
  }
  return rounds;
}

State state_of(const std::optional<std::string>& text) {
  if (!text) return State::verified;
  std::vector<std::string> names;
  for (const State state : {State::verified, State::unverified, State::synthetic}) {
    if (*text == name_of(state)) return state;
    names.emplace_back(name_of(state));
  }
  const auto near = nearest_name(*text, names);
  throw SpecError({without_place(
      fmt::format("--state '{}' is unknown", *text),
      near.empty() ? "verified, unverified or synthetic" : fmt::format("did you mean '{}'?", near))});
}

std::int64_t local_experts(const ImportTraceOptions& options, const TraceRules& rules,
                           const model::TransformerSpec& model) {
  if (rules.unit != model::Unit::moe_layer) return 0;
  if (model.moe.experts == 0)
    throw SpecError(
        {without_place(fmt::format("{} has no mixture-of-experts layers; the rules name one", model.name))});
  const auto ranks = count_of("--expert", options.expert);
  if (!ranks)
    throw SpecError(
        {without_place("how many GPUs share the experts of a layer?", "give --expert, as in --expert 64")});
  if (model.moe.experts % *ranks != 0)
    throw SpecError(
        {without_place(fmt::format("--expert {} does not divide {} experts", *ranks, model.moe.experts))});
  return model.moe.experts / *ranks;
}

}  // namespace

std::optional<Results> read_results(const ImportTraceOptions& options, std::ostream& out) {
  const TraceRules rules = load_trace_rules(options.rules);
  const model::TransformerSpec model = spec::load_model(options.model);
  const std::int64_t experts = local_experts(options, rules, model);
  const auto tokens = count_of("--tokens", options.tokens),
             sequence = count_of("--sequence", options.sequence);
  const State state = state_of(options.state);
  const Trace trace = read_trace(options.trace);
  const NamedTrace named = name_kernels(trace, rules);
  out << to_text({trace, rules, named});
  if (!named.reasons.empty() && !options.allow_unnamed) {
    out << "\nNothing is measured: name these kernels in the rules, or leave them out with "
           "--allow-unnamed.\n";
    return std::nullopt;
  }
  const ImportedPair pair = to_pair(named, rules, experts, tokens);
  if (trace.sms > 0 && pair.communication_sms >= trace.sms)
    throw SpecError(
        {in_file(trace.file,
                 fmt::format("an exchange kernel has {} blocks, which leave none of {} SMs to others",
                             pair.communication_sms, trace.sms),
                 "are these kernels' classes right in the rules, under communication: exchange?")});
  const auto rounds = rounds_of(options.rounds, pair.traced.rounds.size());
  out << to_text(pair, rules);
  if (options.ops) out << ops_text(pair.traced);
  const TracedPoints points = list_points(pair.traced, rules, model, sequence.value_or(pair.traced.tokens),
                                          pair.communication_sms, rounds);
  out << to_text(points);
  Results results = to_results(trace, points, state);
  results.device.version = std::string(report::version());
  return results;
}

void expect_device(const Results& results) {
  if (!results.device.name.empty() && results.device.sms > 0) return;
  throw SpecError(
      {in_file(results.file, "the trace does not say what GPU it is of, and how many SMs that has",
               "deviceProperties: name and numSms, as the PyTorch profiler writes them")});
}

int import_trace(const ImportTraceOptions& options, std::ostream& out) {
  check_outputs({{"-o", options.output}}, {options.trace, options.rules, options.model});
  const auto results = read_results(options, out);
  if (!results) return 1;
  if (!options.output) return 0;
  expect_device(*results);
  report::write_file(*options.output, to_csv(*results));
  out << fmt::format("\n{}: {} measurements\n", *options.output, results->points.size());
  return 0;
}

void add_trace_options(CLI::App& app, ImportTraceOptions& options) {
  add_text(app, "--expert", options.expert, "N", "GPUs that share the experts of a layer");
  add_text(app, "--tokens", options.tokens, "N",
           "tokens of a micro-batch, where no grid in the trace tells them");
  add_text(app, "--sequence", options.sequence, "N",
           "tokens of a sequence; those of the micro-batch if not given");
  add_text(app, "--rounds", options.rounds, "N,N",
           "which rounds (layers of the chunk, from 0); all if not given");
  add_text(app, "--state", options.state, "WORD",
           "verified (a job whose results are known to be right; the default), unverified or synthetic");
  app.add_flag("--allow-unnamed", options.allow_unnamed, "leave out kernels that no rule names");
}

void add_import_trace(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("import-trace", "Turn a PyTorch-profiler trace into measured kernels");
  const auto options = std::make_shared<ImportTraceOptions>();
  sub->add_option("trace", options->trace, "the trace, as torch.profiler exports it")
      ->type_name("FILE")
      ->required();
  sub->add_option("--rules", options->rules,
                  "how its kernels are told apart, as validate/rules/deepseek-v3.yaml")
      ->type_name("FILE")
      ->required();
  sub->add_option("--model", options->model, "the model that was traced")->type_name("FILE")->required();
  add_trace_options(*sub, *options);
  add_text(*sub, "--output,-o", options->output, "FILE", "write the measurements as a result file");
  sub->add_flag("--ops", options->ops, "print every op with its time in each round");
  sub->callback([options, &command] {
    command = [options](std::ostream& out) { return import_trace(*options, out); };
  });
}

}  // namespace foretrain::cli
