#include "sim/event_queue.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "catch.hpp"
#include "sim/aborts.hpp"

using namespace foretrain::sim;
using foretrain::Rng;

namespace {

enum class QueueKind : std::uint8_t { only };

struct Later {
  bool operator()(const Event& a, const Event& b) const { return earlier(b, a); }
};
using Reference = std::priority_queue<Event, std::vector<Event>, Later>;

// Our queue and the reference, fed the same events; every pop is compared.
class Pair {
 public:
  void push(std::uint64_t wait) {
    const Event event(now_ + Ticks(static_cast<std::int64_t>(wait)), sequence_++, QueueKind::only, 0);
    ours_.push(event);
    reference_.push(event);
  }
  bool pop_agrees() {
    const Event got = ours_.pop(), expected = reference_.top();
    reference_.pop();
    now_ = got.time;
    return got.time == expected.time && got.sequence == expected.sequence &&
           ours_.size() == reference_.size();
  }
  std::size_t size() const { return reference_.size(); }
  bool drains_in_order() {
    bool agrees = true;
    while (size() > 0) agrees = pop_agrees() && agrees;
    return agrees && ours_.empty();
  }

 private:
  EventQueue ours_;
  Reference reference_;
  SimTime now_{};
  std::uint64_t sequence_ = 0;
};

struct Stream {
  std::string name;
  std::function<std::uint64_t(Rng&)> wait;
};

std::vector<Stream> streams() {
  return {
      {"all at once", [](Rng&) { return 0; }},
      {"one time ahead", [](Rng&) { return 1000; }},
      {"many ties", [](Rng& rng) { return rng.uniform(4) * 100; }},
      {"mostly zero", [](Rng& rng) { return rng.uniform(10) == 0 ? rng.uniform(1000) : 0; }},
      {"dense", [](Rng& rng) { return rng.uniform(300); }},
      {"microseconds", [](Rng& rng) { return rng.uniform(1000000); }},
      {"exponential gaps", [](Rng& rng) { return std::uint64_t{1} << rng.uniform(50); }},
      {"edges of digits",
       [](Rng& rng) { return (std::uint64_t{1} << (6 * rng.uniform(8))) - rng.uniform(2); }},
      {"two scales",
       [](Rng& rng) { return rng.uniform(2) == 0 ? rng.uniform(10) : 1000000000 + rng.uniform(10); }},
  };
}

Event event_at(std::int64_t time, std::uint64_t sequence) {
  return Event(SimTime(Ticks(time)), sequence, QueueKind::only, 0);
}

}  // namespace

TEST_CASE("events come in the order of a priority queue, held at any size") {
  const std::size_t pending = GENERATE(1U, 2U, 31U, 33U, 95U, 97U, 1000U, 20000U);
  for (const Stream& stream : streams()) {
    Rng rng(pending, stream.name);
    Pair pair;
    for (std::size_t i = 0; i < pending; ++i) pair.push(stream.wait(rng));
    bool agrees = true;
    for (std::size_t i = 0; i < 3 * pending + 1000; ++i) {
      agrees = pair.pop_agrees() && agrees;
      pair.push(stream.wait(rng));
    }
    INFO(stream.name << ", " << pending << " pending");
    CHECK(agrees);
    CHECK(pair.drains_in_order());
  }
}

TEST_CASE("events come in order when the number pending swells and shrinks and the streams mix") {
  const auto all = streams();
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed, "swell");
    Pair pair;
    bool agrees = true;
    for (int phase = 0; phase < 40; ++phase) {
      const auto& stream = all[rng.uniform(all.size())];
      const std::uint64_t actions = rng.uniform(400), growth = rng.uniform(11);
      for (std::uint64_t i = 0; i < actions; ++i) {
        if (rng.uniform(10) < growth) {
          pair.push(stream.wait(rng));
        } else if (pair.size() > 0) {
          agrees = pair.pop_agrees() && agrees;
        }
      }
    }
    INFO("seed " << seed);
    CHECK(agrees);
    CHECK(pair.drains_in_order());
  }
}

TEST_CASE("a long queue sorts as std::stable_sort does") {
  for (const Stream& stream : streams()) {
    Rng rng(1, stream.name);
    EventQueue queue;
    std::vector<Event> expected;
    for (std::uint64_t i = 0; i < 30000; ++i) {
      expected.push_back(event_at(static_cast<std::int64_t>(stream.wait(rng)), i));
      queue.push(expected.back());
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [](const Event& a, const Event& b) { return a.time < b.time; });
    const bool same = std::all_of(expected.begin(), expected.end(),
                                  [&](const Event& e) { return queue.pop().sequence == e.sequence; });
    INFO(stream.name);
    CHECK(same);
    CHECK(queue.empty());
  }
}

TEST_CASE("the last nanosecond of the clock is a time like any other") {
  EventQueue queue;
  const std::int64_t last = SimTime::max().time_since_epoch().count();
  for (std::uint64_t i = 0; i < 300; ++i) queue.push(event_at(last - static_cast<std::int64_t>(i % 3), i));
  std::int64_t before = 0;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t now = queue.pop().time.time_since_epoch().count();
    CHECK(now >= before);
    before = now;
  }
  CHECK(before == last);
}

TEST_CASE("no input makes it quadratic") {
  // A quadratic queue would need 4e10 steps a case: minutes. The bound is loose on purpose, for slow
  // machines.
  constexpr std::int64_t count = 200000;
  const auto start = std::chrono::steady_clock::now();
  const auto fill_and_drain = [&](auto time_of) {
    EventQueue queue;
    for (std::int64_t i = 0; i < count; ++i) queue.push(event_at(time_of(i), static_cast<std::uint64_t>(i)));
    std::int64_t sorted = 0;
    SimTime before{};
    while (!queue.empty()) {
      const SimTime now = queue.pop().time;
      sorted += now >= before;
      before = now;
    }
    return sorted;
  };
  CHECK(fill_and_drain([](std::int64_t) { return 7; }) == count);                           // all tie
  CHECK(fill_and_drain([](std::int64_t i) { return count - i; }) == count);                 // decreasing
  CHECK(fill_and_drain([](std::int64_t i) { return (count - i) * 1000000007; }) == count);  // far apart
  CHECK(fill_and_drain([](std::int64_t i) { return i < count / 2 ? count : count - i; }) == count);
  CHECK(fill_and_drain([](std::int64_t i) { return std::int64_t{1} << (i % 62); }) == count);
  CHECK(fill_and_drain([](std::int64_t i) { return i % 2 == 0 ? i : (std::int64_t{1} << 60) - i; }) == count);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}

TEST_CASE("the queue refuses the past and the empty") {
  CHECK(aborts([] { EventQueue().pop(); }));
  const auto push_after_100 = [](std::int64_t time) {
    EventQueue queue;
    queue.push(event_at(100, 0));
    queue.pop();
    queue.push(event_at(time, 1));
  };
  CHECK(aborts([&] { push_after_100(99); }));
  CHECK_FALSE(aborts([&] { push_after_100(100); }));
}
