#include "interchange/replay.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <deque>

#include "base/check.hpp"
#include "interchange/fair_port.hpp"
#include "interchange/verify.hpp"
#include "sim/engine.hpp"

namespace foretrain::interchange {
namespace {

using sim::SimTime;
using sim::Ticks;

enum class Happening : std::uint8_t { computed, port_due, arrived, met };

struct Meet {  // one collective of one group
  std::vector<std::uint32_t> nodes;
  std::size_t there = 0;
  std::uint32_t after = none;  // the one before it in its group
  std::uint32_t next = none;
  bool running = false, over = false;
  static constexpr std::uint32_t none = 0xffffffff;
};

class Run {
 public:
  Run(const Workload& workload, const ReplayRates& rates) : w_(workload), rates_(rates) {
    std::size_t count = 0;
    for (const auto& nodes : w_.ranks) {
      first_.push_back(static_cast<std::uint32_t>(count));
      count += nodes.size();
    }
    check(count < Meet::none, "nodes are counted in 32 bits");
    first_.push_back(static_cast<std::uint32_t>(count));
    ports_.resize(w_.ranks.size());
    streams_.resize(w_.ranks.size() * 2);
    result_.computing.resize(w_.ranks.size());
    link_needs(count);
    for (const auto& [send, receive] : match_messages(w_))
      peer_of_[first_[send.rank] + send.node] = first_[receive.rank] + receive.node;
    link_collectives();
  }

  Replay run() {
    std::vector<std::uint32_t> free;
    for (std::uint32_t id = 0; id < waiting_.size(); ++id)
      if (waiting_[id] == 0) free.push_back(id);
    for (const auto id : free) begin(id);
    engine_.run([this](const sim::Event& event) { handle(event); });
    result_.makespan = engine_.now();
    result_.events = engine_.events();
    if (result_.stopped.empty() && done_ < waiting_.size()) result_.stopped = first_stuck();
    return std::move(result_);
  }

 private:
  struct Stream {  // of a rank: the GPU's compute, the host's
    std::deque<std::uint32_t> queue;
    bool busy = false;
  };

  std::uint32_t rank_of(std::uint32_t id) const {
    return static_cast<std::uint32_t>(std::upper_bound(first_.begin(), first_.end(), id) - first_.begin() -
                                      1);
  }
  const Node& node_of(std::uint32_t id) const {
    const auto rank = rank_of(id);
    return w_.ranks[rank][id - first_[rank]];
  }

  void link_needs(std::size_t count) {
    waiting_.assign(count, 0);
    after_begin_.assign(count + 1, 0);
    peer_of_.assign(count, Meet::none);
    meet_of_.assign(count, Meet::none);
    arrived_.assign(count, 0);
    begun_.assign(count, 0);
    each_need([this](std::uint32_t need, std::uint32_t) { ++after_begin_[need + 1]; });
    for (std::size_t i = 0; i < count; ++i) after_begin_[i + 1] += after_begin_[i];
    after_.resize(after_begin_.back());
    auto next = after_begin_;
    each_need([&](std::uint32_t need, std::uint32_t id) {
      after_[next[need]++] = id;
      ++waiting_[id];
    });
  }
  template <class Body>
  void each_need(Body body) {
    for (std::size_t r = 0; r < w_.ranks.size(); ++r)
      for (std::uint32_t i = 0; i < w_.ranks[r].size(); ++i)
        for (const auto need : w_.ranks[r][i].needs) body(first_[r] + need, first_[r] + i);
  }

  void link_collectives() {
    std::map<std::uint32_t, std::vector<std::uint32_t>> meets;  // group -> its collectives in order
    for (std::uint32_t r = 0; r < w_.ranks.size(); ++r) {
      std::map<std::uint32_t, std::size_t> seen;
      for (std::uint32_t i = 0; i < w_.ranks[r].size(); ++i) {
        const Node& node = w_.ranks[r][i];
        if (node.kind != NodeKind::collective) continue;
        auto& list = meets[node.group];
        const std::size_t k = seen[node.group]++;
        if (k == list.size()) {
          Meet meet;
          meet.after = list.empty() ? Meet::none : list.back();
          if (!list.empty()) meets_[list.back()].next = static_cast<std::uint32_t>(meets_.size());
          list.push_back(static_cast<std::uint32_t>(meets_.size()));
          meets_.push_back(meet);
        }
        meets_[list[k]].nodes.push_back(first_[r] + i);
        meet_of_[first_[r] + i] = list[k];
      }
    }
  }

  void handle(const sim::Event& event) {
    switch (event.kind<Happening>()) {
      case Happening::computed:
        return on_computed(event.id());
      case Happening::port_due:
        return on_port_due(event.id());
      case Happening::arrived:
        arrived_[event.id()] = 1;
        if (begun_[event.id()]) finish(event.id());
        return;
      case Happening::met:
        return on_met(event.id());
    }
  }

  void begin(std::uint32_t id) {
    const Node& node = node_of(id);
    begun_[id] = 1;
    switch (node.kind) {
      case NodeKind::compute: {
        Stream& stream = stream_of(id);
        stream.queue.push_back(id);
        return compute_next(stream);
      }
      case NodeKind::send:
        return send(id, node);
      case NodeKind::receive:
        if (arrived_[id]) finish(id);
        return;
      case NodeKind::collective:
        ++meets_[meet_of_[id]].there;
        return meet(meet_of_[id]);
    }
  }

