#pragma once
// Published runs beside predictions of them: every row ends as an error, or as a reason why there is none.

#include <optional>
#include <string>
#include <vector>

#include "study/predict.hpp"
#include "study/run_library.hpp"
#include "study/run_parts.hpp"
#include "study/run_statistics.hpp"

namespace foretrain::study {

enum class Verdict : std::uint8_t {
  compared,      // measured and predicted
  too_large,     // was measured, but is predicted not to fit in memory: a finding of its own
  campaign,      // a whole run: GPU-hours instead of seconds
  not_measured,  // predicted, but the row has no figure of a step
  inexpressible
};
std::string_view name_of(Verdict verdict);

struct RunCheck {
  std::string id, set, model, gpu, layout, repro;
  std::string precision, gemms;  // as published; what its GEMMs were predicted in, "" when they were not
  std::int64_t gpus = 0, tensor = 0, pipeline = 0;
  double parameters = 0;
  Verdict verdict = Verdict::inexpressible;
  std::string reason;         // unless compared
  std::string measured_from;  // the row's key
  std::optional<double> measured_s, predicted_s, error;
  std::optional<double> measured_gpu_hours, predicted_gpu_hours, campaign_error;
  std::optional<double> measured_peak_gib, predicted_peak_gib;
};

struct SetCheck {
  std::string id, title;
  std::size_t rows = 0, full = 0, full_expressed = 0;  // full: says enough to configure a simulation
  ErrorStatistics all, first_half, second_half;
  std::size_t too_large = 0, inexpressible = 0;
};

struct RunsCheck {
  std::vector<RunCheck> rows;  // in file order
  std::vector<SetCheck> sets;  // that have rows; in file order
  ErrorStatistics all;
  std::vector<std::string> by;  // the keys of the parts
  std::vector<RunPart> parts;
  std::size_t full = 0, full_expressed = 0;
  std::string software;  // "" or the one profile that predicted all
};

struct RunsOptions {
  std::string software;         // one profile for all sets; "": each set's own
  std::string only;             // one set; "": all
  std::vector<std::string> by;  // keys of rows that cut the sets in parts
  unsigned threads = 1;         // the answer does not depend on it
};
RunsCheck validate_runs(const spec::PublishedRuns& runs, const RunLibrary& library,
                        const RunsOptions& options);

// One row with everything that it was made of.
struct RunDetail {
  RunCheck check;
  std::vector<spec::Setting> settings;
  std::optional<StepPrediction> prediction;
};
RunDetail look_at_run(const spec::PublishedRuns& runs, const spec::RunRow& row, const RunLibrary& library,
                      const std::string& software);

}  // namespace foretrain::study
