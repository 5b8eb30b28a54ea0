#pragma once
// The files that published runs name: models, GPU parts, network cards, software profiles. Each is read once,
// before any row is predicted; a file that is not there is an answer about a row, a broken one is a mistake.

#include <map>
#include <string>
#include <vector>

#include "spec/runs.hpp"
#include "spec/scenario.hpp"

namespace foretrain::study {

struct RunLibrary {
  std::map<std::string, spec::RunFields> gpus;  // how publications call them
  std::map<std::string, model::TransformerSpec> models;
  std::map<std::string, hardware::GpuSpec> parts;
  std::map<std::string, hardware::NicSpec> nics;
  std::map<std::string, plan::SoftwareSpec> software;
};

// `folder` holds models/, models/software/ and topologies/, as the repository does. `software`: one profile
// for all, or "". Throws SpecError for a broken file.
RunLibrary load_library(const std::string& folder, const spec::PublishedRuns& runs,
                        const std::string& software = "");

}  // namespace foretrain::study
