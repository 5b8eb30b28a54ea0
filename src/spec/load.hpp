#pragma once
// From files to a typed, checked scenario; or to every mistake in them at once.
//
// The files may be anything at all: missing, binary, endless, hostile. The answer is a value or a SpecError,
// never a crash. Nothing is written. Formats: docs/describe.md and the files under models/, topologies/ and
// scenarios/.

#include <string>
#include <vector>

#include "spec/scenario.hpp"

namespace foretrain::spec {

// `overrides` are changes such as "plan.expert=32", "cluster.gpu=h100" or
// "stages.pre-training.sequence=8192", applied before anything is checked. Throws SpecError with every
// problem found (50 at most, then their number).
Scenario load(const std::string& path, const std::vector<std::string>& overrides = {});

// Parts that are useful alone.
model::TransformerSpec load_model(const std::string& path);
hardware::GpuSpec load_gpu(const std::string& path);
hardware::NicSpec load_nic(const std::string& path);
hardware::HostSpec load_host(const std::string& path);
CollectiveRates load_collectives(const std::string& path);
plan::SoftwareSpec load_software(const std::string& path);

}  // namespace foretrain::spec
