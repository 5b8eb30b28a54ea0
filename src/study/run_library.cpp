#include "study/run_library.hpp"

#include <filesystem>
#include <set>

#include "spec/load.hpp"

namespace foretrain::study {
namespace {

namespace fs = std::filesystem;

// Every value that rows, settings and GPU names give a key.
std::set<std::string> values_of(const std::string& key, const spec::PublishedRuns& runs,
                                const std::map<std::string, spec::RunFields>& gpus) {
  std::set<std::string> values;
  const auto take = [&](const spec::RunFields& fields) {
    if (fields.has(key)) values.insert(fields.text(key));
  };
  for (const auto& row : runs.rows) take(row.fields);
  for (const auto& set : runs.sets)
    for (const auto& rule : set.rules) take(rule.then);
  for (const auto& [name, fields] : gpus) take(fields);
  return values;
}

template <class Spec, class Load>
void load_named(const fs::path& folder, const std::set<std::string>& names, Load load,
                std::map<std::string, Spec>& into) {
  for (const std::string& name : names) {
    // A name is one of a file in this folder, never a path.
    if (name.find('/') != std::string::npos || name.find("..") != std::string::npos) continue;
    const fs::path path = folder / (name + ".yaml");
    if (std::error_code ignored; fs::is_regular_file(path, ignored)) into[name] = load(path.string());
  }
}

}  // namespace

RunLibrary load_library(const std::string& folder, const spec::PublishedRuns& runs,
                        const std::string& software) {
  const fs::path root = folder;
  RunLibrary library;
  library.gpus = spec::load_gpu_names((root / "topologies" / "gpus.yaml").string());
  const auto values = [&](const char* key) { return values_of(key, runs, library.gpus); };
  const fs::path parts = root / "topologies" / "parts";
  load_named(root / "models", values("model"), spec::load_model, library.models);
  load_named(parts, values("part"), spec::load_gpu, library.parts);
  load_named(parts, values("nic"), spec::load_nic, library.nics);
  auto profiles = values("software");
  if (!software.empty()) profiles.insert(software);
  load_named(root / "models" / "software", profiles, spec::load_software, library.software);
  return library;
}

}  // namespace foretrain::study
