// The most used links and the heat map against what the network carried.

#include <algorithm>
#include <map>
#include <set>

#include "catch.hpp"
#include "network/deliver.hpp"
#include "network/patterns.hpp"
#include "report/json_reader.hpp"
#include "report/leaf_spine_grid.hpp"
#include "report/network_panels.hpp"
#include "report/network_svg.hpp"
#include "spec/network.hpp"

using namespace foretrain;
using Catch::Matchers::Contains;

namespace {

struct Case {
  spec::Network network;
  study::Traffic traffic;
  study::NetworkOutcome outcome;
  std::string svg() const {
    return report::network_svg(network.fabric, outcome, traffic, {network.name, network.fabric.kind});
  }
};

Case permutation_on(const std::string& name, study::NetworkFidelity fidelity = study::NetworkFidelity::flow) {
  Case c{spec::load_network(FORETRAIN_ROOT "/topologies/" + name + ".yaml"), {}, {}};
  c.traffic = {.pattern = study::TrafficPattern::permutation,
               .endpoints = static_cast<std::uint32_t>(c.network.fabric.endpoints.size()),
               .size = bytes(1 << 23),
               .routing = topology::Routing::ecmp,
               .fidelity = fidelity,
               .efficiency = {}};
  c.outcome = study::run_traffic(c.network.fabric, c.traffic);
  REQUIRE(c.outcome.infeasible.empty());
  return c;
}

// The words of each cell; fails where a tag is not closed by its own.
std::vector<std::string> cells_of(const std::string& svg) {
  std::vector<std::string> open, words;
  std::size_t at = 0;
  while ((at = svg.find('<', at)) != std::string::npos) {
    const std::size_t end = svg.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    REQUIRE(tag.find('<') == std::string::npos);
    REQUIRE(std::count(tag.begin(), tag.end(), '"') % 2 == 0);
    const std::string name = tag.substr(0, tag.find(' '));
    if (tag.front() == '/') {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == tag.substr(1));
      open.pop_back();
    } else if (tag.back() != '/') {
      if (name == "title" && open.back() == "rect")
        words.push_back(svg.substr(end + 1, svg.find('<', end) - end - 1));
      open.push_back(name);
    }
    at = end;
  }
  CHECK(open.empty());
  return words;
}

}  // namespace

TEST_CASE("the table holds what the network delivered, channel by channel, and no use above one") {
  for (const char* name : {"fabrics/ft2-2048", "fabrics/custom-ring", "fabrics/dragonfly-1056", "h800-64"}) {
    CAPTURE(name);
    const Case c = permutation_on(name);
    const auto channels = network::list_channels(c.network.fabric);
    const topology::Paths paths(c.network.fabric, c.traffic.routing, c.traffic.seed);
    const auto list = network::list_permutation(c.traffic.endpoints, c.traffic.size, c.traffic.seed);
    const std::vector<double> carried = network::deliver(list, channels, paths)->channel_bytes();
    const auto table = study::list_busiest(c.network.fabric, c.outcome, carried.size());
    double sum = 0, delivered = 0;
    for (const double b : carried) delivered += b;
    for (const study::LinkUse& link : table.links) {
      sum += link.carried.base();
      CHECK(link.carried.base() == Approx(carried[link.channel]));
      CHECK(link.use <= 1 + 1e-9);
      CHECK(link.use ==
            Approx(link.carried.base() / channels.capacities[link.channel] / c.outcome.completion.base()));
      CHECK(study::NodeNames(c.network.fabric).of_channel(link.channel) == link.from + " to " + link.to);
    }
    CHECK(sum == Approx(delivered));
    CHECK(table.used == table.links.size());
    CHECK(table.as_busy == 0);
    CHECK(table.links.front().from + " to " + table.links.front().to == c.outcome.busiest);
  }
}

TEST_CASE("a shorter table is the longer one's beginning; equals go by channel and the rest is counted") {
  const Case c = permutation_on("fabrics/ft2-2048");
  const auto all = study::list_busiest(c.network.fabric, c.outcome, c.outcome.carried.size());
  for (const std::size_t most : {std::size_t{1}, std::size_t{5}, std::size_t{400}}) {
    const auto few = study::list_busiest(c.network.fabric, c.outcome, most);
    REQUIRE(few.links.size() == most);
    for (std::size_t i = 0; i < most; ++i) CHECK(few.links[i].channel == all.links[i].channel);
    std::uint64_t equal = 0;
    for (std::size_t i = most; i < all.links.size(); ++i)
      if (std::abs(all.links[i].use - few.links.back().use) < 1e-12) ++equal;
    CHECK(few.as_busy == equal);
    CHECK(few.used == all.links.size());
  }
  for (std::size_t i = 1; i < all.links.size(); ++i) {
    const bool less = all.links[i].use < all.links[i - 1].use - 1e-12;
    CHECK((less || all.links[i].channel > all.links[i - 1].channel));
  }
}

