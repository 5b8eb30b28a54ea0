#pragma once
// `foretrain import-model`: a Hugging Face config.json becomes a model file.

#include <iosfwd>
#include <optional>
#include <string>

namespace foretrain::cli {

struct ImportModelOptions {
  std::string file;
  std::optional<std::string> output;  // absent: standard output
};

int import_model(const ImportModelOptions& options, std::ostream& out);

}  // namespace foretrain::cli
