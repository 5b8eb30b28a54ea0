// Verifies a program by reading it once a rank (what is there, in what order) and by running it once with no
// clock (does it come to an end).

#include <fmt/core.h>

#include <algorithm>

#include "plan/schedule.hpp"

namespace foretrain::plan {
namespace {

constexpr std::uint8_t did_forward = 1, did_input = 2, did_weight = 4, did_all = 7;

bool has_forward(Action a) {
  return a == Action::forward || a == Action::pair;
}
bool has_backward(Action a) {
  return a != Action::forward;
}

class Reader {
 public:
  explicit Reader(const Program& p)
      : p_(p),
        n_(static_cast<std::size_t>(p.micro_batches)),
        done_(static_cast<std::size_t>(p.stages) * n_, 0) {}

  bool known(std::int32_t stage, std::int32_t micro_batch) const {
    return stage >= 0 && stage < p_.stages && micro_batch >= 0 && micro_batch < p_.micro_batches;
  }
  std::uint8_t& done(std::int32_t stage, std::int32_t micro_batch) {
    return done_[static_cast<std::size_t>(stage) * n_ + static_cast<std::size_t>(micro_batch)];
  }
  std::string fault_of(std::int32_t rank, const Instruction& i);  // and marks it as done
  void missing(std::vector<std::string>& faults);

 private:
  std::string fault_of_part(std::int32_t rank, std::int32_t stage, std::int32_t micro_batch,
                            std::uint8_t brings, std::uint8_t needs);

  const Program& p_;
  std::size_t n_;
  std::vector<std::uint8_t> done_;
};

std::string Reader::fault_of_part(std::int32_t rank, std::int32_t stage, std::int32_t micro_batch,
                                  std::uint8_t brings, std::uint8_t needs) {
  if (!known(stage, micro_batch)) return "no such stage or micro-batch";
  if (p_.rank_at(stage, micro_batch) != rank)
    return fmt::format("stage lives on rank {}", p_.rank_at(stage, micro_batch));
  std::uint8_t& flags = done(stage, micro_batch);
  if ((flags & brings) != 0) return "done twice";
  if ((flags & needs) != needs)
    return needs == did_forward ? "backward before its forward" : "weight before its input backward";
  flags = static_cast<std::uint8_t>(flags | brings);
  return {};
}

std::string Reader::fault_of(std::int32_t rank, const Instruction& i) {
  std::string fault;
  if (has_forward(i.action))
    fault = fault_of_part(rank, i.forward_stage, i.forward_micro_batch, did_forward, 0);
  if (!fault.empty() || !has_backward(i.action)) return fault;
  const bool stored = i.action == Action::weight;
  const std::uint8_t brings = i.action == Action::input_backward ? did_input
                              : stored                           ? did_weight
                                                                 : std::uint8_t{did_input | did_weight};
  return fault_of_part(rank, i.backward_stage, i.backward_micro_batch, brings,
                       stored ? did_input : did_forward);
}

void Reader::missing(std::vector<std::string>& faults) {
  for (std::int32_t s = 0; s < p_.stages; ++s)
    for (std::int32_t m = 0; m < p_.micro_batches; ++m) {
      const std::uint8_t flags = done(s, m);
      if (flags == did_all) continue;
      const char* what = (flags & did_forward) == 0 ? "F" : (flags & did_input) == 0 ? "backward" : "W";
      faults.push_back(
          fmt::format("rank {}: {} of stage {}, micro-batch {} is missing", p_.rank_at(s, m), what, s, m));
    }
}

// Runs the lists in any order their inputs allow; what cannot run waits in a cycle, or for something missing.
class Runner {
 public:
  explicit Runner(const Program& p)
      : p_(p),
        n_(static_cast<std::size_t>(p.micro_batches)),
        forward_(static_cast<std::size_t>(p.stages) * n_, 0),
        backward_(forward_),
        next_(p.per_rank.size(), 0) {}

