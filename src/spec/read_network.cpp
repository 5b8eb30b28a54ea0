#include "spec/read_network.hpp"

#include <algorithm>
#include <filesystem>

#include "spec/include.hpp"
#include "spec/read.hpp"
#include "topology/build.hpp"

namespace foretrain::spec {
namespace {

using topology::LinkKind;
using topology::NodeKind;

std::optional<NetworkPrices> read_network_prices(Reader& reader) {
  const auto* entry = reader.optional("prices");
  if (entry == nullptr) return std::nullopt;
  Reader inner(reader.context(), entry->value, reader.full("prices"), entry->where);
  NetworkPrices prices;
  prices.one_switch = inner.sourced<Dollars>("switch", Measure::money, "price of one switch", not_negative());
  prices.one_link =
      inner.sourced<Dollars>("link", Measure::money, "price of a link between two switches", not_negative());
  inner.finish();
  return prices;
}

void read_fabric_file(Reader& reader, Network& network) {
  network.name = reader.text("name", "what reports call this network");
  const std::size_t before = reader.context().error_count();
  const std::size_t kind = reader.choice("kind", network_kinds(), "how the switches are joined");
  const bool known = reader.context().error_count() == before;
  network.prices = read_network_prices(reader);
  if (!known) return;  // which keys belong to it nobody can tell
  if (network_kinds()[kind] == "custom")
    read_custom(reader, network);
  else if (network_kinds()[kind] == "graphml")
    read_graph_file(reader, network);
  else
    read_generated(reader, kind, network);
  reader.finish();
}

NetworkLink link_of(std::string name, Sourced<Bandwidth> rate, Sourced<Seconds> latency, double share) {
  latency.value *= share;
  return {std::move(name), std::move(rate), std::move(latency)};
}

// A message under one leaf crosses two cards' links, one over a spine two more; NVLink's figure is up and
// down. PCIe is inside the card's figure.
void read_cluster_file(Reader& reader, Network& network) {
  Scenario s;
  read_cluster(reader, s);
  if (reader.context().error_count() > 0) return;
  network.name = s.cluster.name;
  Sourced<Seconds> over_spine = s.nic.latency_cross_leaf;
  over_spine.value = std::max(Seconds{}, over_spine.value - s.nic.latency_same_leaf.value);
  network.links = {link_of("endpoint", s.nic.line_rate, s.nic.latency_same_leaf, 0.5),
                   link_of("trunk", s.nic.line_rate, over_spine, 0.5),
                   link_of("nvlink", s.gpu.nvlink, s.gpu.nvlink_latency, 0.5),
                   link_of("pcie", s.nic.line_rate, {}, 1)};
  const NetworkLink &nic = network.links[0], &trunk = network.links[1], &nvlink = network.links[2];
  auto built = topology::build(
      s.cluster, {.nvlink = nvlink.rate.value,
                  .pcie = network.links[3].rate.value,
                  .nic = nic.rate.value,
                  .leaf_spine = trunk.rate.value,
                  .latency = {nvlink.latency.value, {}, nic.latency.value, trunk.latency.value}});
  if (built)
    network.fabric = built->fabric();
  else
    reader.context().error(reader.context().where_of(reader.full("fabric.kind")), built.error(),
                           "see docs/describe.md, clusters");
}

}  // namespace

const std::vector<std::string>& network_kinds() {
  static const std::vector<std::string> kinds{"two-layer-fat-tree",
                                              "three-layer-fat-tree",
                                              "multi-plane-fat-tree",
                                              "multi-rail-fat-tree",
                                              "rail-optimised",
                                              "dragonfly",
                                              "slim-fly",
                                              "torus",
                                              "nvlink-domain",
                                              "custom",
                                              "graphml"};
  return kinds;
}

Network load_network(const std::string& path) {
  Network network;
  network.file = path;
  Context context;
  if (path.ends_with(".graphml")) {
    network.name = std::filesystem::path(path).stem().string();
    network.source = path;
    read_graphml(context, path, {}, {}, network.fabric);
    context.throw_if_any();
    return network;
  }
  auto root = load_part(context, path);
  if (!root) context.throw_if_any();
  if (root->find("gpus") != nullptr) {  // a cluster, as scenarios name it
    Context parts;
    root = load_cluster_tree(parts, path);
    if (!root) parts.throw_if_any();
    Reader reader(parts, *root, "", root->where);
    read_cluster_file(reader, network);
    parts.throw_if_any();
    return network;
  }
  Reader reader(context, *root, "", root->where);
  read_fabric_file(reader, network);
  context.throw_if_any();
  return network;
}

}  // namespace foretrain::spec
