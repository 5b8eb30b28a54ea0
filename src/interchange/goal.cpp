#include "interchange/goal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/check.hpp"

namespace foretrain::interchange {
namespace {

std::int64_t whole_bytes(Bytes size) {
  return std::max<std::int64_t>(1, std::llround(size.base()));
}

class Writing {
 public:
  Writing(std::uint32_t rank, std::size_t ranks, const Groups& groups, const GoalOptions& options)
      : rank_(rank), ranks_(ranks), groups_(groups), options_(options) {}

  std::string write(const std::vector<Node>& nodes) {
    line("rank {} {{\n", rank_);
    ends_.resize(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Node& n = nodes[i];
      const std::string label = fmt::format("l{}", n.id);
      starts_.clear();
      for (const auto need : n.needs) starts_.insert(starts_.end(), ends_[need].begin(), ends_[need].end());
      ends_[i] = n.kind == NodeKind::collective ? collective(n, label) : one(n, label);
    }
    text_ += "}\n";
    return std::move(text_);
  }

 private:
  using Labels = std::vector<std::string>;

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  void require(const std::string& label, const Labels& needs) {
    for (const auto& need : needs) line("{} requires {}\n", label, need);
  }
  void send(const std::string& label, std::int64_t size, std::uint32_t to, std::uint32_t tag,
            const Labels& needs) {
    line("{}: send {}b to {} tag {}\n", label, size, to, tag);
    require(label, needs);
  }
  void receive(const std::string& label, std::int64_t size, std::uint32_t from, std::uint32_t tag,
               const Labels& needs) {
    line("{}: recv {}b from {} tag {}\n", label, size, from, tag);
    require(label, needs);
  }

  Labels one(const Node& n, const std::string& label) {
    if (n.kind == NodeKind::send) {
      send(label, whole_bytes(n.size), n.peer, n.tag, starts_);
    } else if (n.kind == NodeKind::receive) {
      receive(label, whole_bytes(n.size), n.peer, n.tag, starts_);
    } else {
      line("{}: calc {}\n", label, n.duration.count() * (options_.picoseconds ? 1000 : 1));
      require(label, starts_);
    }
    return {label};
  }

  // The k-th collective of a group has one tag on all its ranks, and no other collective has it.
  std::uint32_t tag_of(const Node& n) {
    const auto groups = static_cast<std::uint32_t>(groups_.empty() ? 1 : groups_.rbegin()->first + 1);
    return options_.collective_tag + seen_[n.group]++ * groups + n.group;
  }

  Labels collective(const Node& n, const std::string& label) {
    const auto named = groups_.find(n.group);
    const bool is_world = named == groups_.end();
    const std::size_t size = is_world ? ranks_ : named->second.size();
    const auto member = [&](std::size_t place) {
      return is_world ? static_cast<std::uint32_t>(place % size) : named->second[place % size];
    };
    std::size_t me = rank_;
    if (!is_world)
      me = static_cast<std::size_t>(std::find(named->second.begin(), named->second.end(), rank_) -
                                    named->second.begin());
    check(me < size && size > 1, "a collective is of a group to which its rank belongs");
    const auto tag = tag_of(n);
    const auto part = whole_bytes(n.size / static_cast<double>(size));
    switch (n.collective) {
      case Collective::all_to_all:
        return pairwise(label, size, me, member, part, tag);
      case Collective::reduce_scatter:
        return ring(label, size, me, member, part, tag, size - 1);
      case Collective::all_gather:
        return ring(label, size, me, member, whole_bytes(n.size), tag, size - 1);
      case Collective::all_reduce:
        if (n.size >= bytes(4) * static_cast<double>(size))
          return ring(label, size, me, member, part, tag, 2 * (size - 1));
        return dissemination(label, size, me, member, whole_bytes(n.size), tag);
      default:
        check(false, "no export holds such a collective");
        return {};
    }
  }

  template <class Member>
  Labels pairwise(const std::string& label, std::size_t size, std::size_t me, const Member& member,
                  std::int64_t part, std::uint32_t tag) {
    Labels ends;
    for (std::size_t k = 1; k < size; ++k) {
      ends.push_back(fmt::format("{}_s{}", label, k));
      send(ends.back(), part, member(me + k), tag, starts_);
      ends.push_back(fmt::format("{}_r{}", label, k));
      receive(ends.back(), part, member(me + size - k), tag, starts_);
    }
    line("{}: calc 0\n", label);
    require(label, ends);
    return {label};
  }

  template <class Member>
  Labels ring(const std::string& label, std::size_t size, std::size_t me, const Member& member,
              std::int64_t part, std::uint32_t tag, std::size_t rounds) {
    Labels before = starts_, sent = starts_;
    for (std::size_t k = 0; k < rounds; ++k) {
      const std::string s = fmt::format("{}_s{}", label, k), r = fmt::format("{}_r{}", label, k);
      send(s, part, member(me + 1), tag, before);
      receive(r, part, member(me + size - 1), tag, before);
      before = {r};
      sent = {s};
    }
    before.insert(before.end(), sent.begin(), sent.end());
    return before;
  }

  template <class Member>
  Labels dissemination(const std::string& label, std::size_t size, std::size_t me, const Member& member,
                       std::int64_t bytes, std::uint32_t tag) {
    Labels before = starts_;
    for (std::size_t step = 1; step < size; step *= 2) {
      const std::string s = fmt::format("{}_s{}", label, step), r = fmt::format("{}_r{}", label, step);
      send(s, bytes, member(me + step), tag, before);
      receive(r, bytes, member(me + size - step), tag, before);
      before = {s, r};
    }
    return before;
  }

  std::uint32_t rank_;
  std::size_t ranks_;
  const Groups& groups_;
  GoalOptions options_;
  std::string text_;
  std::vector<Labels> ends_;  // [node]
  Labels starts_;
  std::map<std::uint32_t, std::uint32_t> seen_;  // collectives of a group so far
};

}  // namespace

std::string goal_header(std::size_t ranks) {
  return fmt::format("num_ranks {}\n", ranks);
}

std::string to_goal(const std::vector<Node>& nodes, std::uint32_t rank, std::size_t ranks,
                    const Groups& groups, const GoalOptions& options) {
  return Writing(rank, ranks, groups, options).write(nodes);
}

}  // namespace foretrain::interchange