TEST_CASE("both fidelities know what each channel carried") {
  const Case flow = permutation_on("fabrics/custom-ring");
  const Case analytic = permutation_on("fabrics/custom-ring", study::NetworkFidelity::analytic);
  REQUIRE(flow.outcome.carried.size() == analytic.outcome.carried.size());
  for (std::size_t i = 0; i < flow.outcome.carried.size(); ++i)
    CHECK(flow.outcome.carried[i] == Approx(analytic.outcome.carried[i]));
}

TEST_CASE("the picture is well formed and has every channel once where they fit") {
  for (const char* name : {"fabrics/ft2-2048", "fabrics/custom-ring", "fabrics/dragonfly-1056", "h800-64",
                           "fabrics/rail-optimised-768"}) {
    CAPTURE(name);
    const Case c = permutation_on(name);
    const auto words = cells_of(c.svg());
    CHECK(words.size() == c.outcome.carried.size());
    std::multiset<std::string> found, expected;
    for (const std::string& w : words) found.insert(w.substr(0, w.find(':')));
    const study::NodeNames names(c.network.fabric);
    for (std::size_t i = 0; i < c.outcome.carried.size(); ++i) expected.insert(names.of_channel(i));
    CHECK(found == expected);
    CHECK_THAT(c.svg(), Contains("permutation among") && Contains(", bound ") && Contains("8.389 MB"));
  }
}

TEST_CASE("a larger network's cells are blocks that leave no channel out and show the fullest") {
  const Case c = permutation_on("fabrics/leaf-spine-8192");
  std::map<std::string, double> highest;
  std::size_t channels = 0, blocks = 0;
  double most = 0, total = 0, uses = 0;
  for (const report::Panel& panel : report::list_panels(c.network.fabric, c.outcome)) {
    CHECK(panel.cells.size() <= report::panel_side * report::panel_side);
    for (const report::Cell& cell : panel.cells) {
      channels += cell.channels;
      blocks += cell.channels > 1 ? 1 : 0;
      total += cell.total;
      most = std::max(most, cell.highest);
      CHECK(cell.highest == c.outcome.uses[cell.fullest]);
      CHECK(cell.total <= cell.highest * static_cast<double>(cell.channels) * (1 + 1e-9));
    }
  }
  for (const double use : c.outcome.uses) uses += use;
  CHECK(channels == c.outcome.carried.size());
  CHECK(blocks > 0);
  CHECK(most == c.outcome.busiest_use);
  CHECK(total == Approx(uses));
  CHECK_THAT(c.svg(), Contains("a cell is the fullest of 2 x 1"));
}

TEST_CASE(
    "leaves and spines stand where their numbers say, planes apart, parallel cables beside each other") {
  const Case tree = permutation_on("fabrics/ft2-2048");
  bool found = false;
  for (const report::Panel& panel : report::list_panels(tree.network.fabric, tree.outcome))
    for (const report::Cell& cell : panel.cells)
      if (panel.heading == "leaf-spine up" && cell.row == 26 && cell.column == 1) {
        found = true;
        CHECK(study::NodeNames(tree.network.fabric).of_channel(cell.fullest) == "leaf 26 to spine 1");
      }
  CHECK(found);
  const auto load = [](const char* name) {
    return spec::load_network(std::string(FORETRAIN_ROOT "/topologies/") + name + ".yaml").fabric;
  };
  const auto planes = report::lay_out_grid(load("h800-2048"), 64);
  REQUIRE(planes);
  CHECK(planes->planes == 8);
  CHECK(planes->columns % planes->cables == 0);
  CHECK(planes->cables > 1);
  CHECK_FALSE(report::lay_out_grid(load("h800-2048"), 7));
  CHECK_FALSE(report::lay_out_grid(load("fabrics/ft3-65536"), 64));
  CHECK_FALSE(report::lay_out_grid(load("fabrics/custom-ring"), 64));
}

TEST_CASE("JSON lists the same links as the text") {
  const Case c = permutation_on("fabrics/custom-ring");
  const auto table = study::list_busiest(c.network.fabric, c.outcome, 4);
  const auto doc = json::parse(report::to_json(c.outcome, c.traffic, {"ring", "custom"}, table));
  const std::string text = report::to_text(c.outcome, c.traffic, {"ring", "custom"}, table);
  const auto& links = doc.at("links").items;
  REQUIRE(links.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(links[i].at("from").text == table.links[i].from);
    CHECK(links[i].at("kind").text == study::name_of(table.links[i].kind));
    CHECK(links[i].at("carried_bytes").number == table.links[i].carried.base());
    CHECK(links[i].at("use").number == table.links[i].use);
    CHECK_THAT(text, Contains("  " + links[i].at("from").text + "  "));
  }
  CHECK(doc.at("channels_used").number == static_cast<double>(table.used));
  CHECK(doc.at("more_as_busy").number == static_cast<double>(table.as_busy));
  CHECK(json::parse(report::to_json(c.outcome, c.traffic, {"ring", "custom"})).members.count("links") == 0);
}
