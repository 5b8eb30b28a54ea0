// Memory: the fullest rank term by term, and every rank's sum in a line.

#include <fmt/core.h>

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

Bytes least_left(const study::StageOutcome& stage) {
  const plan::MemoryReport& memory = stage.memory[fullest_rank(stage)];
  return memory.limit - memory.total;
}

std::string ranks_line(const study::StageOutcome& stage) {
  std::string text;
  for (std::size_t r = 0; r < stage.memory.size(); ++r) {
    text += fmt::format("{}{}", r == 0 ? "" : " ", gib_text(stage.memory[r].total, 1));
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
    table.add({term.name, gib_text(term.bytes), gib_text(sum),
               (is_last_straw ? "** passes the limit ** " : "") + term.how});
  }
  table.add_rule();
  const bool fits = memory.total <= memory.limit;
  const Bytes gap = fits ? memory.limit - memory.total : memory.total - memory.limit;
  table.add({"limit", "", gib_text(memory.limit),
             fits ? gib_text(gap) + " GiB left" : gib_text(gap) + " GiB too much"});
  return fmt::format("MEMORY of one GPU in {}, pipeline rank {}{}{}\n", stage.name, rank,
                     rank == fullest_rank(stage) ? ", the fullest" : "", fits ? "" : ": does not fit") +
         to_text(table);
}

std::string memory_section(const study::Outcome& outcome) {
  if (outcome.stages.empty() || outcome.stages.front().memory.empty()) return {};
  const study::StageOutcome& first = outcome.stages.front();
  std::string text = waterfall(first, fullest_rank(first)) + ranks_line(first);
  std::string others;
  for (const study::StageOutcome& s : outcome.stages) {
    if (&s == &first || s.memory.empty()) continue;
    others += fmt::format("{}{} {}", others.empty() ? "" : ", ", s.name,
                          gib_text(s.memory[fullest_rank(s)].total, 1));
  }
  return others.empty() ? text : text + wrap(others, "  Fullest rank of the other stages, GiB:  ");
}

std::string memory_line(const study::Outcome& outcome) {
  const study::StageOutcome* worst = nullptr;
  for (const study::StageOutcome& s : outcome.stages) {
    if (s.memory.empty()) continue;
    if (worst == nullptr || least_left(s) < least_left(*worst)) worst = &s;
  }
  if (worst == nullptr) return {};
  const plan::MemoryReport& memory = worst->memory[fullest_rank(*worst)];
  return fmt::format("fits: fullest rank {} of {} GiB, in {}", gib_text(memory.total, 1),
                     gib_text(memory.limit, 1), worst->name);
}

}  // namespace foretrain::report
