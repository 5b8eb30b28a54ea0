#include "interchange/verify.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <compare>
#include <tuple>

namespace foretrain::interchange {
namespace {

using Line = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;  // from, to, tag

struct Ends {
  std::vector<Place> sends, receives;
};

std::map<Line, Ends> list_lines(const Workload& w) {
  std::map<Line, Ends> lines;
  for (std::uint32_t r = 0; r < w.ranks.size(); ++r)
    for (std::uint32_t i = 0; i < w.ranks[r].size(); ++i) {
      const Node& n = w.ranks[r][i];
      if (n.kind == NodeKind::send) lines[{r, n.peer, n.tag}].sends.push_back({r, i});
      if (n.kind == NodeKind::receive) lines[{n.peer, r, n.tag}].receives.push_back({r, i});
    }
  return lines;
}

const Node& at(const Workload& w, Place place) {
  return w.ranks[place.rank][place.node];
}

// A node that needs one that comes later in the list is in order too, as long as there is no circle.
void check_needs(const Workload& w, std::uint32_t rank, std::vector<std::string>& faults) {
  const auto& nodes = w.ranks[rank];
  std::vector<std::uint32_t> waiting(nodes.size());
  std::vector<std::vector<std::uint32_t>> after(nodes.size());
  std::vector<std::uint32_t> ready;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    waiting[i] = static_cast<std::uint32_t>(nodes[i].needs.size());
    if (waiting[i] == 0) ready.push_back(i);
    for (const auto need : nodes[i].needs) {
      if (need >= nodes.size()) {
        faults.push_back(fmt::format("rank {}: node {} ({}) needs a node that does not exist", rank,
                                     nodes[i].id, nodes[i].name));
        return;
      }
      after[need].push_back(i);
    }
  }
  std::size_t done = 0;
  while (!ready.empty()) {
    const auto node = ready.back();
    ready.pop_back();
    ++done;
    for (const auto next : after[node])
      if (--waiting[next] == 0) ready.push_back(next);
  }
  if (done == nodes.size()) return;
  const auto stuck = std::find_if(waiting.begin(), waiting.end(), [](auto left) { return left > 0; });
  const Node& node = nodes[static_cast<std::size_t>(stuck - waiting.begin())];
  faults.push_back(fmt::format("rank {}: node {} ({}) waits in a circle", rank, node.id, node.name));
}

void check_messages(const Workload& w, std::vector<std::string>& faults) {
  for (const auto& [line, ends] : list_lines(w)) {
    const auto [from, to, tag] = line;
    if (from >= w.ranks.size() || to >= w.ranks.size() || from == to) {
      faults.push_back(fmt::format("a message from rank {} to rank {}, tag {}: there are ranks 0 to {}", from,
                                   to, tag, w.ranks.size() - 1));
      continue;
    }
    if (ends.sends.size() != ends.receives.size()) {
      faults.push_back(fmt::format("from rank {} to rank {}, tag {}: {} sent, {} received", from, to, tag,
                                   ends.sends.size(), ends.receives.size()));
      continue;
    }
    for (std::size_t i = 0; i < ends.sends.size(); ++i) {
      const Bytes sent = at(w, ends.sends[i]).size, received = at(w, ends.receives[i]).size;
      if (sent == received) continue;
      faults.push_back(fmt::format("from rank {} to rank {}, tag {}: {:.0f} B sent, {:.0f} B received", from,
                                   to, tag, sent.base(), received.base()));
      break;
    }
  }
}

void check_collectives(const Workload& w, std::vector<std::string>& faults) {
  std::map<std::uint32_t, std::map<std::uint32_t, std::vector<std::uint32_t>>> named;  // group, rank: nodes
  for (std::uint32_t r = 0; r < w.ranks.size(); ++r)
    for (std::uint32_t i = 0; i < w.ranks[r].size(); ++i)
      if (w.ranks[r][i].kind == NodeKind::collective) named[w.ranks[r][i].group][r].push_back(i);
  for (const auto& [group, ranks] : named) {
    const auto members = members_of(w, group);
    const auto& [first, model] = *ranks.begin();
    const auto fault = [&, group = group](std::uint32_t rank, const std::string& what) {
      faults.push_back(fmt::format("group {}, rank {}: {}", group, rank, what));
    };
    for (const auto& [rank, nodes] : ranks)
      if (!std::binary_search(members.begin(), members.end(), rank)) fault(rank, "it is no member");
    for (const auto member : members) {
      const auto found = ranks.find(member);
      const std::size_t count = found == ranks.end() ? 0 : found->second.size();
      if (count != model.size()) {
        fault(member, fmt::format("{} collectives, where rank {} has {}", count, first, model.size()));
        continue;
      }
      for (std::size_t k = 0; k < count; ++k) {
        const Node& a = w.ranks[first][model[k]];
        const Node& b = w.ranks[member][found->second[k]];
        if (a.collective == b.collective && a.size == b.size) continue;
        fault(member,
              fmt::format("collective {} is {} of {:.0f} B, on rank {} {} of {:.0f} B", k + 1,
                          name_of(b.collective), b.size.base(), first, name_of(a.collective), a.size.base()));
        break;
      }
    }
  }
}

}  // namespace

std::vector<std::string> faults_of(const Workload& workload) {
  std::vector<std::string> faults;
  for (std::uint32_t r = 0; r < workload.ranks.size(); ++r) check_needs(workload, r, faults);
  check_messages(workload, faults);
  check_collectives(workload, faults);
  return faults;
}

std::map<Place, Place> match_messages(const Workload& workload) {
  std::map<Place, Place> matched;
  for (const auto& [line, ends] : list_lines(workload))
    for (std::size_t i = 0; i < ends.sends.size(); ++i) matched[ends.sends[i]] = ends.receives[i];
  return matched;
}

}  // namespace foretrain::interchange
