#pragma once
// Traces and rules for tests: the published trace, reduced, and small ones written to a file of their own.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/diagnostic.hpp"
#include "calibrate/trace_pair.hpp"
#include "calibrate/trace_points.hpp"
#include "scratch.hpp"

namespace foretrain::testing {

inline const std::string trace_file = FORETRAIN_ROOT "/tests/published/deepseek_v3_trace_kernels.json";
inline const std::string rules_file = FORETRAIN_ROOT "/validate/rules/deepseek-v3.yaml";

// A file with this text, gone when the test is over.
class TextOnDisk {
 public:
  TextOnDisk(const std::string& name, const std::string& text) : path_(folder_.file(name)) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  const std::string& path() const { return path_; }

 private:
  Scratch folder_;
  std::string path_;
};

// What a function complains of.
template <class Do>
std::string complaint(Do run) {
  try {
    run();
  } catch (const SpecError& e) {
    return e.what();
  }
  return "no mistake found";
}

inline const calibrate::Trace& published_trace() {
  static const auto trace = calibrate::read_trace(trace_file);
  return trace;
}
inline const calibrate::TraceRules& published_rules() {
  static const auto rules = calibrate::load_trace_rules(rules_file);
  return rules;
}
inline const calibrate::NamedTrace& published_names() {
  static const auto named = calibrate::name_kernels(published_trace(), published_rules());
  return named;
}
inline const calibrate::ImportedPair& published_pair() {
  static const auto pair = calibrate::to_pair(published_names(), published_rules(), 4);
  return pair;
}

}  // namespace foretrain::testing
