#include <CLI/CLI.hpp>
#include <memory>

#include "cli/calibrate.hpp"
#include "cli/parse_options.hpp"

namespace foretrain::cli {
namespace {

CLI::Option* add_results(CLI::App& app, std::vector<std::string>& results, std::string& library) {
  CLI::Option* files = app.add_option("results", results, "result files of foretrain-bench, of one device")
                           ->type_name("RESULTS");
  app.add_option("--library", library, "the folder that holds topologies/")
      ->type_name("FOLDER")
      ->capture_default_str();
  return files;
}

}  // namespace

void add_calibrate(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("calibrate", "Turn measured kernels into the curves of a GPU part");
  const auto options = std::make_shared<CalibrateOptions>();
  add_results(*sub, options->results, options->library);
  add_text(*sub, "--from-trace", options->from_trace, "FILE",
           "measured kernels of a PyTorch-profiler trace, as import-trace reads them");
  add_text(*sub, "--rules", options->rules, "FILE", "of the trace: how its kernels are told apart");
  add_text(*sub, "--model", options->model, "FILE", "of the trace: the model that was traced");
  add_trace_options(*sub, options->trace);
  for (const char* name :
       {"--rules", "--model", "--expert", "--tokens", "--sequence", "--rounds", "--state", "--allow-unnamed"})
    sub->get_option(name)->needs("--from-trace");
  add_text(*sub, "--output,-o", options->output, "FILE", "the part to write; nothing is if not given");
  add_text(*sub, "--part", options->part, "PART",
           "the part to start from, a name or a file; the device's own if not given");
  add_text(*sub, "--onto", options->onto, "PART",
           "carry the curves to another part of the same die, a name or a file");
  add_text(*sub, "--host", options->host, "PART",
           "the node's host, a name or a file: measured copies make a host's part beside the GPU's");
  sub->get_option("--host")->excludes("--onto");
  add_texts(*sub, "--allow", options->allow, "STATE", "fit unverified or synthetic points too");
  sub->add_flag("--keep-worse", options->keep_worse,
                "replace curves of the part that meet the held-out points clearly better too");
  sub->add_flag("--json", options->json, "print JSON");
  sub->callback(
      [options, &command] { command = [options](std::ostream& out) { return calibrate(*options, out); }; });
}

void add_validate_kernels(CLI::App& validate, Command& command) {
  CLI::App* kernels =
      validate.add_subcommand("kernels", "Measured kernels beside what a part's curves say of them");
  const auto options = std::make_shared<ValidateKernelsOptions>();
  add_results(*kernels, options->results, options->library)->required();
  add_text(*kernels, "--gpu", options->gpu, "PART",
           "the part, a name or a file; the device's own if not given");
  add_text(*kernels, "--plot", options->plot_file, "FILE",
           "write predicted against measured as a picture (SVG)");
  kernels->add_flag("--json", options->json, "print JSON, units in the key names");
  kernels->callback([options, &command] {
    command = [options](std::ostream& out) { return validate_kernels(*options, out); };
  });
}

void add_validate_layer(CLI::App& validate, Command& command) {
  CLI::App* layer = validate.add_subcommand(
      "layer", "A measured MoE layer, by pass and by op, beside what a part says of it");
  const auto options = std::make_shared<ValidateLayerOptions>();
  add_results(*layer, options->results, options->library)->required();
  add_text(*layer, "--gpu", options->gpu, "PART",
           "the part, a name or a file; the device's own if not given");
  add_text(*layer, "--scenario", options->scenario, "FILE",
           "whose model, kernels and recomputation the layer has; DeepSeek-V3's if not given");
  add_texts(*layer, "--set", options->set, "KEY=VALUE", "change a setting of the scenario");
  add_text(*layer, "--plot", options->plot_file, "FILE",
           "write predicted against measured as a picture (SVG)");
  layer->add_flag("--json", options->json, "print JSON, units in the key names");
  layer->callback([options, &command] {
    command = [options](std::ostream& out) { return validate_layer(*options, out); };
  });
}

}  // namespace foretrain::cli
