#include "topology/cluster_paths.hpp"

#include "topology/topology.hpp"

namespace foretrain::topology {
namespace {

struct End {  // of a message on the fabric between nodes
  std::int64_t node = 0, rail = 0, endpoint = 0, leaf = 0;
};

End end_of(const Layout& l, std::int64_t gpu) {
  End e{.node = gpu / l.gpus_per_node, .rail = rail_of(l, gpu)};
  e.endpoint = l.rails_joined ? e.rail * l.nodes + e.node : e.node;
  e.leaf = e.endpoint / l.ports_down;
  return e;
}

// The GPU of the sender's node whose NIC a message leaves by.
std::int64_t sender_of(const Layout& l, std::int64_t from, std::int64_t to) {
  if (!changes_rail_first(l, from, to)) return from;
  return from / l.gpus_per_node * l.gpus_per_node + to % l.gpus_per_node;
}

// The first uplink of a leaf that ends at the spine, counted within the leaf; further ones lie `spines` apart
// (build.cpp), as many as fit.
std::int64_t first_uplink(const Layout& l, std::int64_t leaf, std::int64_t spine) {
  const std::int64_t spines = l.spines_per_plane;
  return ((spine - leaf * l.ports_up) % spines + spines) % spines;
}
std::int64_t count_cables(const Layout& l, std::int64_t leaf, std::int64_t spine) {
  return (l.ports_up - first_uplink(l, leaf, spine) + l.spines_per_plane - 1) / l.spines_per_plane;
}

class Writer {
 public:
  explicit Writer(std::vector<std::uint32_t>& path) : path_(path) {}
  void up(std::int64_t link) { path_.push_back(static_cast<std::uint32_t>(2 * link)); }
  void down(std::int64_t link) { path_.push_back(static_cast<std::uint32_t>(2 * link + 1)); }

 private:
  std::vector<std::uint32_t>& path_;
};

void cross_spine(const Layout& l, const End& a, const End& b, Picker& picker, Writer& write) {
  const std::int64_t spines = l.spines_per_plane, d = b.endpoint;
  const std::int64_t plane = l.rails_joined ? 0 : a.rail;
  const std::int64_t first = 2 * l.gpus + l.nodes * l.nics_per_node + plane * l.leaves_per_plane * l.ports_up;
  std::int64_t uplink = 0, spine = 0, cable = 0;
  if (picker.is_by_destination()) {
    spine = d % spines;
    uplink = first_uplink(l, a.leaf, spine) + d / spines % count_cables(l, a.leaf, spine) * spines;
    cable = d / spines % count_cables(l, b.leaf, spine);
  } else {
    uplink = picker.pick(static_cast<std::uint32_t>(l.ports_up), 0);
    spine = (a.leaf * l.ports_up + uplink) % spines;
    cable = picker.pick(static_cast<std::uint32_t>(count_cables(l, b.leaf, spine)), 0);
  }
  write.up(first + a.leaf * l.ports_up + uplink);
  write.down(first + b.leaf * l.ports_up + first_uplink(l, b.leaf, spine) + cable * spines);
}

}  // namespace

void append_cluster_path(const Layout& l, std::int64_t from, std::int64_t to, Picker picker,
                         std::vector<std::uint32_t>& path) {
  Writer write(path);
  if (from / l.gpus_per_domain == to / l.gpus_per_domain) {
    write.up(from);
    write.down(to);
    return;
  }
  if (const std::int64_t sender = sender_of(l, from, to); sender != from) {
    write.up(from);
    write.down(sender);
    from = sender;
  }
  const End a = end_of(l, from), b = end_of(l, to);
  write.up(l.gpus + from);
  write.up(2 * l.gpus + a.node * l.nics_per_node + a.rail);
  if (a.leaf != b.leaf) cross_spine(l, a, b, picker, write);
  write.down(2 * l.gpus + b.node * l.nics_per_node + b.rail);
  write.down(l.gpus + to);
}

std::int64_t count_cluster_paths(const Layout& l, std::int64_t from, std::int64_t to) {
  if (from / l.gpus_per_domain == to / l.gpus_per_domain) return 1;
  const End a = end_of(l, sender_of(l, from, to)), b = end_of(l, to);
  if (a.leaf == b.leaf) return 1;
  return l.ports_up * count_cables(l, b.leaf, a.leaf * l.ports_up % l.spines_per_plane);
}

}  // namespace foretrain::topology
