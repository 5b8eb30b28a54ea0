#include "cli/topology.hpp"

#include <ostream>

#include "cli/outputs.hpp"
#include "report/file.hpp"
#include "report/topology.hpp"

namespace foretrain::cli {

int describe_topology(const TopologyOptions& options, std::ostream& out) {
  check_outputs({{"--graphml", options.graphml_file}, {"--dot", options.dot_file}}, {options.file});
  const spec::Network network = spec::load_network(options.file);
  const study::Survey survey = study::survey(network);
  std::vector<report::FileText> files;
  if (options.graphml_file) files.push_back({*options.graphml_file, report::to_graphml(network)});
  if (options.dot_file) files.push_back({*options.dot_file, report::to_dot(network)});
  report::write_files(files);
  out << (options.json ? report::to_json(network, survey) : report::to_text(network, survey));
  return survey.distances.joined < 1 ? 1 : 0;
}

}  // namespace foretrain::cli
