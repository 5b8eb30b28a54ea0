// Networks that a generator makes from a few sizes: which keys each kind has.

#include "spec/read_network.hpp"
#include "topology/build.hpp"
#include "topology/fabrics/dragonfly.hpp"
#include "topology/fabrics/fat_tree2.hpp"
#include "topology/fabrics/fat_tree3.hpp"
#include "topology/fabrics/nvlink_domain.hpp"
#include "topology/fabrics/slim_fly.hpp"
#include "topology/fabrics/torus.hpp"

namespace foretrain::spec {
namespace {

using Made = tl::expected<topology::Fabric, std::string>;
using topology::fabrics::Cable;

constexpr std::int64_t most_endpoints = 300'000;

// Reads the sorts of cable that a kind has, in this order, and the sizes that a maker of it wants; then
// makes.
class Maker {
 public:
  Maker(Reader& reader, Network& network) : reader_(reader), network_(network) {}

  Made make(const std::string& kind) {
    if (kind == "two-layer-fat-tree") return two_layers();
    if (kind == "three-layer-fat-tree") return three_layers();
    if (kind == "dragonfly") return dragonfly();
    if (kind == "slim-fly") return slim_fly();
    if (kind == "torus") return torus();
    if (kind == "nvlink-domain") return nvlink_domain();
    return hosts(kind);
  }

 private:
  std::int64_t endpoints() { return reader_.integer("endpoints", "endpoints in all", {1, most_endpoints}); }
  std::int64_t ports() { return reader_.integer("switch_ports", "ports of one switch", {2, 4096}); }
  double oversubscription() {
    if (reader_.optional("oversubscription") == nullptr) return 1;
    return reader_.measure("oversubscription", Measure::ratio,
                           "ports of a leaf towards endpoints, for one towards spines",
                           {1, 64, false, "1 to 64"});
  }

  void read_links(const std::vector<std::string>& names) {
    const auto* entry = reader_.required("links", "{endpoint: {rate: {value: 400 Gbps, source: ...}}, ...}");
    if (entry == nullptr) return;
    Reader links(reader_.context(), entry->value, reader_.full("links"), entry->where);
    for (const std::string& name : names) {
      NetworkLink link{.name = name, .rate = {}, .latency = {}};
      if (const auto* one = links.required(name, "{rate: {...}, latency: {...}}"); one != nullptr) {
        Reader values(links.context(), one->value, links.full(name), one->where);
        link.rate =
            values.sourced<Bandwidth>("rate", Measure::bandwidth, "one direction of one link", link_rate());
        link.latency = values.sourced_or<Seconds>(
            "latency", Measure::time, {"0 us", "a link's own latency: none is stated"}, link_latency());
        values.finish();
      }
      network_.links.push_back(std::move(link));
    }
    links.finish();
  }
  Cable cable(std::size_t i) const {
    if (i >= network_.links.size()) return {};
    return {network_.links[i].rate.value, network_.links[i].latency.value};
  }

