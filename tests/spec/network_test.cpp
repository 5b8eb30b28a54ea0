// Networks from files: those that are shipped, those that are broken (tests/bad/networks, as bad_test.cpp),
// and GraphML.

#include "spec/network.hpp"

#include "catch.hpp"
#include "files.hpp"
#include "promise.hpp"
#include "topology/measure.hpp"

using namespace foretrain;

namespace {

std::vector<Diagnostic> network_faults(const std::string& path) {
  try {
    spec::load_network(path);
  } catch (const SpecError& error) {
    return error.all();
  }
  return {};
}

constexpr const char* small_graph = R"(<graphml>
  <key id="k" for="node" attr.name="kind"/><key id="w" for="edge" attr.name="weight"/>
  <key id="c" for="edge" attr.name="capacity_bytes_per_s"/><!-- a comment -->
  <graph edgedefault="undirected">
    <node id="left &amp; right"><data key="k">leaf</data></node>
    <node id="h0"/><node id='h1'/>
    <edge source="h0" target="left &amp; right"><data key="w">3</data><data key="c">5e9</data></edge>
    <edge source="left &amp; right" target="h1"/>
  </graph>
</graphml>
)";

}  // namespace

TEST_CASE("every network that is shipped can be read, and sends") {
  for (const auto& file : promising_files(FORETRAIN_ROOT "/topologies/fabrics")) {
    INFO(file.string());
    if (file.stem() == "dragonfly-261632") continue;  // tests/published builds it
    const spec::Network n = spec::load_network(file.string());
    CHECK(n.name == file.stem());
    CHECK(n.fabric.endpoints.size() >= 8);
    CHECK((n.links.empty() ? !n.source.empty() : !n.links.front().rate.from.source.empty()));
  }
}

TEST_CASE("clusters are networks between their GPUs") {
  const spec::Network n = spec::load_network(FORETRAIN_ROOT "/topologies/h800-2048.yaml");
  const auto c = topology::count(n.fabric);
  CHECK((c.endpoints == 2048 && c.switches == 96 && c.trunks == 2048));
  REQUIRE(n.fabric.layout);
  CHECK(n.links[0].latency.value.base() == Approx(1.4e-6));
  CHECK(n.links[1].latency.value.base() == Approx(0.45e-6));
  CHECK(n.fabric.links.back().latency == n.links[1].latency.value);
}

TEST_CASE("every mistake in a network's file is explained as promised") {
  std::filesystem::current_path(FORETRAIN_ROOT);
  const auto files = promising_files("tests/bad/networks");
  REQUIRE(files.size() >= 17);
  for (const auto& file : files) {
    INFO(file.string());
    const auto promise = promise_of(file);
    CHECK_FALSE(promise.diagnostics.empty());
    CHECK(said_of(file.string(), network_faults(file.string())) == promise.diagnostics);
  }
}

TEST_CASE("a hand-written network: parallel cables, rates of its own, kinds by what a link joins") {
  const spec::Network n = spec::load_network(FORETRAIN_ROOT "/topologies/fabrics/custom-ring.yaml");
  REQUIRE(n.fabric.links.size() == 8 + 8 + 1);
  CHECK(n.fabric.endpoints.size() == 8);
  CHECK(n.fabric.links.front().kind == topology::LinkKind::nic);
  CHECK(n.fabric.links.front().capacity.base() == 12.5e9);
  CHECK(n.fabric.links.back().kind == topology::LinkKind::mesh);
  CHECK(n.fabric.links.back().capacity.base() == 50e9);
  CHECK(n.fabric.links.back().latency.base() == Approx(5e-6));
}

TEST_CASE("GraphML of other tools: names, passed-over data, what is missing filled in") {
  const Folder folder;
  folder.write("small.graphml", small_graph);
  const auto yaml = folder.write(
      "small.yaml", "name: small\nkind: graphml\nfile: small.graphml\nsource: test\nrate: 1 GB/s\n");
  const spec::Network n = spec::load_network(yaml);
  REQUIRE(n.fabric.links.size() == 2);
  CHECK(n.fabric.links[0].capacity.base() == 5e9);
  CHECK(n.fabric.links[1].capacity.base() == 1e9);
  CHECK(n.fabric.nodes ==
        std::vector{topology::NodeKind::leaf, topology::NodeKind::endpoint, topology::NodeKind::endpoint});
  CHECK(n.fabric.endpoints.size() == 2);
  const auto alone = network_faults(folder.at("small.graphml"));
  REQUIRE(alone.size() == 1);
  CHECK(alone.front().message == "an edge lacks capacity_bytes_per_s");
}

TEST_CASE("text that is no XML is refused, wherever it is cut or broken") {
  const Folder folder;
  const std::string whole = small_graph;
  for (std::size_t cut = 0; cut < whole.size() - 12; cut += 7)
    CHECK_FALSE(network_faults(folder.write("cut.graphml", whole.substr(0, cut))).empty());
  for (const char* text :
       {"<!DOCTYPE x><graphml/>", "<graphml>&lol;</graphml>", "<a b=c/>", "<a b='1'c='2'/>", "< a/>", "</a>",
        "<graphml><graph/><graph/></graphml>", "{}", "<graphml><graph><data/></graph></graphml>"}) {
    INFO(text);
    CHECK_FALSE(network_faults(folder.write("bad.graphml", text)).empty());
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  CHECK(network_faults(folder.write("deep.graphml", deep)).size() == 1);
}
