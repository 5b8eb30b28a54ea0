// DualPipe (DeepSeek-V3 technical report, arXiv:2412.19437, section 3.2.1; order of steps as in
// deepseek-ai/DualPipe@3da1bbe, dualpipe/dualpipe.py): half of the micro-batches enter at rank 0, half at
// rank P - 1, and forwards of one direction are overlapped with backwards of the other.

#include <deque>

#include "plan/schedules/schedules.hpp"

namespace foretrain::plan::schedules {
namespace {

// Writes one rank's list, counting micro-batches of each stream and queueing the weight chunks put off.
class RankWriter {
 public:
  RankWriter(Stream zero, Stream one) : streams_{zero, one} {}

  void forward_of(int stream) { list_.push_back(forward(stage(stream), next(forwards_, stream))); }
  void backward_of(int stream) { list_.push_back(backward(stage(stream), next(backwards_, stream))); }
  void input_backward_of(int stream) {
    list_.push_back(backward(stage(stream), next(backwards_, stream), Action::input_backward));
    stored_.push_back(list_.back());
  }
  void weight() {  // the oldest one stored
    list_.push_back(stored_.front());
    list_.back().action = Action::weight;
    stored_.pop_front();
  }
  void pair(int forward_stream, int backward_stream) {
    Instruction both = forward(stage(forward_stream), next(forwards_, forward_stream));
    const Instruction back = backward(stage(backward_stream), next(backwards_, backward_stream));
    both.action = Action::pair;
    both.backward_stage = back.backward_stage;
    both.backward_micro_batch = back.backward_micro_batch;
    list_.push_back(both);
  }
  std::vector<Instruction> take() { return std::move(list_); }

 private:
  std::int32_t stage(int stream) const { return streams_[stream].stage; }
  std::int32_t next(std::int32_t (&count)[2], int stream) const {
    return streams_[stream].first_micro_batch + count[stream]++;
  }

  Stream streams_[2];
  std::int32_t forwards_[2] = {0, 0}, backwards_[2] = {0, 0};
  std::deque<Instruction> stored_;
  std::vector<Instruction> list_;
};

}  // namespace

std::vector<Instruction> eight_steps(std::int32_t near, std::int32_t half, std::int32_t count, Stream zero,
                                     Stream one) {
  RankWriter rank(zero, one);
  const std::int32_t far = half - near - 1;
  for (std::int32_t i = 0; i < 2 * far; ++i) rank.forward_of(0);  // 1: fill
  for (std::int32_t i = 0; i <= near; ++i) {                      // 2: both streams forward
    rank.forward_of(0);
    rank.forward_of(1);
  }
  for (std::int32_t i = 0; i < far; ++i) {  // 3: the first gradients, upstream as early as can be
    rank.input_backward_of(1);
    rank.weight();
    rank.forward_of(1);
  }
  for (std::int32_t i = 0; i < count - 2 * half + near + 1; ++i) {  // 4: the main part
    if (i == 0 && far == 0) {  // the middle ranks do not overlap their first two: less bubble
      rank.forward_of(0);
      rank.backward_of(1);
    } else {
      rank.pair(0, 1);
    }
    rank.pair(1, 0);
  }
  for (std::int32_t i = 0; i < far; ++i) {  // 5: stream 0 has no forwards left
    rank.backward_of(1);
    rank.pair(1, 0);
  }
  // 6: backwards alone; those of the second half are input-only
  const std::int32_t whole = near + 1;
  for (std::int32_t i = 0; i < 2 * whole; ++i) {
    const int stream = i % 2 == 0 ? 1 : 0;
    if (i < whole)
      rank.backward_of(stream);
    else
      rank.input_backward_of(stream);
  }
  for (std::int32_t i = 0; i < far; ++i) {  // 7: weights fill the waits
    rank.weight();
    rank.input_backward_of(0);
  }
  for (std::int32_t i = 0; i <= near; ++i) rank.weight();  // 8: what is left
  return rank.take();
}

Program dualpipe(std::int32_t stages, std::int32_t micro_batches) {
  Program program = straight_pipeline(stages, micro_batches);
  const std::int32_t half = stages / 2, count = micro_batches / 2;
  program.rank_of.emplace_back(program.rank_of[0].rbegin(), program.rank_of[0].rend());
  for (std::int32_t m = count; m < micro_batches; ++m) program.direction[static_cast<std::size_t>(m)] = 1;
  for (std::int32_t rank = 0; rank < stages; ++rank) {
    const std::int32_t mirror = stages - 1 - rank;
    const Stream down{rank, 0}, up{mirror, count};  // entering at rank 0, at rank P - 1
    program.per_rank[static_cast<std::size_t>(rank)] =
        rank < half ? eight_steps(rank, half, count, down, up) : eight_steps(mirror, half, count, up, down);
  }
  return program;
}

}  // namespace foretrain::plan::schedules
