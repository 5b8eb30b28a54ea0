#pragma once
// Joins the files of a scenario into one tree and applies overrides to it, before anything is read as a
// setting.
//
// Five places may hold a path instead of a map: model, cluster, cluster.gpu, cluster.nic and plan.software. A
// path is relative to the file it stands in; on the command line to the working folder. A bare name (h100)
// means NAME.yaml beside what stands there now, or in the folder parts/. A scenario, and each such file, may
// also be another one with changes:
//   base: deepseek-v3.yaml
//   set: {cluster: ../topologies/h100-2048.yaml, plan.precision: bf16}

#include <optional>
#include <string>
#include <vector>

#include "spec/context.hpp"

namespace foretrain::spec {

// A YAML file read and parsed, nothing included. `others`: the hint when it is missing and no name beside it
// is near.
std::optional<Node> load_file(Context& context, const std::string& path, Where asked_from = {},
                              const std::string& others = {});

// A file that stands alone, with its base.
std::optional<Node> load_part(Context& context, const std::string& path);

// A cluster's file that stands alone, its parts included: what a scenario would find under `cluster`.
std::optional<Node> load_cluster_tree(Context& context, const std::string& path);

// The scenario with its base, its includes and the overrides ("plan.expert=32"); nothing when the file itself
// is unreadable.
std::optional<Node> load_tree(Context& context, const std::string& path,
                              const std::vector<std::string>& overrides);

}  // namespace foretrain::spec
