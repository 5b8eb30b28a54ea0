// Exports of a network: what is written is read back as the same graph, and written whole.

#include "report/topology.hpp"

#include "catch.hpp"
#include "golden/command.hpp"

using namespace foretrain;

namespace {

bool same(const topology::Link& a, const topology::Link& b) {
  return a.a == b.a && a.b == b.b && a.kind == b.kind && a.capacity == b.capacity && a.latency == b.latency;
}

}  // namespace

TEST_CASE("GraphML read back is the same graph") {
  const command::Folder folder("graphml");
  for (const char* name : {"fabrics/custom-ring", "fabrics/dragonfly-1056", "fabrics/nvl72",
                           "fabrics/torus-4096", "fabrics/rail-optimised-768", "h800-64"}) {
    INFO(name);
    const auto n = spec::load_network(std::string(FORETRAIN_ROOT "/topologies/") + name + ".yaml");
    const std::string file = folder.file("graph.graphml").string();
    std::ofstream(file, std::ios::binary) << report::to_graphml(n);
    const auto back = spec::load_network(file);
    CHECK(back.fabric.kind == n.fabric.kind);
    CHECK(back.fabric.nodes == n.fabric.nodes);
    CHECK(back.fabric.endpoints == n.fabric.endpoints);
    REQUIRE(back.fabric.links.size() == n.fabric.links.size());
    bool all = true;
    for (std::size_t i = 0; i < n.fabric.links.size(); ++i)
      all = all && same(back.fabric.links[i], n.fabric.links[i]);
    CHECK(all);
    CHECK(report::to_graphml(back).size() > 0);
  }
}

TEST_CASE("DOT names every node and link once, and quotes survive") {
  auto n = spec::load_network(FORETRAIN_ROOT "/topologies/fabrics/custom-ring.yaml");
  n.name = "a \"b\" \\";
  const std::string dot = report::to_dot(n);
  std::size_t joins = 0;
  for (auto at = dot.find(" -- "); at != std::string::npos; at = dot.find(" -- ", at + 1)) ++joins;
  CHECK(joins == n.fabric.links.size());
  CHECK(dot.starts_with("graph \"a \\\"b\\\" \\\\\" {"));
}

TEST_CASE("a network of one endpoint has no halves to cut it into") {
  spec::Network n;
  n.fabric.nodes = {topology::NodeKind::router};
  n.fabric.endpoints = {topology::NodeId{0}};
  const std::string text = report::to_text(n, study::survey(n));
  CHECK(text.find("none: a single endpoint has no halves") != std::string::npos);
  CHECK(text.find("1 endpoint\n") != std::string::npos);
}

TEST_CASE("the command exports, and says where it cannot; a network in two parts is an honest no") {
  if (!command::exists()) return;
  const command::Folder folder("topology");
  const std::string out = folder.file("x.graphml").string(), dot = folder.file("x.dot").string();
  const auto done =
      command::run("topology topologies/fabrics/nvl72.yaml --graphml " + out + " --dot " + dot + " --json");
  CHECK(done.status == 0);
  CHECK(command::run("topology " + out + " --json").status == 0);
  CHECK(command::read(dot).ends_with("}\n"));
  const auto bad = command::run("topology topologies/fabrics/nvl72.yaml --dot /nowhere/x.dot 2>&1");
  CHECK(bad.status == 2);
  CHECK(bad.out.find("/nowhere/x.dot") != std::string::npos);
  std::ofstream(folder.file("two.yaml")) << "name: two\nkind: custom\nsource: test\nrate: 1 GB/s\n"
                                            "nodes: [{name: a, kind: router}, {name: b, kind: router},\n"
                                            "        {name: c, kind: router}, {name: d, kind: router}]\n"
                                            "links: [{from: a, to: b}, {from: c, to: d}]\n";
  const auto apart = command::run("topology " + folder.file("two.yaml").string() + " --json");
  CHECK(apart.status == 1);
  CHECK(apart.out.find("\"joined\": 0.333") != std::string::npos);
  CHECK(command::run("topology topologies/fabrics/ft2.yaml 2>&1").out.find("no such file") !=
        std::string::npos);
}
