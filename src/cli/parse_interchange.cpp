#include <CLI/CLI.hpp>
#include <memory>

#include "cli/export.hpp"
#include "cli/import_chakra.hpp"
#include "cli/parse_options.hpp"

namespace foretrain::cli {

void add_export(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("export", "Write one step for other simulators: Chakra traces or GOAL");
  const auto text = std::make_shared<ExportText>();
  sub->add_option("scenario", text->scenario.file, "the scenario's file")->type_name("FILE")->required();
  add_texts(*sub, "--set", text->scenario.set, "KEY=VALUE",
            "change a setting, as in plan.expert=32 or cluster.gpu=h100");
  add_text(*sub, "--chakra", text->chakra, "FOLDER", "write MLCommons Chakra execution traces, one a rank");
  add_text(*sub, "--goal", text->goal, "FILE", "write GOAL, the text that LogGOPSim's txt2bin reads");
  add_text(*sub, "--stage", text->stage, "NAME", "the stage whose step is exported; the first if not given");
  add_text(*sub, "--ranks", text->ranks, "pipeline|all",
           "one rank for each pipeline rank, collectives folded into times (the default), or every GPU");
  add_text(*sub, "--level", text->level, "chunk|segment|op",
           "a node for each chunk (the default), for each segment between exchanges, or for each op");
  add_text(*sub, "--micro-batches", text->micro_batches, "N",
           "micro-batches of the step; the stage's if not given");
  add_text(*sub, "--time-unit", text->time_unit, "ns|ps", "of GOAL's calc; ns if not given");
  sub->add_flag("--force", text->force, "write more than 1 GB");
  sub->add_flag("--json", text->json, "print JSON, units in the key names");
  sub->callback(
      [text, &command] { command = [text](std::ostream& out) { return export_step(*text, out); }; });
}

void add_import_chakra(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("import-chakra", "Read Chakra traces of all ranks, check and run them");
  const auto text = std::make_shared<ImportChakraText>();
  sub->add_option("prefix", text->prefix, "PREFIX of files PREFIX.0.et, PREFIX.1.et, ..., or their folder")
      ->type_name("PREFIX")
      ->required();
  add_text(*sub, "--nic", text->nic, "RATE",
           "time messages and collectives by this rate, like '50 GB/s', not by the times in the traces");
  add_text(*sub, "--latency", text->latency, "TIME", "of each message and collective, with --nic");
  sub->add_flag("--json", text->json, "print JSON, units in the key names");
  sub->callback(
      [text, &command] { command = [text](std::ostream& out) { return import_chakra(*text, out); }; });
}

}  // namespace foretrain::cli
