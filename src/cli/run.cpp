#include "cli/run.hpp"

#include <fmt/core.h>

#include <chrono>
#include <ctime>
#include <iostream>

#include "cli/outputs.hpp"
#include "cli/progress.hpp"
#include "cli/threads.hpp"
#include "report/file.hpp"
#include "report/json_outcome.hpp"
#include "report/numbers.hpp"
#include "report/text.hpp"
#include "report/trace.hpp"
#include "report/what.hpp"
#include "study/run.hpp"
#include "study/what.hpp"

namespace foretrain::cli {

namespace {

// What it took, on standard error, so that the report itself is the same every time.
void print_stats(const study::Outcome& outcome, double cpu_seconds, double wall_seconds) {
  std::cerr << fmt::format("{} events, {} events/s, {:.3f} CPU-seconds, {:.3f} s\n", outcome.events,
                           report::whole(cpu_seconds > 0 ? double(outcome.events) / cpu_seconds : 0),
                           cpu_seconds, wall_seconds);
  if (outcome.stages.empty()) return;
  const auto& step = outcome.stages.front().step;
  std::cerr << fmt::format("one step of {}: {} events, fingerprint {:016x}\n", outcome.stages.front().name,
                           step.events, step.fingerprint);
  for (const auto& u : outcome.unfolded)
    if (u.why_not.empty())
      std::cerr << fmt::format(
          "{} with every GPU by itself: {} events, {} bytes a GPU, fingerprint {:016x}\n", u.stage,
          u.result.events, u.result.bytes / static_cast<std::uint64_t>(u.result.simulated),
          u.result.fingerprint);
}

int run_what(const RunOptions& options, const spec::Scenario& scenario, std::ostream& out) {
  const auto question = find_name("question", *options.what, study::what_questions());
  const auto& stage = scenario.stages[find_stage(scenario, options.stage)];
  const auto answer = [&] {
    const Progress progress("simulating " + scenario.file);
    return study::ask(scenario, stage, study::what_questions()[question], thread_count(options.threads));
  }();
  out << (options.json ? report::to_json(answer, scenario) : report::to_text(answer, scenario));
  return answer.why_not.empty() ? 0 : 1;
}

study::Outcome simulate(const RunOptions& options, const spec::Scenario& scenario) {
  const Progress progress("simulating " + scenario.file);
  const std::clock_t cpu = std::clock();
  const auto wall = std::chrono::steady_clock::now();
  study::RunOptions chosen{.causes = !options.quick, .interval = !options.quick, .unfold = options.unfold};
  chosen.threads = thread_count(options.threads);
  if (options.stage) chosen.unfold_stage = find_stage(scenario, options.stage);
  study::Outcome outcome = study::run(scenario, chosen);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - wall;
  if (options.stats) print_stats(outcome, double(std::clock() - cpu) / CLOCKS_PER_SEC, spent.count());
  return outcome;
}

}  // namespace

int run(const RunOptions& options, std::ostream& out) {
  check_outputs({{"--trace", options.trace_file}}, {options.scenario.file});
  const spec::Scenario scenario = load(options.scenario);
  const std::size_t traced = find_stage(scenario, options.stage);
  if (options.what) return run_what(options, scenario, out);
  const study::Outcome outcome = simulate(options, scenario);
  const bool feasible = outcome.infeasible.empty();
  const auto detail = options.details ? report::Detail::full : report::Detail::brief;
  const std::string text =
      options.json ? report::to_json(outcome) : report::to_text(outcome, scenario, detail);
  if (options.trace_file && feasible) {
    const auto& stage = outcome.stages[traced];
    const report::Inside inside = report::look_inside(scenario, scenario.stages[traced], stage);
    report::write_file(*options.trace_file, report::to_trace(stage, inside));
  }
  out << text;
  return feasible ? 0 : 1;
}

}  // namespace foretrain::cli
