#pragma once
// Training runs that others measured: which model, GPU, layout and batch, and how long a step took or how
// fast it was. One file holds sets of runs (a paper, a repository) and what each set leaves unsaid, as
// visible data with its source. A laboratory's own file of the same form is read the same way.
//
//   sets:   id -> title, address, figure (what its TFLOP/s or MFU count), settings (see RunRule), table (a
//   CSV) models: id -> dimensions, for models without a file of their own runs:   a list of rows; keys that
//   are not printed are absent, not 1
//
// A row is kept as it was written: keys with texts that passed the check of their kind (run_keys.hpp), so
// that what a row says is told apart from what was assumed. Left out here: what the keys mean
// (study/run_scenario).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace foretrain::spec {

struct RunField {
  std::string key, text;
  std::string origin;  // "tests/published/runs.yaml:93"
};

// Keys with their values. The numbers are those that the reader has checked.
struct RunFields {
  std::vector<RunField> fields;

  const RunField* find(const std::string& key) const;
  bool has(const std::string& key) const { return find(key) != nullptr; }
  std::string text(const std::string& key) const;  // "" when absent
  std::optional<double> number(const std::string& key) const;
  std::optional<std::int64_t> count(const std::string& key) const;
};

struct RunRow {
  std::string id, set, origin;
  RunFields fields;
};

// Settings for the rows of a set that do not print them, where all of `when` is what the row says (a key that
// stands there several times: one of its values). Of several rules that give a key the first counts.
struct RunRule {
  RunFields when, then;
  std::string source;
};

// What the TFLOP/s or MFU of a set count.
struct FigureDefinition {
  bool recomputed = false;  // the forward repeated under full recompute too (hardware FLOPs)
  bool causal = false;      // half of the attention matrix, else all of it
  std::string source;       // "" when the file does not say; model FLOPs and full attention stand in
};

struct RunSet {
  std::string id, title, address, commit, confidence;
  FigureDefinition figure;
  std::vector<RunRule> rules;
};

struct PublishedRuns {
  std::vector<RunSet> sets;                    // in file order
  std::map<std::string, RunFields> models;     // dimensions by id
  std::vector<RunRow> rows;                    // in file order, ids unlike one another
  std::map<std::string, std::int64_t> unread;  // keys of rows that mean nothing here, with their number
  std::vector<std::string> files;

  const RunSet& set_of(const RunRow& row) const;
};

// Several files together. Throws SpecError with every mistake in them.
PublishedRuns load_runs(const std::vector<std::string>& paths);

// How GPUs are called in publications, and what stands around them there: part, GPUs a node, NIC, and what
// runs of that generation use where their set does not say (topologies/gpus.yaml).
std::map<std::string, RunFields> load_gpu_names(const std::string& path);

}  // namespace foretrain::spec
