#include "topology/paths.hpp"

#include <algorithm>

#include "topology/cluster_paths.hpp"
#include "topology/next_hops.hpp"
#include "topology/pick.hpp"
#include "topology/torus_paths.hpp"

namespace foretrain::topology {

struct Paths::Ways {
  std::optional<Layout> layout;
  std::optional<TorusSize> torus;  // with static routing
  std::optional<NextHops> table;

  void append(std::uint32_t from, std::uint32_t to, Picker picker, std::vector<Channel>& path) const;
};

namespace {

Picker picker_of(Routing routing, std::uint64_t seed, std::uint32_t from, std::uint32_t to,
                 std::uint64_t flow) {
  switch (routing) {
    case Routing::shortest:
      return {Picker::Rule::first, 0};
    case Routing::static_rule:
      return {Picker::Rule::by_destination, to};
    case Routing::ecmp:
    case Routing::adaptive:
      break;
  }
  const std::uint64_t ends = (std::uint64_t{from} << 32U) | to;
  return {Picker::Rule::hashed, mix(mix(ends ^ mix(seed)) ^ flow)};
}

}  // namespace

Paths::Paths(const Fabric& fabric, Routing routing, std::uint64_t seed) : routing_(routing), seed_(seed) {
  auto ways = std::make_unique<Ways>();
  const bool all_up = std::all_of(fabric.links.begin(), fabric.links.end(),
                                  [](const Link& link) { return link.capacity.base() > 0; });
  if (fabric.layout && all_up)
    ways->layout = fabric.layout;
  else
    ways->table.emplace(fabric);
  if (fabric.torus && all_up && routing == Routing::static_rule) ways->torus = fabric.torus;
  ways_ = std::move(ways);
}
Paths::~Paths() = default;
Paths::Paths(Paths&&) noexcept = default;
Paths& Paths::operator=(Paths&&) noexcept = default;

void Paths::Ways::append(std::uint32_t from, std::uint32_t to, Picker picker,
                         std::vector<Channel>& path) const {
  if (from == to) return;
  if (layout) return append_cluster_path(*layout, from, to, picker, path);
  if (torus && picker.is_by_destination()) return append_torus_path(*torus, from, to, path);
  const NextHops::Attachment& a = table->attachment(from);
  const NextHops::Attachment& b = table->attachment(to);
  if (a.at == NextHops::Attachment::none || b.at == NextHops::Attachment::none) return;
  const NextHops::Row& row = table->towards(b.at);
  if (a.at != b.at && row.at[a.at].count == 0) return;
  if (a.cable != NextHops::Attachment::none) path.push_back(a.cable);
  for (std::uint32_t v = a.at; v != b.at;) {
    const NextHops::Entry& e = row.at[v];
    const std::uint32_t channel = table->channel(row, e, e.count == 1 ? 0 : picker.pick(e.count, e.cables));
    path.push_back(channel);
    v = table->head(channel);
  }
  if (b.cable != NextHops::Attachment::none) path.push_back(b.cable ^ 1U);
}

void Paths::append(std::uint32_t from, std::uint32_t to, std::uint64_t flow,
                   std::vector<Channel>& path) const {
  ways_->append(from, to, picker_of(routing_, seed_, from, to, flow), path);
}

void Paths::append_choice(std::uint32_t from, std::uint32_t to, std::uint32_t choice,
                          std::vector<Channel>& path) const {
  ways_->append(from, to, {Picker::Rule::numbered, choice}, path);
}

bool Paths::joined(std::uint32_t from, std::uint32_t to) const {
  return ways_->torus || choices(from, to) > 0;
}

std::uint32_t Paths::choices(std::uint32_t from, std::uint32_t to) const {
  if (from == to) return 1;
  if (ways_->layout)
    return static_cast<std::uint32_t>(
        std::min<std::int64_t>(most_choices, count_cluster_paths(*ways_->layout, from, to)));
  const NextHops& table = *ways_->table;
  const std::uint32_t none = NextHops::Attachment::none, target = table.attachment(to).at;
  std::uint32_t v = table.attachment(from).at;
  if (v == none || target == none) return 0;
  const NextHops::Row& row = table.towards(target);
  std::uint32_t ways = 1;
  while (v != target) {
    const NextHops::Entry& e = row.at[v];
    if (e.count == 0) return 0;
    ways = std::min(most_choices, ways * e.count);  // at most 4096 * 65535: fits
    v = table.head(table.channel(row, e, 0));
  }
  return ways;
}

}  // namespace foretrain::topology
