#pragma once
// A network for people, as JSON, and as a graph for other tools: GraphML, which foretrain reads back
// (spec/read_graphml.cpp), and DOT for Graphviz. Exports hold every node and link, about 200 bytes each.

#include <string>

#include "spec/network.hpp"
#include "study/survey.hpp"

namespace foretrain::report {

std::string to_text(const spec::Network& network, const study::Survey& survey);
std::string to_json(const spec::Network& network, const study::Survey& survey);

std::string to_graphml(const spec::Network& network);
std::string to_dot(const spec::Network& network);

}  // namespace foretrain::report
