#include <CLI/CLI.hpp>
#include <memory>

#include "cli/parse_options.hpp"
#include "cli/topology.hpp"

namespace foretrain::cli {

void add_topology(CLI::App& app, Command& command) {
  CLI::App* sub =
      app.add_subcommand("topology", "Count a network's parts; its distances, bisection and cost; export it");
  const auto options = std::make_shared<TopologyOptions>();
  sub->add_option("topology", options->file,
                  "a network (topologies/fabrics), a cluster (topologies) or a GraphML file")
      ->type_name("FILE")
      ->required();
  sub->add_flag("--json", options->json, "print JSON, units in the key names");
  add_text(*sub, "--graphml", options->graphml_file, "FILE", "write the graph as GraphML");
  add_text(*sub, "--dot", options->dot_file, "FILE", "write the graph for Graphviz");
  sub->callback([options, &command] {
    command = [options](std::ostream& out) { return describe_topology(*options, out); };
  });
}

}  // namespace foretrain::cli