  void stuck(std::vector<std::string>& faults) {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t r = 0; r < next_.size(); ++r)
        for (; next_[r] < p_.per_rank[r].size() && ready(p_.per_rank[r][next_[r]]); ++next_[r], moved = true)
          finish(p_.per_rank[r][next_[r]]);
    }
    for (std::size_t r = 0; r < next_.size(); ++r)
      if (next_[r] < p_.per_rank[r].size())
        faults.push_back(fmt::format("rank {}: {} waits for ever (instruction {})", r,
                                     to_text(p_.per_rank[r][next_[r]]), next_[r]));
  }

 private:
  std::size_t at(std::int32_t stage, std::int32_t micro_batch) const {
    return static_cast<std::size_t>(stage) * n_ + static_cast<std::size_t>(micro_batch);
  }
  bool ready(const Instruction& i) const {
    if (has_forward(i.action) && i.forward_stage > 0 &&
        forward_[at(i.forward_stage - 1, i.forward_micro_batch)] == 0)
      return false;
    if (!has_backward(i.action) || i.action == Action::weight) return true;
    return i.backward_stage == p_.stages - 1
               ? forward_[at(i.backward_stage, i.backward_micro_batch)] != 0
               : backward_[at(i.backward_stage + 1, i.backward_micro_batch)] != 0;
  }
  void finish(const Instruction& i) {
    if (has_forward(i.action)) forward_[at(i.forward_stage, i.forward_micro_batch)] = 1;
    if (has_backward(i.action)) backward_[at(i.backward_stage, i.backward_micro_batch)] = 1;
  }

  const Program& p_;
  std::size_t n_;
  std::vector<std::uint8_t> forward_, backward_;
  std::vector<std::size_t> next_;
};

std::string fault_of_shape(const Program& p) {
  if (p.stages < 1 || p.ranks < 1 || p.micro_batches < 1)
    return "a program needs stages, ranks and micro-batches";
  if (p.per_rank.size() != static_cast<std::size_t>(p.ranks)) return "one list a rank is needed";
  if (p.direction.size() != static_cast<std::size_t>(p.micro_batches))
    return "every micro-batch needs a direction";
  for (const std::uint8_t d : p.direction)
    if (d >= p.rank_of.size()) return "a micro-batch goes in a direction that has no ranks";
  for (const auto& ranks : p.rank_of) {
    if (ranks.size() != static_cast<std::size_t>(p.stages)) return "every stage needs a rank";
    if (std::any_of(ranks.begin(), ranks.end(), [&](std::int32_t r) { return r < 0 || r >= p.ranks; }))
      return "a stage lives on a rank that does not exist";
  }
  return {};
}

}  // namespace

std::vector<std::string> verify(const Program& program, std::int64_t activation_limit) {
  if (std::string fault = fault_of_shape(program); !fault.empty()) return {std::move(fault)};
  std::vector<std::string> faults;
  Reader reader(program);
  for (std::int32_t r = 0; r < program.ranks; ++r)
    for (const Instruction& i : program.per_rank[static_cast<std::size_t>(r)])
      if (const std::string fault = reader.fault_of(r, i); !fault.empty())
        faults.push_back(fmt::format("rank {}: {}: {}", r, to_text(i), fault));
  const bool runnable = std::all_of(program.per_rank.begin(), program.per_rank.end(), [&](const auto& list) {
    return std::all_of(list.begin(), list.end(), [&](const Instruction& i) {
      return (!has_forward(i.action) || reader.known(i.forward_stage, i.forward_micro_batch)) &&
             (!has_backward(i.action) || reader.known(i.backward_stage, i.backward_micro_batch));
    });
  });
  reader.missing(faults);
  if (runnable) Runner(program).stuck(faults);
  if (activation_limit > 0) {
    const std::vector<std::int32_t> peaks = peak_activations(program);
    for (std::size_t r = 0; r < peaks.size(); ++r)
      if (peaks[r] > activation_limit)
        faults.push_back(
            fmt::format("rank {}: keeps {} activations, more than {}", r, peaks[r], activation_limit));
  }
  return faults;
}

}  // namespace foretrain::plan
