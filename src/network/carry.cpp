#include "network/carry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/check.hpp"
#include "network/active_flows.hpp"
#include "network/choose_path.hpp"
#include "network/fair_share.hpp"
#include "network/waiting.hpp"
#include "sim/engine.hpp"

namespace foretrain::network {
namespace {

using sim::Event;
using sim::SimTime;
using sim::Ticks;

enum class Happening : std::uint8_t { start, group_due, settle, arrived };

// Flows whose rates were set together; they change together.
struct Group {
  std::vector<std::uint32_t> slots;
  std::int64_t since = 0, due = -1;  // due < 0: dissolved
};

class Carrier {
 public:
  Carrier(Flows flows, const CarryOptions& options)
      : all_(std::move(flows)), options_(options), active_(all_), waiting_(all_) {
    check(options.merge >= 0 && options.merge < 1, "an interval longer than what has passed");
    done_.arrivals.assign(all_.flows.size() * all_.rounds, -1);
    done_.channel_bytes.assign(all_.capacities.size(), 0.0);
  }

  Carried run() {
    schedule_first();
    engine_.run([this](const Event& event) { handle(event); });
    for (const std::int64_t arrival : done_.arrivals) check(arrival >= 0, "a message that waits for ever");
    for (const std::int64_t arrival : done_.arrivals) done_.end = std::max(done_.end, arrival);
    done_.events = engine_.events();
    done_.fingerprint = engine_.fingerprint();
    return std::move(done_);
  }

 private:
  std::int64_t now() const { return engine_.now().time_since_epoch().count(); }
  static SimTime at(std::int64_t ticks) { return SimTime(Ticks(ticks)); }

  void handle(const Event& event) {
    switch (event.kind<Happening>()) {
      case Happening::start:
        for (std::uint32_t i = first_of_[event.id()]; i < first_of_[event.id() + 1]; ++i) start(ready_[i]);
        return;
      case Happening::group_due:
        return end_due(event.id());
      case Happening::settle:
        return settle();
      case Happening::arrived:
        return release(event.id(), Until::arrived);
    }
  }

  // What waits for nothing starts in batches, one event for each time.
  void schedule_first() {
    ready_ = waiting_.list_ready();
    const auto start_of = [this](std::uint32_t instance) {
      return all_.flows[instance % all_.flows.size()].start;
    };
    std::stable_sort(ready_.begin(), ready_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return start_of(a) < start_of(b); });
    for (std::uint32_t i = 0; i < ready_.size(); ++i)
      if (i == 0 || start_of(ready_[i]) != start_of(ready_[i - 1])) {
        engine_.at(at(start_of(ready_[i])), Happening::start, static_cast<std::uint32_t>(first_of_.size()));
        first_of_.push_back(i);
      }
    first_of_.push_back(static_cast<std::uint32_t>(ready_.size()));
  }

  void start(std::uint32_t instance) {
    const auto flow = static_cast<std::uint32_t>(instance % all_.flows.size());
    if (options_.adaptive != nullptr && all_.flows[flow].crossings == 0)
      choose_path(all_, flow, *options_.adaptive, *options_.ends, active_);
    seeds_.push_back(active_.start(flow, static_cast<std::uint32_t>(instance / all_.flows.size())));
    ask_to_settle();
  }

  void ask_to_settle() {
    if (settling_) return;
    settling_ = true;
    engine_.at(engine_.now(), Happening::settle, 0);
  }

  // A flow of the group ends when its bytes are out; those that end within this interval do so now.
  void end_due(std::uint32_t id) {
    Group& group = groups_[id];
    if (group.due != now()) return;  // solved anew since
    const std::vector<std::uint32_t> slots = dissolve(id);
    for (const std::uint32_t slot : slots) {
      ActiveFlows::Slot& flow = active_.at(slot);
      const std::int64_t sent = group.since + ticks_to_send(flow.remaining, active_.rates()[slot]);
      if (sent > now()) {
        advance(slot, now() - groups_[id].since);
        flow.group = ActiveFlows::none;
        seeds_.push_back(slot);
      } else {
        finish(slot, sent);
      }
    }
    ask_to_settle();
  }

  static std::int64_t ticks_to_send(double remaining, double rate) {
    return sim::to_ticks(seconds(remaining / rate)).count();
  }

  std::vector<std::uint32_t> dissolve(std::uint32_t id) {
    groups_[id].due = -1;
    free_groups_.push_back(id);
    return std::move(groups_[id].slots);
  }

  void advance(std::uint32_t slot, std::int64_t passed) {
    ActiveFlows::Slot& flow = active_.at(slot);
    const double moved =
        std::min(flow.remaining, active_.rates()[slot] * sim::to_seconds(Ticks(passed)).base());
    flow.remaining -= moved;
    for (const Crossing& x : active_.crossings(slot)) done_.channel_bytes[x.channel] += moved * x.weight;
  }

