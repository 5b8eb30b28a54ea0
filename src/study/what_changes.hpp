#pragma once
// The rows of each question: what is changed, as data (what.cpp turns them into time).

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cluster/share_fabric.hpp"
#include "cluster/unfolded.hpp"
#include "spec/scenario.hpp"

namespace foretrain::study {

struct WhatParts {  // that a question may replace
  hardware::GpuSpec gpu;
  hardware::NicSpec nic;
  topology::ClusterSpec cluster;
};

// How the fabric is used. Hashes and places are drawn: then the row is the mean of `draws` steps.
struct FabricChange {
  topology::Routing routing = topology::Routing::static_rule;
  bool at_random = false;  // nodes over the leaves

  std::size_t draws() const { return at_random || routing == topology::Routing::ecmp ? 3 : 1; }
};

struct WhatChange {
  std::string name;
  std::function<void(cluster::Unevenness&)> uneven;  // or
  std::function<void(WhatParts&)> parts;
  bool keeps_draws = true;  // of rows: only the replicas that it reaches need be simulated again
  std::optional<FabricChange> fabric = std::nullopt;  // beside `parts`
};

struct WhatQuestion {
  std::string title;
  std::vector<WhatChange> changes;
  std::vector<std::string> notes;
};

WhatQuestion list_changes(const spec::Scenario& scenario, const cluster::ClusterShape& shape,
                          const std::string& question);

}  // namespace foretrain::study
