#include "cli/topology.hpp"

#include <ostream>

#include "base/diagnostic.hpp"
#include "report/file.hpp"
#include "report/topology.hpp"

namespace foretrain::cli {

int describe_topology(const TopologyOptions& options, std::ostream& out) {
  for (const auto& file : {options.graphml_file, options.dot_file})
    if (file && file->empty()) throw SpecError({without_place("an export needs the name of a file")});
  const spec::Network network = spec::load_network(options.file);
  const study::Survey survey = study::survey(network);
  if (options.graphml_file) report::write_file(*options.graphml_file, report::to_graphml(network));
  if (options.dot_file) report::write_file(*options.dot_file, report::to_dot(network));
  out << (options.json ? report::to_json(network, survey) : report::to_text(network, survey));
  return survey.distances.joined < 1 ? 1 : 0;
}

}  // namespace foretrain::cli