  void finish(std::uint32_t slot, std::int64_t sent) {
    const ActiveFlows::Slot& flow = active_.at(slot);
    for (const Crossing& x : all_.path(flow.flow))
      done_.channel_bytes[x.channel] += flow.remaining * x.weight;
    const auto instance = static_cast<std::uint32_t>(flow.round * all_.flows.size() + flow.flow);
    const std::int64_t arrival = sent + all_.flows[flow.flow].latency;
    done_.arrivals[instance] = arrival;
    if (waiting_.waited_for(flow.flow, Until::arrived))
      engine_.at(at(std::max(arrival, now())), Happening::arrived, instance);
    active_.end(slot);
    release(instance, Until::sent);
  }

  void release(std::uint32_t instance, Until until) {
    waiting_.release(instance, until, [this](std::uint32_t next) {
      const std::int64_t earliest = all_.flows[next % all_.flows.size()].start;
      if (earliest <= now()) return start(next);
      engine_.at(at(earliest), Happening::start, static_cast<std::uint32_t>(first_of_.size() - 1));
      ready_.push_back(next);
      first_of_.push_back(static_cast<std::uint32_t>(ready_.size()));
    });
  }

  // Everything that changed at this time is known: solve the components of what started and of what was left
  // behind by flows that ended.
  void settle() {
    settling_ = false;
    active_.forget();
    active_.new_look();
    for (const std::uint32_t seed : seeds_)
      if (!active_.met(seed)) {
        active_.gather(seed, component_);
        solve();
      }
    seeds_.clear();
  }

  void solve() {
    for (const std::uint32_t slot : component_.flows) {
      const std::uint32_t id = active_.at(slot).group;
      if (id == ActiveFlows::none) continue;
      if (groups_[id].due >= 0) dissolve(id);
      advance(slot, now() - groups_[id].since);
    }
    solver_.share(active_, component_.flows, component_.channels, active_.rates());
    ++done_.solves;
    if (options_.certify) certify();
    make_group();
  }

  void make_group() {
    std::uint32_t id = static_cast<std::uint32_t>(groups_.size());
    if (free_groups_.empty()) {
      groups_.emplace_back();
    } else {
      id = free_groups_.back();
      free_groups_.pop_back();
    }
    double first = std::numeric_limits<double>::infinity();
    for (const std::uint32_t slot : component_.flows) {
      active_.at(slot).group = id;
      first = std::min(first, active_.at(slot).remaining / active_.rates()[slot]);
    }
    const std::int64_t wait = sim::to_ticks(seconds(first)).count();
    const auto interval = static_cast<std::int64_t>(options_.merge * static_cast<double>(now() + wait));
    Group& group = groups_[id];
    group.slots = component_.flows;
    group.since = now();
    group.due = now() + wait + interval;
    engine_.at(at(group.due), Happening::group_due, id);
  }

  // A flow's bottleneck: a full channel on which no flow is faster.
  void certify() {
    if (use_.empty()) use_.resize(all_.capacities.size());
    for (const std::uint32_t c : component_.channels) use_[c] = {};
    for (const std::uint32_t slot : component_.flows)
      for (const Crossing& x : active_.crossings(slot)) {
        use_[x.channel].load += active_.rates()[slot] * x.weight;
        use_[x.channel].fastest = std::max(use_[x.channel].fastest, active_.rates()[slot]);
      }
    for (const std::uint32_t slot : component_.flows) {
      const auto path = active_.crossings(slot);
      const bool found = std::any_of(path.begin(), path.end(), [&](const Crossing& x) {
        const Use& use = use_[x.channel];
        return use.load > all_.capacities[x.channel] * (1 - tolerance) &&
               active_.rates()[slot] >= use.fastest * (1 - tolerance);
      });
      const std::uint64_t messages = all_.count(active_.at(slot).flow);
      done_.rates += messages;
      done_.certified += found ? messages : 0;
    }
  }

  static constexpr double tolerance = 1e-9;  // far above rounding, far below any share
  struct Use {
    double load = 0, fastest = 0;
  };

  Flows all_;
  CarryOptions options_;
  ActiveFlows active_;
  Waiting waiting_;
  sim::Engine engine_;
  FairShare solver_;
  Component component_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> free_groups_, seeds_, ready_, first_of_;
  std::vector<Use> use_;
  bool settling_ = false;
  Carried done_;
};

}  // namespace

Carried carry(Flows flows, const CarryOptions& options) {
  return Carrier(std::move(flows), options).run();
}

}  // namespace foretrain::network
