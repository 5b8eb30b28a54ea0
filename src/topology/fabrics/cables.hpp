#pragma once
// What generators of fabrics share: the two sorts of cable, and a way to add nodes and links.

#include <cstddef>
#include <string>
#include <utility>

#include "topology/fabric.hpp"

namespace foretrain::topology::fabrics {

struct Cable {
  Bandwidth rate{};  // one direction
  Seconds latency{};
};
struct Cables {
  Cable endpoint;  // endpoint to its switch
  Cable trunk;     // switch to switch
};

constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

class Wiring {
 public:
  explicit Wiring(std::string kind) { fabric_.kind = std::move(kind); }

  // The first of `count` new nodes, which are numbered on from it.
  std::int64_t add(std::int64_t count, NodeKind kind) {
    const auto first = static_cast<std::int64_t>(fabric_.nodes.size());
    fabric_.nodes.insert(fabric_.nodes.end(), static_cast<std::size_t>(count), kind);
    return first;
  }
  std::int64_t add_endpoints(std::int64_t count) {
    const std::int64_t first = add(count, NodeKind::endpoint);
    for (std::int64_t i = 0; i < count; ++i) fabric_.endpoints.push_back(node(first + i));
    return first;
  }
  void sends(std::int64_t at) { fabric_.endpoints.push_back(node(at)); }
  void join(std::int64_t a, std::int64_t b, LinkKind kind, const Cable& cable) {
    fabric_.links.push_back({node(a), node(b), kind, cable.rate, cable.latency});
  }
  // The first `count` endpoints see what all others see.
  void typical(std::int64_t count) {
    for (std::uint32_t i = 0; i < count; ++i) fabric_.typical.push_back(i);
  }
  void bisection(std::int64_t links, const Cable& cable, bool exact, std::string how) {
    fabric_.bisection = {links, static_cast<double>(links) * cable.rate, exact, std::move(how)};
  }
  Fabric take() { return std::move(fabric_); }

 private:
  static NodeId node(std::int64_t i) { return id_of<NodeId>(static_cast<std::size_t>(i)); }
  Fabric fabric_;
};

}  // namespace foretrain::topology::fabrics
