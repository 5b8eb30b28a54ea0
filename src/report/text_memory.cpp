// Memory: the fullest rank term by term, and every rank's sum in a line.

#include <fmt/format.h>

#include <algorithm>

#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/text_sections.hpp"

namespace foretrain::report {

namespace {

std::size_t fullest_rank(const study::StageOutcome& stage) {
  const auto less = [](const plan::MemoryReport& a, const plan::MemoryReport& b) {
    return a.total - a.limit < b.total - b.limit;
  };
  const auto fullest = std::max_element(stage.memory.begin(), stage.memory.end(), less);
  return static_cast<std::size_t>(fullest - stage.memory.begin());
}

std::string gib(Bytes size) {
  return fixed(size.base() / 1073741824.0, 2);
}

std::string ranks_line(const study::StageOutcome& stage) {
  std::string text;
  for (std::size_t r = 0; r < stage.memory.size(); ++r) {
    text += fmt::format("{}{}", r == 0 ? "" : " ", fixed(stage.memory[r].total.base() / 1073741824.0, 1));
  }
  return wrap(text, "  Every rank, GiB:  ");
}

}  // namespace

std::string waterfall(const study::StageOutcome& stage, std::size_t rank) {
  const plan::MemoryReport& memory = stage.memory[rank];
  const std::string breaks = plan::breaking_term(memory);
  Table table{{left("term"), right("GiB"), right("so far"), left("how")}, {}};
  Bytes sum{};
  for (const plan::MemoryTerm& term : memory.terms) {
    sum += term.bytes;
    const bool is_last_straw = !breaks.empty() && term.name == breaks;
    table.add(
        {term.name, gib(term.bytes), gib(sum), (is_last_straw ? "** breaks the limit ** " : "") + term.how});
  }
  table.add_rule();
  const bool fits = memory.total <= memory.limit;
  const Bytes gap = fits ? memory.limit - memory.total : memory.total - memory.limit;
  table.add({"limit", "", gib(memory.limit),
             fits ? gib(gap) + " GiB left" : gib(gap) + " GiB too much: " + breaks});
  return fmt::format("MEMORY of one GPU in {}, pipeline rank {}{}{}\n", stage.name, rank,
                     rank == fullest_rank(stage) ? ", the fullest" : "", fits ? "" : ": does not fit") +
         to_text(table);
}

std::string memory_section(const study::Outcome& outcome) {
  if (outcome.stages.empty() || outcome.stages.front().memory.empty()) return {};
  const study::StageOutcome& first = outcome.stages.front();
  std::string text = waterfall(first, fullest_rank(first)) + ranks_line(first);
  for (const study::StageOutcome& s : outcome.stages) {
    if (&s == &first || s.memory.empty()) continue;
    const plan::MemoryReport& m = s.memory[fullest_rank(s)];
    text +=
        fmt::format("  {}: {} of {} GiB on rank {}\n", s.name, gib(m.total), gib(m.limit), fullest_rank(s));
  }
  return text;
}

}  // namespace foretrain::report
