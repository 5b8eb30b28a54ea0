#include "cli/parse.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "cli/calibrate_trace.hpp"
#include "cli/check.hpp"
#include "cli/compare.hpp"
#include "cli/explain.hpp"
#include "cli/import_model.hpp"
#include "cli/parse_options.hpp"
#include "cli/run.hpp"
#include "cli/schedule.hpp"
#include "cli/validate.hpp"
#include "cli/validate_runs.hpp"
#include "cli/why.hpp"

namespace foretrain::cli {
namespace {

void add_schedule(CLI::App& app, Command& command) {
  CLI::App* sub =
      app.add_subcommand("schedule", "Run a pipeline schedule with given chunk times and draw it");
  const auto text = std::make_shared<ScheduleText>();
  const auto option = [sub](const char* name, std::optional<std::string>& value, const char* type,
                            const char* help) { add_text(*sub, name, value, type, help); };
  option("--schedule", text->schedule, "NAME",
         "gpipe, 1f1b, interleaved, zb1p (zb-h1), dualpipe or dualpipe-v");
  option("--stages", text->stages, "P",
         "stages of the model; dualpipe-v runs them on P/2 ranks, interleaved on P/V, the others on P");
  option("--virtual", text->virtual_stages, "V", "stages a rank holds; for interleaved, at least 2");
  option("--micro-batches", text->micro_batches, "N",
         "micro-batches of a step; for dualpipe those of both directions");
  option("--f", text->f, "TIME", "a forward chunk: a number with its unit, like 1ms (ns, us, ms, s)");
  option("--b", text->b, "TIME", "a full backward chunk: input gradient and weight gradient");
  option("--w", text->w, "TIME", "the weight gradient's part of it; gpipe, 1f1b and interleaved need none");
  option("--fb", text->fb, "TIME", "a forward overlapped with a backward; F + B if not given");
  option("--p2p", text->p2p, "TIME", "a message between two stages; free if not given");
  sub->add_flag("--share-port", text->share_port,
                "messages leaving a rank together share its port: two take twice as long");
  sub->add_flag("--wait-sends", text->wait_sends, "a rank's next chunk waits until its messages have left");
  sub->add_flag("--json", text->json, "print JSON");
  option("--svg", text->svg, "FILE", "write the picture, every chunk in it, to a file");
  sub->add_flag("--no-picture", text->no_picture, "leave out the picture in letters");
  sub->callback([text, &command] {
    command = [options = read_schedule_options(*text)](std::ostream& out) {
      return run_schedule(options, out);
    };
  });
}

void add_scenario(CLI::App& app, ScenarioOptions& options) {
  app.add_option("scenario", options.file, "the scenario's file")->type_name("FILE")->required();
  add_texts(app, "--set", options.set, "KEY=VALUE",
            "change a setting, as in plan.expert=32 or cluster.gpu=h100");
}

void add_run(CLI::App& app, Command& command) {
  CLI::App* sub =
      app.add_subcommand("run", "Predict what a scenario takes: time, GPU-hours, dollars and why");
  const auto options = std::make_shared<RunOptions>();
  add_scenario(*sub, options->scenario);
  sub->add_flag("--json", options->json, "print JSON, units in the key names");
  sub->add_flag("--details", options->details,
                "say also what was assumed, how rollouts are priced and where spreads come from");
  add_text(*sub, "--trace", options->trace_file, "FILE", "write the step as a trace that Perfetto opens");
  add_text(*sub, "--stage", options->stage, "NAME", "the stage whose step is traced; the first if not given");
  add_text(*sub, "--seed", options->scenario.seed, "N", "seed of all random draws");
  sub->add_flag("--unfold", options->unfold,
                "simulate the step once more with every GPU by itself, of all stages or of --stage alone");
  add_text(*sub, "--what", options->what, "QUESTION",
           "answer one question by experiments instead: stragglers, link-failure, skew or network");
  add_text(*sub, "--threads", options->threads, "N",
           "threads for both; all cores if not given, the answer is the same");
  sub->add_flag("--stats", options->stats, "print events and rates on standard error");
  sub->add_flag("--quick", options->quick, "leave out the experiments: no causes, no interval");
  sub->callback(
      [options, &command] { command = [options](std::ostream& out) { return run(*options, out); }; });
}

void add_check(CLI::App& app, Command& command) {
  CLI::App* sub =
      app.add_subcommand("check", "Read a scenario and say what was understood, or every mistake in it");
  const auto options = std::make_shared<ScenarioOptions>();
  add_scenario(*sub, *options);
  sub->callback([options, &command] {
    command = [options](std::ostream& out) { return check_scenario(*options, out); };
  });
}

void add_explain(CLI::App& app, Command& command) {
  CLI::App* sub =
      app.add_subcommand("explain", "Show every input with its source, or every op with its price");
  const auto options = std::make_shared<ExplainOptions>();
  add_scenario(*sub, options->scenario);
  sub->add_flag("--ops", options->ops,
                "list the ops of one GPU instead: shapes, FLOPs, bytes, times, sources");
  add_text(*sub, "--unit", options->unit, "NAME", "ops of one unit: embedding, dense_layer, moe_layer, ...");
  add_text(*sub, "--phase", options->phase, "NAME",
           "ops of one phase: forward, input_gradient, weight_gradient");
  add_text(*sub, "--stage", options->stage, "NAME",
           "ops or memory of this training stage; the first if not given");
  auto* memory = sub->add_flag("--memory-over-time", options->memory_over_time,
                               "show instead the memory of every pipeline rank through a step");
  sub->add_flag("--json", options->json, "print every change of the memory as JSON")->needs(memory);
  sub->add_option("--svg", options->svg_file, "write the memory through the step as a picture (SVG)")
      ->type_name("FILE")
      ->needs(memory);
  sub->callback(
      [options, &command] { command = [options](std::ostream& out) { return explain(*options, out); }; });
}

void add_why(CLI::App& app, Command& command) {
  CLI::App* sub =
      app.add_subcommand("why", "Trace a row of the step to ops, the prices behind them and their sources");
  const auto options = std::make_shared<WhyOptions>();
  add_scenario(*sub, options->scenario);
  sub->add_option("row", options->row,
                  "forward, backward, weight, overlapped, bubble, optimizer, exposed_communication or step")
      ->type_name("ROW")
      ->required();
  add_text(*sub, "--stage", options->stage, "NAME",
           "the stage whose step is asked about; the first if not given");
  sub->callback(
      [options, &command] { command = [options](std::ostream& out) { return why(*options, out); }; });
}

void add_compare(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("compare", "Put scenarios, or variants of one, side by side");
  const auto options = std::make_shared<CompareOptions>();
  sub->add_option("scenarios", options->files, "the scenarios' files; the first is compared with")
      ->type_name("FILE")
      ->required();
  add_texts(*sub, "--set", options->set, "KEY=VALUE", "change a setting in all of them");
  add_texts(*sub, "--with", options->with, "KEY=VALUE,...",
            "one more variant of each scenario, with these changes");
  sub->add_flag("--json", options->json, "print JSON, units in the key names");
  sub->callback(
      [options, &command] { command = [options](std::ostream& out) { return compare(*options, out); }; });
}

void add_validate_trace(CLI::App& sub, Command& command) {
  CLI::App* trace =
      sub.add_subcommand("trace", "The kernels of a traced overlapped pair, by class, and its time");
  const auto options = std::make_shared<ValidateTraceOptions>();
  options->scenario.file = "scenarios/deepseek-v3.yaml";
  const auto file = [trace](const char* name, std::string& value, const char* help) {
    trace->add_option(name, value, help)->type_name("FILE")->capture_default_str();
  };
  file("--scenario", options->scenario.file, "the scenario whose first stage the pair belongs to");
  file("--table", options->files.ops, "times of the traced ops by round");
  file("--beside", options->files.beside, "shares of those times beside communication");
  file("--rounds", options->files.rounds, "what was routed to the traced GPU in each round");
  file("--pair", options->files.pair, "wall time of the whole pair");
  add_text(*trace, "--gpu", options->gpu, "PART", "the scenario's GPU part, a name or a file");
  add_texts(*trace, "--set", options->scenario.set, "KEY=VALUE", "change a setting of the scenario");
  add_text(*trace, "--plot", options->plot_file, "FILE",
           "write predicted against measured as a picture (SVG)");
  trace->add_flag("--json", options->json, "print JSON, units in the key names");
  trace->callback([options, &command] {
    command = [options](std::ostream& out) { return validate_trace(*options, out); };
  });
}

void add_import_model(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("import-model", "Turn a Hugging Face config.json into a model file");
  const auto options = std::make_shared<ImportModelOptions>();
  sub->add_option("config", options->file, "the model's config.json")->type_name("FILE")->required();
  add_text(*sub, "--output,-o", options->output, "FILE", "the file to write; printed if not given");
  sub->callback([options, &command] {
    command = [options](std::ostream& out) { return import_model(*options, out); };
  });
}

void add_validate(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("validate", "Put measurements beside what foretrain says of them");
  add_validate_trace(*sub, command);
  add_validate_kernels(*sub, command);
  add_validate_layer(*sub, command);
  const auto options = std::make_shared<ValidateRunsOptions>();
  sub->add_option("runs", options->files, "files of measured runs, as tests/published/runs.yaml")
      ->type_name("RUNS");
  sub->add_option("--library", options->library, "the folder that holds models/ and topologies/")
      ->type_name("FOLDER")
      ->capture_default_str();
  add_text(*sub, "--software", options->software, "PROFILE", "predict every set with this software profile");
  add_text(*sub, "--only", options->only, "SET", "predict the rows of one set");
  add_texts(*sub, "--by", options->by, "KEY",
            "cut the sets in parts by a key of their rows, as --by gpu --by release");
  add_text(*sub, "--row", options->row, "ID", "show one row with all that it was made of");
  add_text(*sub, "--threads", options->threads, "N", "rows predicted at a time; all cores if not given");
  add_text(*sub, "--plot", options->plot_file, "FILE", "write predicted against measured as a picture (SVG)");
  sub->add_flag("--sets-only", options->sets_only, "leave out the single rows");
  sub->add_flag("--json", options->json, "print JSON, units in the key names");
  sub->add_flag("--stats", options->stats, "print CPU-seconds on standard error");
  sub->callback([sub, options, &command] {
    if (!sub->get_subcommands().empty()) return;  // validate trace, kernels, layer
    if (options->files.empty())
      throw SpecError({without_place("validate needs a file of runs, or the word trace, kernels or layer",
                                     "see foretrain validate --help")});
    const std::string& first = options->files.front();  // a file's name, or a slip of another word
    const std::string near = nearest_name(first, {"trace", "kernels", "layer"});
    if (!near.empty() && !std::filesystem::exists(first))
      throw SpecError({without_place(fmt::format("unknown command '{}'", first),
                                     fmt::format("did you mean '{}'?", near))});
    command = [options](std::ostream& out) { return validate_runs(*options, out); };
  });
}

std::string try_help(const CLI::App& app) {
  std::string words;
  for (const CLI::App* a = &app; a->get_parent() != nullptr; a = a->get_parent())
    words = fmt::format("{} {}", a->get_name(), words);
  return fmt::format("see foretrain {}--help", words);
}

// The command that was named, down to "trace" of "validate trace"; foretrain itself when none was.
const CLI::App& named(const CLI::App& app) {
  const auto subs = app.get_subcommands();
  return subs.empty() ? app : named(*subs.front());
}

// What CLI11 did not expect, explained with the nearest thing that it would have.
SpecError unexpected(const CLI::App& app) {
  const CLI::App& sub = named(app);
  const std::vector<std::string> rest = app.remaining(true);
  const std::string word = rest.empty() ? "" : rest.front().substr(0, rest.front().find('='));
  std::vector<std::string> known;
  const auto commands = sub.get_subcommands([](const CLI::App*) { return true; });
  if (!word.starts_with("-"))
    for (const CLI::App* s : commands) known.push_back(s->get_name());
  for (const CLI::Option* o : sub.get_options()) known.push_back(o->get_name());
  const std::string near = nearest_name(word, known);
  const std::string what = word.starts_with("-") ? "option" : commands.empty() ? "argument" : "command";
  return SpecError({without_place(fmt::format("unknown {} '{}'", what, word),
                                  near.empty() ? try_help(sub) : fmt::format("did you mean '{}'?", near))});
}

}  // namespace

Command parse(int argc, const char* const* argv) {
  CLI::App app{"Predicts what training a large model costs, and why, before a GPU is rented.", "foretrain"};
  Command command;
  for (const auto add :
       {add_run, add_check, add_explain, add_why, add_compare, add_validate, add_calibrate, add_schedule,
        add_topology, add_network, add_import_model, add_import_trace, add_export, add_import_chakra})
    add(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return [text = app.help()](std::ostream& out) {
      out << text;
      return 0;
    };
  } catch (const CLI::ExtrasError&) {
    throw unexpected(app);
  } catch (const CLI::ParseError& e) {
    throw SpecError({without_place(e.what(), try_help(named(app)))});
  }
  if (!command) throw SpecError({without_place("no command given", try_help(named(app)))});
  return command;
}

}  // namespace foretrain::cli
