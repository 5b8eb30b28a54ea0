#pragma once
// The rows of `--what network`: other links, and other fabrics, routings and places of the nodes, each with
// the step's flows carried over it (cluster/share_fabric.hpp).

#include "study/what_changes.hpp"

namespace foretrain::study {

WhatQuestion network_changes(const spec::Scenario& scenario);

}  // namespace foretrain::study
