// How fast the event queue is, beside std::priority_queue of the same events in the same process. The hold
// model (Jones, "An empirical comparison of priority-queue and event-set implementations", CACM 29, 1986):
// with n events pending, pop the earliest and push one a random increment later, over and over. Prints what
// it measured and asserts nothing about time; exits 1 if the two queues ever pop in a different order.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <queue>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "sim/engine.hpp"

namespace {

using foretrain::Rng;
using foretrain::sim::Engine;
using foretrain::sim::Event;
using foretrain::sim::EventQueue;
using foretrain::sim::SimTime;
using foretrain::sim::Ticks;

enum class Happening : std::uint8_t { hold };

struct Later {
  bool operator()(const Event& a, const Event& b) const { return earlier(b, a); }
};

// std::priority_queue under the names of our queue.
class HeapQueue {
 public:
  void push(const Event& event) { heap_.push(event); }
  Event pop() {
    const Event event = heap_.top();
    heap_.pop();
    return event;
  }

 private:
  std::priority_queue<Event, std::vector<Event>, Later> heap_;
};

struct Measured {
  double seconds = 0;
  std::uint64_t order = 0;  // a hash of what was popped, in order
};

// Increments are drawn beforehand, so that their cost is in neither time.
template <class Queue>
Measured hold(std::size_t pending, std::size_t count, const std::vector<Ticks>& increments) {
  Queue queue;
  std::uint64_t sequence = 0;
  const std::size_t mask = increments.size() - 1;
  const auto step = [&](SimTime now) {
    const Ticks wait = increments[sequence & mask];
    queue.push(Event(now + wait, sequence, Happening::hold, 0));
    ++sequence;
  };
  for (std::size_t i = 0; i < pending; ++i) step(SimTime{});
  for (std::size_t i = 0; i < 2 * pending; ++i) step(queue.pop().time);  // to the steady state
  Measured measured;
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    const Event event = queue.pop();
    measured.order = (measured.order ^ event.sequence) * 0x9e3779b97f4a7c15ULL;
    step(event.time);
  }
  measured.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return measured;
}

struct Increments {
  std::string_view name;
  std::vector<Ticks> ticks;
};

// Spread of increments met in simulations: many microseconds apart, and a few that all tie.
std::vector<Increments> increment_sets() {
  constexpr std::size_t drawn = std::size_t{1} << 20U;
  std::vector<Increments> sets{{"exponential", {}}, {"uniform", {}}, {"ties", {}}};
  Rng rng(1, "bench/increments");
  for (std::size_t i = 0; i < drawn; ++i) {
    sets[0].ticks.emplace_back(static_cast<std::int64_t>(rng.exponential() * 1e6));
    sets[1].ticks.emplace_back(static_cast<std::int64_t>(rng.uniform(2000000)));
    sets[2].ticks.emplace_back(static_cast<std::int64_t>(rng.uniform(8) * 250000));
  }
  return sets;
}

// The whole engine on what a pipeline does: every rank computes, again and again, with slightly different
// times.
void run_engine(std::uint32_t ranks, std::uint64_t events) {
  Engine engine;
  for (std::uint32_t rank = 0; rank < ranks; ++rank) engine.at(SimTime{}, Happening::hold, rank);
  const auto start = std::chrono::steady_clock::now();
  engine.run([&](const Event& event) {
    const Ticks wait(100000 + event.id() % 97);
    if (engine.events() + engine.pending() < events) engine.after(wait, Happening::hold, event.id());
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto handled = static_cast<double>(engine.events());
  std::printf("engine, %7u ranks   %9.0f events  %8.4f s  %6.2f M events/s  fingerprint %016llx\n", ranks,
              handled, seconds, handled / seconds * 1e-6,
              static_cast<unsigned long long>(engine.fingerprint()));
}

}  // namespace

int main() {
  constexpr std::size_t holds = 2000000;
  bool same = true;
  std::printf("%-12s %9s %9s | %9s %9s | %9s %9s | %s\n", "increments", "pending", "holds", "ours s", "M/s",
              "heap s", "M/s", "ratio");
  for (const Increments& set : increment_sets()) {
    for (const std::size_t pending : {10U, 100U, 1000U, 10000U, 100000U, 1000000U}) {
      // Three rounds each, in turn; the fastest counts, being the least disturbed by other programs.
      Measured ours, heap;
      for (int round = 0; round < 3; ++round) {
        const Measured a = hold<EventQueue>(pending, holds, set.ticks);
        const Measured b = hold<HeapQueue>(pending, holds, set.ticks);
        if (round == 0 || a.seconds < ours.seconds) ours = a;
        if (round == 0 || b.seconds < heap.seconds) heap = b;
        same = same && a.order == b.order;
      }
      const double rate = static_cast<double>(holds) * 1e-6;
      std::printf("%-12s %9zu %9zu | %9.4f %9.2f | %9.4f %9.2f | %.2f\n", set.name.data(), pending, holds,
                  ours.seconds, rate / ours.seconds, heap.seconds, rate / heap.seconds,
                  heap.seconds / ours.seconds);
      std::fflush(stdout);
    }
  }
  for (const std::uint32_t ranks : {16U, 2048U, 262144U}) run_engine(ranks, 5000000);
  if (!same) std::printf("the two queues popped in different orders\n");
  return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
