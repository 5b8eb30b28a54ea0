#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

topology::FabricSpec read_fabric(Reader& reader) {
  using Kind = topology::FabricSpec::Kind;
  topology::FabricSpec fabric;
  const auto kind =
      reader.choice("kind", {"multi-plane-fat-tree", "multi-rail-fat-tree"}, "how the switches are joined");
  fabric.kind = kind == 0 ? Kind::multi_plane_fat_tree : Kind::multi_rail_fat_tree;
  fabric.planes = reader.integer("planes", "separate networks, one for each NIC of a node", {1, 64});
  fabric.levels = reader.integer("levels", "switch layers", {1, 3});
  fabric.switch_ports = reader.integer("switch_ports", "ports of one switch", {2, 4096});
  if (reader.has("oversubscription"))
    fabric.oversubscription =
        reader.measure("oversubscription", Measure::ratio,
                       "ports of a leaf towards cards, for one towards spines", {1, 64, false, "1 to 64"});
  reader.finish();
  return fabric;
}

}  // namespace

void read_cluster(Reader& reader, Scenario& scenario) {
  auto& cluster = scenario.cluster;
  cluster.name = reader.text("name", "the cluster's name");
  cluster.gpus = reader.integer("gpus", "GPUs in all", {1, 1'000'000});
  cluster.gpus_per_node = reader.integer("gpus_per_node", "GPUs of one node", {1, 1024});
  cluster.nics_per_node = reader.integer("nics_per_node", "network cards of one node", {1, 1024});
  if (reader.has("nvlink_domain"))
    cluster.nvlink_domain =
        reader.integer("nvlink_domain", "GPUs that NVLink joins, nodes together", {1, 1024});
  if (const auto* entry =
          reader.required("fabric", "{kind: ..., planes: ..., levels: ..., switch_ports: ...}");
      entry != nullptr) {
    Reader fabric(reader.context(), entry->value, reader.full("fabric"), entry->where);
    cluster.fabric = read_fabric(fabric);
  }
  if (const auto* entry = reader.required("gpu", "the path of a GPU part, as in parts/h800.yaml");
      entry != nullptr) {
    Reader gpu(reader.context(), entry->value, reader.full("gpu"), entry->where);
    scenario.gpu = read_gpu(gpu);
  }
  if (const auto* entry = reader.required("nic", "the path of a NIC part, as in parts/cx7-400g.yaml");
      entry != nullptr) {
    Reader nic(reader.context(), entry->value, reader.full("nic"), entry->where);
    scenario.nic = read_nic(nic);
  }
  if (const auto* entry = reader.optional("host"); entry != nullptr) {
    Reader host(reader.context(), entry->value, reader.full("host"), entry->where);
    scenario.host = read_host(host);
  }
  reader.finish();
}

}  // namespace foretrain::spec
