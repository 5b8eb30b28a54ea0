#include "cli/calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <sstream>
#include <utility>

#include "base/diagnostic.hpp"
#include "calibrate/carry.hpp"
#include "calibrate/find_part.hpp"
#include "calibrate/overhead.hpp"
#include "calibrate/read_results.hpp"
#include "calibrate/write_part.hpp"
#include "cli/outputs.hpp"
#include "cli/scenario_options.hpp"
#include "cluster/step.hpp"
#include "report/file.hpp"
#include "report/text_calibrate.hpp"
#include "report/text_layer.hpp"
#include "spec/load.hpp"
#include "study/stage.hpp"

namespace foretrain::cli {
namespace {

std::string find_part(const std::optional<std::string>& named, const calibrate::Results& results,
                      const std::string& library) {
  return named ? calibrate::part_path(*named, library)
               : calibrate::part_of_device(results.device.name, library);
}

// Only measurements become curves, unless somebody says that others may.
void check_states(const std::vector<calibrate::Results>& all, const std::vector<std::string>& allowed) {
  for (const auto& word : allowed) find_name("state", word, {"unverified", "synthetic"});
  std::vector<Diagnostic> refused;
  for (const auto& results : all) {
    const std::string state(calibrate::name_of(results.device.state));
    if (results.device.state == calibrate::State::verified ||
        std::find(allowed.begin(), allowed.end(), state) != allowed.end())
      continue;
    Diagnostic d =
        without_place(fmt::format("the state of this file is {}: no curve is made of it", state),
                      fmt::format("--allow {} uses it all the same, and the curves will say so", state));
    d.file = results.file;
    refused.push_back(std::move(d));
  }
  if (!refused.empty()) throw SpecError(std::move(refused));
}

// Each file's rows without the overhead that it measured.
std::vector<calibrate::Results> read_net(const std::vector<std::string>& paths) {
  auto all = calibrate::read_results(paths);
  for (auto& results : all) results = calibrate::without_overhead(std::move(results));
  return all;
}

// Result files first, then the trace. Nothing when the trace has kernels without a name, whose tables then
// say which.
std::optional<std::vector<calibrate::Results>> read_all(const CalibrateOptions& options, std::ostream& out) {
  auto all = read_net(options.results);
  if (!options.from_trace) return all;
  for (const auto& [name, value] : {std::pair{"--rules", &options.rules}, {"--model", &options.model}})
    if (!*value)
      throw SpecError({without_place(fmt::format("--from-trace needs {}", name),
                                     "a trace holds no shapes: see foretrain import-trace --help")});
  ImportTraceOptions trace = options.trace;
  trace.trace = *options.from_trace;
  trace.rules = *options.rules;
  trace.model = *options.model;
  std::ostringstream tables;  // import-trace shows them; here they matter when something has no name
  auto traced = read_results(trace, tables);
  if (!traced) {
    out << tables.str();
    return std::nullopt;
  }
  expect_device(*traced);
  all.push_back(std::move(*traced));
  return all;
}

// Everything is made before anything is written.
std::vector<std::string> write_all(const CalibrateOptions& options, const calibrate::Calibration& calibration,
                                   const std::string& part, const std::vector<std::string>& inputs) {
  std::vector<std::string> written;
  if (!options.output) return written;
  std::vector<report::FileText> files;
  if (calibration.kept() > 0)
    for (auto& file : calibrate::write_part(calibration, part, *options.output))
      files.push_back({std::move(file.path), std::move(file.text)});
  if (options.host) {
    const std::string base = calibrate::part_path(*options.host, options.library);
    spec::load_host(base);  // a mistake in it is told here and not when the part is used
    if (auto host = calibrate::write_host(calibration, base, *options.output))
      files.insert(files.begin(), {std::move(host->path), std::move(host->text)});
  }
  for (const auto& file : files) check_outputs({{"-o", file.path}}, inputs);  // tables beside the part too
  report::write_files(files);
  for (const auto& file : files) written.push_back(file.path);
  return written;
}

}  // namespace

int calibrate(const CalibrateOptions& options, std::ostream& out) {
  if (options.results.empty() && !options.from_trace)
    throw SpecError({without_place("calibrate needs result files, or a trace with --from-trace",
                                   "see foretrain calibrate --help")});
  auto inputs = options.results;
  for (const auto& input : {options.from_trace, options.rules, options.model})
    if (input) inputs.push_back(*input);
  if (options.part && options.onto) inputs.push_back(calibrate::part_path(*options.part, options.library));
  check_outputs({{"-o", options.output}}, inputs);
  const auto read = read_all(options, out);
  if (!read) return 1;
  check_states(*read, options.allow);
  const auto results = calibrate::join(*read);
  const std::string part = find_part(options.part, results, options.library);
  const auto calibration = calibrate::calibrate(results, spec::load_gpu(part), options.keep_worse);
  std::string base = part;
  auto result = calibration;
  if (options.onto) {
    base = calibrate::part_path(*options.onto, options.library);
    result = calibrate::carry(std::move(result), spec::load_gpu(base));
  }
  const auto written = write_all(options, result, base, inputs);
  if (options.json) {
    out << report::to_json(calibration, written, options.onto ? result.base.name : "");
  } else {
    out << report::to_text(calibration);
    if (options.onto) out << report::carried_text(calibration, result);
    for (const auto& path : written) out << fmt::format("wrote {}\n", path);
    if (result.kept() == 0) out << "no curve could be fitted: nothing to write\n";
  }
  return result.kept() > 0 ? 0 : 1;
}

int validate_kernels(const ValidateKernelsOptions& options, std::ostream& out) {
  check_outputs({{"--plot", options.plot_file}}, options.results);
  const auto results = calibrate::join(read_net(options.results));
  const auto gpu = spec::load_gpu(find_part(options.gpu, results, options.library));
  const auto check = calibrate::check_kernels(results, gpu);
  if (options.plot_file) report::write_file(*options.plot_file, report::kernels_svg(check));
  out << (options.json ? report::to_json(check) : report::to_text(check));
  return 0;
}

int validate_layer(const ValidateLayerOptions& options, std::ostream& out) {
  check_outputs({{"--plot", options.plot_file}}, options.results);
  const auto results = calibrate::join(read_net(options.results));
  const auto gpu = spec::load_gpu(find_part(options.gpu, results, options.library));
  const auto scenario =
      load({options.scenario.value_or(options.library + "/scenarios/deepseek-v3.yaml"), options.set, {}});
  const auto step = study::step_spec(scenario, scenario.stages.front());
  const auto check = calibrate::check_layer(results, gpu, scenario.model, cluster::prepare(step).inputs.work);
  if (options.plot_file) report::write_file(*options.plot_file, report::layer_svg(check));
  out << (options.json ? report::to_json(check) : report::to_text(check));
  return 0;
}

}  // namespace foretrain::cli
