#include <CLI/CLI.hpp>
#include <memory>

#include "cli/network.hpp"
#include "cli/parse_options.hpp"

namespace foretrain::cli {

void add_network(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand(
      "network", "Run a traffic pattern over a network: its time, its bound, where it is full");
  const auto text = std::make_shared<NetworkText>();
  const auto option = [sub](const char* name, std::optional<std::string>& value, const char* type,
                            const char* help) { add_text(*sub, name, value, type, help); };
  sub->add_option("network", text->file,
                  "a network (topologies/fabrics), a cluster (topologies) or a GraphML file")
      ->type_name("FILE")
      ->required();
  option("--pattern", text->pattern, "NAME",
         "alltoall, ring-allreduce, tree-allreduce, permutation, incast or dispatch");
  option("--endpoints", text->endpoints, "N", "the first N endpoints; all if not given");
  option("--bytes", text->bytes, "SIZE", "what each endpoint sends, or its buffer, like 64MiB");
  option("--routing", text->routing, "NAME", "static (the default), ecmp, shortest or adaptive");
  option("--seed", text->seed, "N", "of ECMP's hashes, permutations and tokens; 1 if not given");
  option("--network", text->network, "HOW", "flow (the default) or analytic");
  add_texts(*sub, "--efficiency", text->efficiency, "KIND=SHARE",
            "the share of a kind of link's rate that payload reaches, as in nic=0.9");
  option("--experts", text->experts, "N", "of a dispatch: experts in all; 256");
  option("--top-k", text->top_k, "N", "of a dispatch: experts of a token; 8");
  option("--groups", text->groups, "N", "of a dispatch: groups of experts; 8");
  option("--top-groups", text->top_groups, "N", "of a dispatch: groups that a token may use; 4");
  option("--links", text->links, "N", "list the N channels that are used most; 20 without a number");
  sub->get_option("--links")->expected(0, 1);
  option("--svg", text->svg, "FILE", "write how much every channel was used as a picture (SVG)");
  sub->add_flag("--json", text->json, "print JSON, units in the key names");
  sub->add_flag("--stats", text->stats, "print rates and wall time on standard error");
  sub->callback(
      [text, &command] { command = [text](std::ostream& out) { return run_network(*text, out); }; });
}

}  // namespace foretrain::cli
