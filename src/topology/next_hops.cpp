#include "topology/next_hops.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "topology/paths.hpp"

namespace foretrain::topology {
namespace {

constexpr std::uint32_t none = NextHops::Attachment::none;
constexpr std::uint32_t far = 1U << 30U;  // no way; a cost more or less is still none

bool is_live(const Link& link) {
  return link.capacity.base() > 0 && link.a != link.b;
}

std::vector<std::uint32_t> count_links(const Fabric& fabric) {
  std::vector<std::uint32_t> degree(fabric.nodes.size());
  for (const Link& link : fabric.links)
    if (is_live(link)) ++degree[index_of(link.a)], ++degree[index_of(link.b)];
  return degree;
}

// The switch number of each node, or none for those that hang on another by one cable: no path crosses them.
std::vector<std::uint32_t> number_switches(const Fabric& fabric) {
  const std::vector<std::uint32_t> degree = count_links(fabric);
  std::vector<bool> hangs(fabric.nodes.size());
  for (const Link& link : fabric.links) {
    if (!is_live(link)) continue;
    const std::size_t a = index_of(link.a), b = index_of(link.b);
    hangs[a] = hangs[a] || (degree[a] == 1 && degree[b] > 1);
    hangs[b] = hangs[b] || (degree[b] == 1 && degree[a] > 1);
  }
  std::vector<std::uint32_t> number(fabric.nodes.size(), none);
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < number.size(); ++i)
    if (degree[i] > 0 && !hangs[i]) number[i] = next++;
  return number;
}

}  // namespace

NextHops::NextHops(const Fabric& fabric) : heads_(2 * fabric.links.size(), none) {
  const std::vector<std::uint32_t> number = number_switches(fabric);
  const auto switches = static_cast<std::size_t>(
      std::count_if(number.begin(), number.end(), [](std::uint32_t n) { return n != none; }));
  std::vector<Attachment> attached(fabric.nodes.size());
  forwards_.assign(switches, true);
  starts_.assign(switches + 1, 0);
  for (std::size_t i = 0; i < number.size(); ++i) {
    attached[i].at = number[i];
    if (number[i] != none) forwards_[number[i]] = fabric.nodes[i] != NodeKind::endpoint;
  }
  for (std::uint32_t link = 0; link < fabric.links.size(); ++link) {
    const Link& l = fabric.links[link];
    if (!is_live(l)) continue;
    const std::uint32_t a = number[index_of(l.a)], b = number[index_of(l.b)];
    if (a == none) attached[index_of(l.a)] = {b, 2 * link};
    if (b == none) attached[index_of(l.b)] = {a, 2 * link + 1};
    if (a == none || b == none) continue;
    heads_[2 * link] = b, heads_[2 * link + 1] = a;
    ++starts_[a + 1], ++starts_[b + 1];
  }
  for (std::size_t i = 0; i < switches; ++i) starts_[i + 1] += starts_[i];
  std::vector<std::uint32_t> filled(starts_.begin(), starts_.end() - 1);
  ports_.resize(starts_.back());
  for (std::uint32_t channel = 0; channel < heads_.size(); ++channel)
    if (heads_[channel] != none) ports_[filled[heads_[channel ^ 1U]]++] = channel;
  for (std::size_t i = 0; i < switches; ++i)
    std::stable_sort(ports_.begin() + starts_[i], ports_.begin() + starts_[i + 1],
                     [&](std::uint32_t x, std::uint32_t y) { return heads_[x] < heads_[y]; });
  for (const std::uint32_t channel : ports_)
    ways_.push_back({heads_[channel], hop_cost(fabric.links[channel / 2].kind)});
  for (const NodeId node : fabric.endpoints) attachments_.push_back(attached[index_of(node)]);
  rows_ = std::vector<std::atomic<const Row*>>(switches);
}

NextHops::~NextHops() {
  for (const auto& row : rows_) delete row.load();
}

// Cost of the way from every switch to the target. Costs of a link are small, so that the open switches fit
// in as many lists as the dearest link costs, and one.
std::vector<std::uint32_t> NextHops::distances(std::uint32_t target) const {
  constexpr std::size_t lists = 4;  // hop_cost() is at most 3
  std::vector<std::uint32_t> distance(forwards_.size(), far);
  std::vector<std::vector<std::uint32_t>> open(lists);
  distance[target] = 0;
  open[0].push_back(target);
  std::size_t left = 1;
  for (std::uint32_t d = 0; left > 0; ++d) {
    std::vector<std::uint32_t> now;
    now.swap(open[d % lists]);
    left -= now.size();
    for (const std::uint32_t v : now) {
      if (distance[v] != d || (!forwards_[v] && v != target)) continue;
      for (std::uint32_t port = starts_[v]; port < starts_[v + 1]; ++port) {
        const std::uint32_t w = ways_[port].to, through = d + ways_[port].cost;
        if (through >= distance[w]) continue;
        distance[w] = through;
        open[through % lists].push_back(w);
        ++left;
      }
    }
  }
  return distance;
}

const NextHops::Row& NextHops::make(std::uint32_t target) const {
  const std::vector<std::uint32_t> distance = distances(target);
  auto row = std::make_unique<Row>();
  row->at.resize(forwards_.size());
  std::vector<std::uint32_t> found;
  for (std::uint32_t v = 0; v < forwards_.size(); ++v) {
    if (v == target || distance[v] == far) continue;
    found.clear();
    for (std::uint32_t port = starts_[v]; port < starts_[v + 1]; ++port) {
      const auto [w, cost] = ways_[port];
      if (distance[w] == distance[v] - cost && (forwards_[w] || w == target)) found.push_back(port);
    }
    found.resize(std::min<std::size_t>(found.size(), std::numeric_limits<std::uint16_t>::max()));
    const auto neighbour = [&](std::size_t i) { return ways_[found[i]].to; };
    std::size_t cables = 1;
    while (cables < found.size() && neighbour(cables) == neighbour(0)) ++cables;
    bool even = found.size() % cables == 0;
    for (std::size_t i = 0; even && i < found.size(); ++i)
      even = neighbour(i) == neighbour(i / cables * cables) &&
             (i % cables != 0 || i == 0 || neighbour(i) != neighbour(i - 1));
    Entry& e = row->at[v];
    e.count = static_cast<std::uint16_t>(found.size());
    e.cables = static_cast<std::uint16_t>(even ? cables : 0);
    e.first = found.front();
    if (found.back() - found.front() + 1 == found.size()) continue;
    e.first = static_cast<std::uint32_t>(row->extra.size()) | extra_bit;
    for (const std::uint32_t port : found) row->extra.push_back(ports_[port]);
  }
  const Row* stored = nullptr;
  if (rows_[target].compare_exchange_strong(stored, row.get(), std::memory_order_acq_rel))
    return *row.release();
  return *stored;
}

}  // namespace foretrain::topology
