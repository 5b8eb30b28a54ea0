#pragma once
// A public trace of one overlapped pair beside what foretrain says of it: kernels by class and by block, the
// all-to-all, and the pair's wall time. A finding, never an input.
//
// Where a curve or a rate was fitted on some rounds of the trace, only the other rounds judge it. A
// prediction without the trace is given beside it wherever another source exists; it is judged where that
// source measured such kernels, and not where it is a bound of their rate or derived from other kernels.
//
// Prices mix alone and beside an exchange as the simulated pair did (traced_pair.hpp). Left out: the waits
// inside the barriers before exchanges, which depend on what the other GPUs received.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "spec/scenario.hpp"
#include "spec/trace_tables.hpp"

namespace foretrain::study {

inline constexpr double class_aim = 0.15, pair_aim = 0.08;  // largest error asked for
inline constexpr int peer_draws = 16;

struct Estimate {
  Seconds predicted{}, measured{};
  std::optional<double> error() const;  // relative and signed; nothing where nothing was measured
  bool within(double aim) const;        // of what was measured
};

enum class Without : std::uint8_t { none, bound, measured };  // what prices kernels without the trace
std::string_view name_of(Without source);

struct ClassCheck {
  std::string name;
  double share = 0;            // of the compute that was measured
  bool judged = true;          // false: starved kernels, which no price of a kernel describes
  Seconds durations{};         // measured, kernel by kernel; more than `all.measured` where two run at once
  Estimate all;                // every round
  std::vector<int> fitted_on;  // rounds behind its curves; none: independent of the trace
  std::optional<Estimate> held_out;  // the other rounds, when there are fitted ones
  Without source = Without::none;    // behind most of its time
  std::optional<Estimate> without;   // every round, without the trace; absent: no other source
  bool aimed_at() const { return judged && source == Without::measured; }
};

struct BlockCheck {
  std::string name;
  Estimate all;
};

struct ExchangeCheck {
  std::string name;
  Estimate beside;  // at the rates beside compute, every round
  std::vector<int> fitted_on;
  std::optional<Estimate> held_out;
  Estimate alone;  // at the rates of the same kernels without compute beside them
};

struct PairCheck {
  std::string name;
  bool judged = true;  // false: bounds stand for curves
  Estimate wall;
  Seconds compute{};                        // busy, gaps between launches included
  Seconds peers_mean{}, peers_deviation{};  // wall with drawn peers, over the seeds
};

struct TraceCheck {
  std::size_t rounds = 0;
  std::int64_t tokens = 0;
  std::vector<ClassCheck> classes;  // largest first
  Estimate compute;                 // all of them that are judged
  Estimate compute_measured;        // the same without the trace, where such kernels were measured elsewhere
  Estimate compute_bound;           // the same, where only a bound exists
  std::vector<BlockCheck> blocks;
  std::vector<ExchangeCheck> exchanges;
  Seconds notify{};    // measured: barriers, waits for peers included
  Seconds barriers{};  // what the prediction books for them without peers
  std::vector<PairCheck> pairs;
  double fitted_share = 0;  // of the compute: kernels that nobody measured elsewhere
  std::vector<std::string> only_measured, only_listed;  // ops that one of the two sides lacks: "block: op"
};

// Judges the scenario's first stage. Throws SpecError when what it puts on a GPU is not what was traced.
TraceCheck validate_trace(const spec::Scenario& scenario, const spec::TracedPair& traced);

// The rounds that a provenance names: "trace rounds 0 and 2" or "profile-data@4496024 rounds 0 and 2 (...)"
// -> 0, 2; none in a text that speaks of neither the trace nor its repository.
std::vector<int> rounds_named(const std::string& text);

}  // namespace foretrain::study