  Made two_layers() {
    const topology::fabrics::FatTree2 tree{endpoints(), ports(), oversubscription()};
    read_links({"endpoint", "trunk"});
    return topology::fabrics::fat_tree2(tree, {cable(0), cable(1)});
  }
  Made three_layers() {
    const topology::fabrics::FatTree3 tree{endpoints(), ports()};
    read_links({"endpoint", "trunk"});
    return topology::fabrics::fat_tree3(tree, {cable(0), cable(1)});
  }
  Made dragonfly() {
    topology::fabrics::Dragonfly d;
    d.routers_per_group = reader_.integer("routers_per_group", "routers of a group, all joined", {1, 1024});
    d.endpoints_per_router = reader_.integer("endpoints_per_router", "endpoints on a router", {1, 1024});
    d.global_links_per_router =
        reader_.integer("global_links_per_router", "links of a router to other groups", {0, 1024});
    if (reader_.optional("groups") != nullptr) d.groups = reader_.integer("groups", "groups", {1, 4096});
    read_links({"endpoint", "trunk"});
    const std::int64_t groups = d.groups > 0 ? d.groups : d.routers_per_group * d.global_links_per_router + 1;
    if (groups * d.routers_per_group > 40'000 ||
        groups * d.routers_per_group * d.endpoints_per_router > most_endpoints)
      return tl::unexpected(
          std::string("a dragonfly of more than 40000 routers or 300000 endpoints is not built"));
    return topology::fabrics::dragonfly(d, {cable(0), cable(1)});
  }
  Made slim_fly() {
    const std::int64_t q = reader_.integer("q", "2 q^2 routers; a power of a prime", {3, 64});
    read_links({"endpoint", "trunk"});
    return topology::fabrics::slim_fly(q, {cable(0), cable(1)});
  }
  Made torus() {
    topology::TorusSize size{1, 1, 1};
    if (const auto* entry = reader_.required("size", "nodes in each dimension, as in [8, 8, 16]");
        entry != nullptr) {
      const Node& list = entry->value;
      if (list.kind != Node::Kind::sequence || list.items.empty() || list.items.size() > size.size())
        reader_.context().error(list.where, "size must be a list of one to three numbers",
                                "for example size: [8, 8, 16]");
      else
        for (std::size_t i = 0; i < list.items.size(); ++i)
          size[i] = reader_.integer_of(list.items[i], reader_.full("size"), {1, 64});
    }
    read_links({"trunk"});
    return topology::fabrics::torus(size, cable(0));
  }
  Made nvlink_domain() {
    const std::int64_t gpus = reader_.integer("endpoints", "GPUs that NVLink joins", {1, 1024});
    read_links({"nvlink"});
    return topology::fabrics::nvlink_domain(gpus, cable(0));
  }

  // Trees between hosts: GPUs are the endpoints, NVLink joins those of a node.
  Made hosts(const std::string& kind) {
    using Kind = topology::FabricSpec::Kind;
    topology::ClusterSpec c;
    c.name = network_.name;
    c.gpus = reader_.integer("endpoints", "GPUs in all, a card each or shared", {1, most_endpoints});
    c.gpus_per_node = reader_.integer("endpoints_per_node", "GPUs of a node, joined by NVLink", {1, 1024});
    const bool planes = kind == "multi-plane-fat-tree";
    c.nics_per_node = reader_.integer(
        planes ? "planes" : "rails",
        planes ? "separate trees, one for each card of a node" : "cards of a node", {1, 1024});
    c.fabric.kind = planes ? Kind::multi_plane_fat_tree : Kind::multi_rail_fat_tree;
    c.fabric.planes = c.nics_per_node;
    c.fabric.switch_ports = ports();
    c.fabric.oversubscription = oversubscription();
    read_links({"endpoint", "trunk", "nvlink", "pcie"});
    const Cable nic = cable(0), trunk = cable(1), nvlink = cable(2), pcie = cable(3);
    if (c.gpus == 0 || c.gpus_per_node == 0 || c.nics_per_node == 0 || c.fabric.switch_ports == 0) return {};
    auto built = topology::build(c, {.nvlink = nvlink.rate,
                                     .pcie = pcie.rate,
                                     .nic = nic.rate,
                                     .leaf_spine = trunk.rate,
                                     .latency = {nvlink.latency, pcie.latency, nic.latency, trunk.latency}});
    if (!built) return tl::unexpected(built.error());
    topology::Fabric fabric = built->fabric();
    fabric.kind = kind;
    fabric.layout->nvlink_first = kind == "rail-optimised";
    return fabric;
  }

  Reader& reader_;
  Network& network_;
};

}  // namespace

void read_generated(Reader& reader, std::size_t kind, Network& network) {
  const std::size_t before = reader.context().error_count();
  Made made = Maker(reader, network).make(network_kinds()[kind]);
  if (reader.context().error_count() > before) return;
  if (made)
    network.fabric = std::move(*made);
  else
    reader.context().error(reader.context().where_of(reader.full("kind")), made.error());
}

}  // namespace foretrain::spec
