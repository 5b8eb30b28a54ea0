#include "sim/engine.hpp"

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "catch.hpp"
#include "sim/aborts.hpp"

using namespace foretrain::sim;

namespace {

enum class Kind : std::uint8_t { start, tick, stop };

SimTime at_ns(std::int64_t ns) {
  return SimTime(Ticks(ns));
}

struct Scheduled {
  std::int64_t time;
  Kind kind;
  std::uint32_t id;
};

std::uint64_t fingerprint_of(const std::vector<Scheduled>& list) {
  Engine engine;
  for (const Scheduled& s : list) engine.at(at_ns(s.time), s.kind, s.id);
  engine.run([](const Event&) {});
  return engine.fingerprint();
}

// A branching process with random waits, every draw inside a handler.
Engine run_branching(std::uint64_t seed) {
  Engine engine;
  foretrain::Rng rng(seed, "branching");
  engine.at(at_ns(0), Kind::start, 0);
  engine.run([&](const Event& event) {
    const std::uint64_t children = engine.events() < 5000 ? 1 + rng.uniform(2) : 0;
    for (std::uint64_t child = 0; child < children; ++child) {
      engine.after(Ticks(static_cast<std::int64_t>(rng.uniform(50))), Kind::tick, event.id() + 1);
    }
  });
  return engine;
}

}  // namespace

TEST_CASE("events at the same time come as they were scheduled") {
  Engine engine;
  engine.at(at_ns(20), Kind::stop, 0);
  for (std::uint32_t id = 0; id < 500; ++id) engine.at(at_ns(10), Kind::tick, id);
  engine.at(at_ns(5), Kind::start, 0);
  std::vector<std::pair<Kind, std::uint32_t>> seen;
  engine.run([&](const Event& e) { seen.emplace_back(e.kind<Kind>(), e.id()); });
  REQUIRE(seen.size() == 502);
  CHECK(seen.front().first == Kind::start);
  for (std::uint32_t id = 0; id < 500; ++id) CHECK(seen[id + 1] == std::pair(Kind::tick, id));
  CHECK(seen.back().first == Kind::stop);
}

TEST_CASE("an event scheduled for now comes after those already waiting for now") {
  Engine engine;
  engine.at(at_ns(10), Kind::start, 0);
  engine.at(at_ns(10), Kind::tick, 1);
  std::vector<std::uint32_t> seen;
  engine.run([&](const Event& e) {
    seen.push_back(e.id());
    if (e.kind<Kind>() == Kind::start) engine.after(Ticks(0), Kind::tick, 2);
  });
  CHECK(seen == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("the clock stands at the event being handled") {
  Engine engine;
  engine.after(Ticks(5), Kind::start, 0);
  CHECK(engine.now() == at_ns(0));
  engine.run([&](const Event& e) {
    CHECK(engine.now() == e.time);
    if (e.id() < 3) engine.after(Ticks(7), Kind::tick, e.id() + 1);
  });
  CHECK(engine.now() == at_ns(5 + 3 * 7));
  CHECK(engine.events() == 4);
  CHECK(engine.pending() == 0);
}

TEST_CASE("scheduling in the past, or past the end of the clock, aborts") {
  const auto schedule_at_100 = [](std::int64_t wait) {
    Engine engine;
    engine.at(at_ns(100), Kind::start, 0);
    engine.run([&](const Event& e) {
      if (e.kind<Kind>() == Kind::start) engine.after(Ticks(wait), Kind::stop, 0);
    });
  };
  CHECK(aborts([&] { schedule_at_100(-1); }));
  CHECK_FALSE(aborts([&] { schedule_at_100(0); }));
  CHECK(aborts([&] { schedule_at_100(Ticks::max().count() - 99); }));
  CHECK_FALSE(aborts([&] { schedule_at_100(Ticks::max().count() - 100); }));
  CHECK(aborts([] { Engine().at(at_ns(-1), Kind::start, 0); }));
}

TEST_CASE("the same input is the same run") {
  const Engine a = run_branching(1), b = run_branching(1), other = run_branching(2);
  CHECK(a.events() > 5000);
  CHECK(a.fingerprint() == b.fingerprint());
  CHECK(a.events() == b.events());
  CHECK(a.now() == b.now());
  CHECK(a.fingerprint() != other.fingerprint());
}

TEST_CASE("the fingerprint moves with any time, kind, id or order") {
  const std::vector<Scheduled> list{{10, Kind::start, 1}, {10, Kind::tick, 2}, {30, Kind::stop, 3}};
  std::set<std::uint64_t> seen{fingerprint_of(list)};
  const auto changed = [&](std::size_t i, Scheduled s) {
    auto copy = list;
    copy[i] = s;
    seen.insert(fingerprint_of(copy));
  };
  changed(2, {31, Kind::stop, 3});
  changed(1, {11, Kind::tick, 2});
  changed(1, {10, Kind::stop, 2});
  changed(1, {10, Kind::tick, 4});
  seen.insert(fingerprint_of({list[1], list[0], list[2]}));  // two ties the other way round
  seen.insert(fingerprint_of({list[0], list[1]}));
  seen.insert(fingerprint_of({}));
  seen.insert(fingerprint_of({{0, Kind::start, 0}}));  // all zeros, once and twice
  seen.insert(fingerprint_of({{0, Kind::start, 0}, {0, Kind::start, 0}}));
  CHECK(seen.size() == 10);
}

TEST_CASE("the fingerprint does not care when a later event was scheduled") {
  CHECK(fingerprint_of({{10, Kind::start, 1}, {30, Kind::stop, 3}}) ==
        fingerprint_of({{30, Kind::stop, 3}, {10, Kind::start, 1}}));
}

TEST_CASE("the fingerprint of a known run is this number on every machine") {
  CHECK(fingerprint_of({{10, Kind::start, 1}, {10, Kind::tick, 2}, {30, Kind::stop, 3}}) ==
        0x8f72a974e0eab781ULL);
}