  Stream& stream_of(std::uint32_t id) { return streams_[rank_of(id) * 2 + (node_of(id).on_host ? 1 : 0)]; }
  void compute_next(Stream& stream) {
    if (stream.busy || stream.queue.empty()) return;
    stream.busy = true;
    engine_.after(node_of(stream.queue.front()).duration, Happening::computed, stream.queue.front());
  }
  void on_computed(std::uint32_t id) {
    Stream& stream = stream_of(id);
    stream.queue.pop_front();
    stream.busy = false;
    const Node& node = node_of(id);
    if (!node.on_host) result_.computing[rank_of(id)] += node.duration;
    finish(id);
    compute_next(stream);
  }

  // What takes longer than a thousand seconds is a slip of the rate; it stops the run.
  Ticks bounded(Seconds time, const Node& node) {
    if (time <= sim::to_seconds(FairPort::longest)) return sim::to_ticks(time);
    if (result_.stopped.empty())
      result_.stopped =
          fmt::format("{} takes {:.3g} s at this rate, more than 1,000", node.name, time.base());
    return {};
  }

  void send(std::uint32_t id, const Node& node) {
    const Ticks wire = rates_.nic ? bounded(node.size / *rates_.nic, node) : node.wire;
    if (wire.count() == 0) return leave(id);
    const auto rank = rank_of(id);
    ports_[rank].add(engine_.now(), wire, id);
    engine_.at(ports_[rank].due(), Happening::port_due, rank);
  }
  // Planned again whenever the port's load changes, so an early event finds nothing to take.
  void on_port_due(std::uint32_t rank) {
    FairPort& port = ports_[rank];
    if (port.empty() || port.due() > engine_.now()) return;
    const auto left = port.take(engine_.now());
    if (!port.empty()) engine_.at(port.due(), Happening::port_due, rank);
    for (const auto id : left) leave(id);
  }
  void leave(std::uint32_t id) {
    const Node& node = node_of(id);
    const Ticks latency = rates_.nic ? sim::to_ticks(rates_.latency) : node.duration - node.wire;
    engine_.after(latency, Happening::arrived, peer_of_[id]);
    finish(id);
  }

  Ticks time_of(const Meet& meet) {
    Ticks longest{};
    for (const auto id : meet.nodes) longest = std::max(longest, node_of(id).duration);
    if (!rates_.nic) return longest;
    const Node& node = node_of(meet.nodes.front());
    const auto n = static_cast<double>(meet.nodes.size());
    double factor = 1;
    if (node.collective == Collective::all_reduce) factor = 2 * (n - 1) / n;
    if (node.collective == Collective::all_gather) factor = n - 1;
    if (node.collective == Collective::reduce_scatter || node.collective == Collective::all_to_all)
      factor = (n - 1) / n;
    return bounded(node.size * factor / *rates_.nic + rates_.latency, node);
  }
  void meet(std::uint32_t id) {
    Meet& m = meets_[id];
    if (m.running || m.there < m.nodes.size() || (m.after != Meet::none && !meets_[m.after].over)) return;
    m.running = true;
    engine_.after(time_of(m), Happening::met, id);
  }
  void on_met(std::uint32_t id) {
    meets_[id].over = true;
    for (const auto node : meets_[id].nodes) finish(node);
    if (const auto next = meets_[id].next; next != Meet::none && meets_[next].there > 0) meet(next);
  }

  // What ends at once because of it (a receive whose message is there) is put behind it, not inside it.
  void finish(std::uint32_t ended) {
    ended_.push_back(ended);
    if (ended_.size() > 1) return;
    for (std::size_t next = 0; next < ended_.size(); ++next) {
      const std::uint32_t id = ended_[next];
      ++done_;
      for (auto i = after_begin_[id]; i < after_begin_[id + 1]; ++i)
        if (--waiting_[after_[i]] == 0) begin(after_[i]);
    }
    ended_.clear();
  }

  std::string first_stuck() const {
    for (std::uint32_t id = 0; id < waiting_.size(); ++id) {
      const Node& node = node_of(id);
      const bool receives = node.kind == NodeKind::receive && begun_[id] && !arrived_[id];
      const bool meets = node.kind == NodeKind::collective && begun_[id] && !meets_[meet_of_[id]].over;
      if (receives || meets)
        return fmt::format("rank {} waits for ever in node {} ({})", rank_of(id), node.id, node.name);
    }
    return "the nodes wait for one another";
  }

  const Workload& w_;
  ReplayRates rates_;
  sim::Engine engine_;
  Replay result_;
  std::size_t done_ = 0;
  std::vector<std::uint32_t> first_;  // [rank] its first node among all
  std::vector<std::uint32_t> waiting_, after_begin_, after_, peer_of_, meet_of_;  // [node]
  std::vector<std::uint8_t> arrived_, begun_;                                     // [node]
  std::vector<FairPort> ports_;                                                   // [rank]
  std::vector<Stream> streams_;                                                   // [rank * 2 + host]
  std::vector<Meet> meets_;
  std::vector<std::uint32_t> ended_;  // nodes whose end is being told
};

}  // namespace

Replay replay(const Workload& workload, const ReplayRates& rates) {
  return Run(workload, rates).run();
}

}  // namespace foretrain::interchange
