#pragma once
// A network from its file: a fabric file (topologies/fabrics/*.yaml), a custom list of nodes and links, an
// imported GraphML file, or a cluster file, whose network is that between its GPUs.
//
//   name, kind, the sizes of that kind (docs/network.md lists them)
//   links:  {endpoint: {rate: {value: 400 Gbps, source: ...}, latency: {...}}, trunk: ..., nvlink:, pcie:}
//   prices: {switch: {value: 83 K USD, source: ...}, link: {...}}    of a switch and of a link between two
// Rates are nominal, of one direction; of a cluster file those of its parts' data sheets, with the card's
// published latencies shared out over the links that they crossed.

#include <optional>
#include <string>
#include <vector>

#include "base/sourced.hpp"
#include "base/units.hpp"
#include "topology/fabric.hpp"

namespace foretrain::spec {

struct NetworkPrices {
  Sourced<Dollars> one_switch, one_link;  // a link between two switches, optics at both ends included
};

struct NetworkLink {  // a sort of cable, as its file describes it
  std::string name;   // endpoint, trunk, nvlink, pcie
  Sourced<Bandwidth> rate;
  Sourced<Seconds> latency;
};

struct Network {
  std::string name, file;
  topology::Fabric fabric;
  std::vector<NetworkLink> links;
  std::optional<NetworkPrices> prices;
  std::string source;  // of a custom or imported graph
};

// Throws SpecError with every mistake; a shape that cannot be wired is one, told at its kind.
Network load_network(const std::string& path);

}  // namespace foretrain::spec
