// What the reader must know before trusting a stage: fallbacks, assumptions, and the parts of a reinforcement
// step.

#include <fmt/core.h>

#include <utility>

#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/text_sections.hpp"

namespace foretrain::report {

namespace {

std::string ramp_text(const study::StageOutcome& stage) {
  const study::RampPoint& first = stage.ramp.front();
  const study::RampPoint& last = stage.ramp.back();
  double ramped = 0;
  for (const study::RampPoint& p : stage.ramp) ramped += &p == &last ? 0 : p.steps;
  return fmt::format("the batch grows from {} to {} sequences over {} steps, a step from {} to {}",
                     whole(double(first.batch)), whole(double(last.batch)), whole(ramped),
                     time_text(first.step_time), time_text(last.step_time));
}

constexpr std::string_view assumed_mark = "assumed ";

bool is_assumption(const std::string& note) {
  return note.rfind(assumed_mark, 0) == 0;
}

// Assumptions share a paragraph, everything else has one of its own.
std::string notes_text(const std::vector<std::string>& notes) {
  std::string text, assumed;
  for (const std::string& note : notes) {
    if (!is_assumption(note))
      text += wrap(note, "    - ");
    else
      assumed += (assumed.empty() ? "" : "; ") + note.substr(assumed_mark.size());
  }
  return assumed.empty() ? text : text + wrap(std::string(assumed_mark) + assumed, "    - ");
}

std::string rollout_text(const std::string& stage, const study::RolloutOutcome& r) {
  struct Part {
    const char* name = "";
    Seconds time;
    const char* meaning = "";
  };
  Table table{{left("      part of a step of " + stage), right("seconds"), left("what it is")}, {}};
  for (const Part& p :
       {Part{"prefill", r.prefill, "the prompts are read"}, Part{"decode", r.decode, "answers are generated"},
        Part{"reward", r.reward, "answers are scored"},
        Part{"reference", r.reference, "the reference model's forward"},
        Part{"update", r.update, "the policy is trained on them"},
        Part{"weight sync", r.weight_sync, "new weights go to the generators"}}) {
    table.add({"      " + std::string(p.name), significant(p.time.base()), p.meaning});
  }
  std::string text = to_text(table, 0);
  text += wrap(fmt::format("decode {} tokens/s a node, prefill {} tokens/s a node, KV cache {} a GPU",
                           whole(r.decode_tokens_per_s_node), whole(r.prefill_tokens_per_s_node),
                           memory_text(r.kv_cache_per_gpu)),
               "      ");
  return text;
}

// What happened to the plan and what the figures must not be used without; not what was assumed.
std::vector<std::string> list_events(const study::StageOutcome& s) {
  std::vector<std::string> notes;
  if (!s.step.fallback_reason.empty())
    notes.push_back(fmt::format("runs {}: {}", plan::name_of(s.step.schedule), s.step.fallback_reason));
  if (!s.ramp.empty()) notes.push_back(ramp_text(s));
  for (const std::string& note : s.notes)
    if (!is_assumption(note)) notes.push_back(note);
  if (s.rollout) notes.insert(notes.end(), s.rollout->warnings.begin(), s.rollout->warnings.end());
  return notes;
}

std::string brief_notes(const study::Outcome& outcome) {
  Table table{{left(""), left("")}, {}};
  std::string rollouts;
  for (const study::StageOutcome& s : outcome.stages) {
    std::string name = s.name;
    for (const std::string& note : list_events(s)) table.add({std::exchange(name, ""), note});
    if (s.rollout) rollouts += rollout_text(s.name, *s.rollout);
  }
  if (table.rows.empty() && rollouts.empty()) return {};
  return "NOTES: where the plan could not be followed, and what to know\n" +
         (table.rows.empty() ? "" : to_text(table)) + rollouts;
}

std::string full_notes(const study::Outcome& outcome) {
  std::string text;
  for (const study::StageOutcome& s : outcome.stages) {
    std::vector<std::string> notes = list_events(s);
    if (s.rollout) notes.insert(notes.end(), s.rollout->notes.begin(), s.rollout->notes.end());
    for (const std::string& note : s.notes)
      if (is_assumption(note)) notes.push_back(note);
    if (notes.empty() && !s.rollout) continue;
    text += fmt::format("  {}\n", s.name) + notes_text(notes);
    if (s.rollout) text += rollout_text(s.name, *s.rollout);
  }
  return text.empty() ? text : "NOTES: what was assumed, and where the plan could not be followed\n" + text;
}

}  // namespace

std::string notes_section(const study::Outcome& outcome, Detail detail) {
  return detail == Detail::full ? full_notes(outcome) : brief_notes(outcome);
}

}  // namespace foretrain::report
