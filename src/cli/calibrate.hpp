#pragma once
// `foretrain calibrate` and `foretrain validate kernels`: what a GPU's own kernels say of a part's curves.

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/calibrate_trace.hpp"

namespace foretrain::cli {

struct CalibrateOptions {
  std::vector<std::string> results;
  std::optional<std::string> from_trace;  // measured kernels too, read with `rules`, `model` and `trace`
  std::optional<std::string> rules, model;
  ImportTraceOptions trace;           // how; its files are those above
  std::optional<std::string> output;  // absent: fitted and shown, nothing written
  std::optional<std::string> part;    // absent: the device's own, by topologies/gpus.yaml
  std::optional<std::string> onto;    // another part of the same die, which the curves are carried to
  std::optional<std::string> host;    // whose rates of copies are written beside the part
  std::string library = ".";
  std::vector<std::string> allow;  // "unverified", "synthetic"
  bool keep_worse = false;         // curves that the base's beat too
  bool json = false;
};

// 1 when no curve could be fitted: then nothing is written.
int calibrate(const CalibrateOptions& options, std::ostream& out);

struct ValidateKernelsOptions {
  std::vector<std::string> results;
  std::optional<std::string> gpu;
  std::string library = ".";
  std::optional<std::string> plot_file;
  bool json = false;
};

struct ValidateLayerOptions {
  std::vector<std::string> results;
  std::optional<std::string> gpu;
  std::string library = ".";
  std::optional<std::string> scenario;  // absent: DeepSeek-V3's
  std::vector<std::string> set;         // changes to it
  std::optional<std::string> plot_file;
  bool json = false;
};

// Always 0: a miss is a finding.
int validate_layer(const ValidateLayerOptions& options, std::ostream& out);

int validate_kernels(const ValidateKernelsOptions& options, std::ostream& out);

}  // namespace foretrain::cli
