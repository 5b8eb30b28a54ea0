#pragma once
// Which channels a message takes from one endpoint to another.
//
// Every path is a shortest one by hop_cost(): fewest links, but for two things. A Dragonfly's global link
// counts as three, which gives the minimal routing of Kim et al. (ISCA 2008): local, global, local, never two
// global ones. NVLink counts two and PCIe three, so that two GPUs of a node do not meet in a NIC, and no
// message takes NVLink to another rail where the fabric joins the rails. Among equal ways the routing
// decides, hop by hop:
//   shortest     the first next hop, always the same
//   ecmp         by a hash of seed, endpoints and flow, drawn anew at each switch (RFC 2992's hash-threshold)
//   static_rule  by destination modulo the number of next hops, the quotient going on to the next switch
//                (Zahavi, "Fat-tree routing and node ordering", 2009; D-mod-K): shifts meet nowhere in a full
//                fat tree
//   adaptive     the caller takes the least loaded of choices(); append() alone does as ecmp
// On a torus static_rule is dimension-ordered instead (topology/torus_paths.hpp), since by destination one
// fills unevenly; with a link down it is by destination there too.
// On a GPU cluster (Fabric::layout, no link down) paths are those of topology/route.hpp: over NVLink inside a
// domain, and over NVLink first to the right rail where planes do not meet (or Layout::nvlink_first). A link
// of capacity 0 is never used; a cluster that has one is routed as a general graph. Left out: non-minimal
// (Valiant) paths.
//
// Cost: the constructor O(nodes + links); a path O(its hops). The first path to a switch makes that switch's
// next hops, O(nodes + links) and 8 bytes a switch: S^2 in all only where every switch is a destination. A
// cluster keeps no table. Safe to call from several threads; answers do not depend on who asked first.

#include <cstdint>
#include <memory>
#include <vector>

#include "topology/fabric.hpp"

namespace foretrain::topology {

using Channel = std::uint32_t;  // 2 * link + direction: channel(Step) of route.hpp

enum class Routing : std::uint8_t { shortest, ecmp, static_rule, adaptive };

// What a link of this kind counts on a path; see above.
constexpr std::uint32_t hop_cost(LinkKind kind) {
  switch (kind) {
    case LinkKind::nvlink:
      return 2;
    case LinkKind::pcie:
    case LinkKind::global:
      return 3;
    default:
      return 1;
  }
}

class Paths {
 public:
  Paths(const Fabric& fabric, Routing routing, std::uint64_t seed);  // keeps what it needs of the fabric
  ~Paths();
  Paths(Paths&&) noexcept;
  Paths& operator=(Paths&&) noexcept;

  // Endpoints are indices into Fabric::endpoints. Appends nothing where from == to or there is no way.
  void append(std::uint32_t from, std::uint32_t to, std::uint64_t flow, std::vector<Channel>& path) const;
  bool joined(std::uint32_t from, std::uint32_t to) const;

  // How many shortest paths append_choice() tells apart, at most `most_choices`; 0 where there is no way.
  // Where the numbers of next hops differ between branches, the first branch is counted and a choice may
  // repeat a path; in trees every choice is a path of its own.
  static constexpr std::uint32_t most_choices = 4096;
  std::uint32_t choices(std::uint32_t from, std::uint32_t to) const;
  void append_choice(std::uint32_t from, std::uint32_t to, std::uint32_t choice,
                     std::vector<Channel>& path) const;

 private:
  struct Ways;
  std::unique_ptr<const Ways> ways_;
  Routing routing_;
  std::uint64_t seed_;
};

}  // namespace foretrain::topology
