#include "cli/import_model.hpp"

#include <fmt/core.h>

#include <ostream>

#include "cli/outputs.hpp"
#include "report/file.hpp"
#include "report/model_yaml.hpp"
#include "spec/import_model.hpp"

namespace foretrain::cli {

int import_model(const ImportModelOptions& options, std::ostream& out) {
  check_outputs({{"-o", options.output}}, {options.file});
  const auto imported = spec::import_model(options.file);
  const auto text = report::to_yaml(imported.model, imported.notes);
  if (!options.output) {
    out << text;
    return 0;
  }
  report::write_file(*options.output, text);
  const auto count = model::count_parameters(imported.model);
  out << fmt::format("{}: {}, {:.2f} B parameters\n", *options.output, imported.model.name,
                     count.total / 1e9);
  for (const auto& note : imported.notes) out << fmt::format("  note: {}\n", note);
  return 0;
}

}  // namespace foretrain::cli
