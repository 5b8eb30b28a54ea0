#include "cli/export.hpp"

#include <fmt/core.h>

#include <ostream>

#include "base/diagnostic.hpp"
#include "cli/export_text.hpp"
#include "cli/outputs.hpp"
#include "cli/progress.hpp"
#include "interchange/chakra.hpp"
#include "interchange/export.hpp"
#include "interchange/goal.hpp"
#include "interchange/process_groups.hpp"
#include "report/file.hpp"
#include "report/folder.hpp"
#include "report/numbers.hpp"
#include "spec/units_text.hpp"
#include "study/predict.hpp"
#include "study/stage.hpp"

namespace foretrain::cli {
namespace {

constexpr double most_bytes = 1e9;  // of one format, without --force
const std::vector<std::string> levels{"chunk", "segment", "op"};

[[noreturn]] void refuse(std::string message, std::string hint = {}) {
  throw SpecError({without_place(std::move(message), std::move(hint))});
}

struct Asked {
  interchange::ExportOptions options;
  std::optional<std::int64_t> micro_batches;
  bool picoseconds = false;
};

Asked read_options(const ExportText& text) {
  if (!text.chakra && !text.goal)
    refuse("export needs a format", "--chakra FOLDER for execution traces, --goal FILE for LogGOPSim");
  Asked asked;
  if (text.ranks)
    asked.options.all_ranks = find_name("choice of ranks", *text.ranks, {"pipeline", "all"}) == 1;
  if (text.level)
    asked.options.level = static_cast<interchange::Level>(find_name("level", *text.level, levels));
  if (text.goal && asked.options.level != interchange::Level::chunk && !asked.options.all_ranks)
    refuse("--goal with --level " + *text.level + " needs --ranks all",
           "folded exchanges run beside kernels, for which the one CPU of a rank in GOAL has no place");
  if (text.time_unit) asked.picoseconds = find_name("time unit", *text.time_unit, {"ns", "ps"}) == 1;
  if (text.micro_batches) {
    const auto number = spec::parse_integer(*text.micro_batches);
    if (!number.ok || number.value < 1 || number.value > 100'000)
      refuse(fmt::format("--micro-batches {} is not a whole number from 1 to 100000",
                         spec::in_quotes(*text.micro_batches)));
    asked.micro_batches = number.value;
  }
  return asked;
}

// One step, exported: counted, then written.
class Export {
 public:
  Export(const ExportText& text, const Asked& asked, const study::SteadyStep& step)
      : text_(text),
        outline_(
            interchange::outline({&step.spec, &step.prepared, &step.pools, &step.result}, asked.options)),
        groups_(outline_.groups.list()) {
    goal_.picoseconds = asked.picoseconds;
    const auto& program = step.program;
    goal_.collective_tag = static_cast<std::uint32_t>(2 * program.stages * program.micro_batches);
  }

  // Of the first GPU of each pipeline rank, times the GPUs of one: others differ by the length of a few
  // numbers.
  void count(Exported& exported) const {
    const std::int64_t width = outline_.groups.width();
    double chakra = 0, goal = 0;
    for (std::int64_t rank = 0; rank < outline_.ranks(); rank += width) {
      const auto nodes = interchange::list_nodes(outline_, rank);
      interchange::add(nodes, static_cast<double>(width), exported.totals);
      if (text_.force) continue;  // nobody asks how large it is
      if (text_.chakra) chakra += static_cast<double>(chakra_of(nodes, rank).size() * std::size_t(width));
      if (text_.goal) goal += static_cast<double>(goal_of(nodes, rank).size() * std::size_t(width));
    }
    exported.ranks = outline_.ranks();
    if (text_.force) return;
    refuse_if_large("Chakra traces", chakra);
    refuse_if_large("GOAL", goal);
  }

  void write(Exported& exported) const {
    std::optional<report::NewFolder> folder;
    if (text_.chakra) folder.emplace(*text_.chakra), exported.chakra = Written{*text_.chakra};
    std::optional<report::NewFile> goal;
    if (text_.goal) {
      goal.emplace(*text_.goal);
      goal->add(interchange::goal_header(static_cast<std::size_t>(outline_.ranks())));
    }
    for (std::int64_t rank = 0; rank < outline_.ranks(); ++rank) {
      const auto nodes = interchange::list_nodes(outline_, rank);
      if (folder) add(*folder, fmt::format("trace.{}.et", rank), chakra_of(nodes, rank), *exported.chakra);
      if (goal) goal->add(goal_of(nodes, rank));
    }
    if (folder && !groups_.empty())
      add(*folder, "groups.json", interchange::groups_json(groups_), *exported.chakra);
    if (goal) {
      goal->finish();
      exported.goal = Written{*text_.goal, 1, goal->size()};
    }
    if (folder) folder->finish();
  }

 private:
  std::string chakra_of(const std::vector<interchange::Node>& nodes, std::int64_t rank) const {
    return interchange::to_chakra(nodes, static_cast<std::uint32_t>(rank), groups_);
  }
  std::string goal_of(const std::vector<interchange::Node>& nodes, std::int64_t rank) const {
    return interchange::to_goal(nodes, static_cast<std::uint32_t>(rank),
                                static_cast<std::size_t>(outline_.ranks()), groups_, goal_);
  }
  static void add(report::NewFolder& folder, const std::string& name, const std::string& bytes,
                  Written& written) {
    folder.add(name, bytes);
    ++written.files;
    written.bytes += bytes.size();
  }
  void refuse_if_large(const char* what, double size) const {
    if (size <= most_bytes) return;
    refuse(fmt::format("{} of {} ranks would take about {}, more than {}", what, outline_.ranks(),
                       report::size_text(bytes(size)), report::size_text(bytes(most_bytes))),
           "--force writes them all the same; --ranks pipeline, --level chunk and fewer --micro-batches take "
           "less");
  }

  const ExportText& text_;
  interchange::Outline outline_;
  interchange::Groups groups_;
  interchange::GoalOptions goal_;
};

}  // namespace

int export_step(const ExportText& text, std::ostream& out) {
  const Asked asked = read_options(text);
  check_outputs({{"--chakra", text.chakra}, {"--goal", text.goal}}, {text.scenario.file});
  const spec::Scenario scenario = load(text.scenario);
  spec::StageSpec stage = scenario.stages[find_stage(scenario, text.stage)];
  if (asked.micro_batches) stage.batch.to = *asked.micro_batches * stage.plan.data * stage.plan.micro_batch;
  const Progress progress("exporting " + scenario.file);
  const auto prediction = study::predict_step(scenario, stage);
  for (const std::string& reason : {prediction.infeasible, prediction.does_not_fit})
    if (!reason.empty()) {
      out << fmt::format("{} cannot run as planned: {}\n", stage.name, reason);
      return 1;
    }
  const auto step = study::steady_step(study::step_spec(scenario, stage), prediction.step.program);
  const Export exporting(text, asked, step);
  Exported exported;
  exported.scenario = scenario.name;
  exported.stage = stage.name;
  exported.schedule = plan::name_of(step.result.schedule);
  exported.level = levels[static_cast<std::size_t>(asked.options.level)];
  exported.micro_batches = step.result.micro_batches;
  exported.gpus = scenario.cluster.gpus;
  exported.step_time = step.result.step_time;
  exporting.count(exported);
  exporting.write(exported);
  out << (text.json ? to_json(exported) : to_text(exported));
  return 0;
}

}  // namespace foretrain::cli
