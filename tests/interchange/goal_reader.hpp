#pragma once
// Reads GOAL by the grammar of LogGOPSim's txt2bin (spcl/LogGOPSim@76451de, src/LogGOPSim/txt2bin.re, the
// part that exports use) into a workload: calc becomes compute, send and recv messages. A line outside of the
// grammar throws.

#include <map>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>

#include "interchange/workload.hpp"

namespace goal {

using namespace foretrain;
using interchange::Node;
using interchange::NodeKind;

inline interchange::Workload read(const std::string& text) {
  static const std::regex ranks_line(R"(num_ranks (\d+))"), begin(R"(rank (\d+) \{)"), end(R"(\})"),
      calc(R"(([a-zA-Z]\w*): calc (\d+))"),
      message(R"(([a-zA-Z]\w*): (send|recv) (\d+)b (to|from) (\d+) tag (\d+))"),
      needs(R"(([a-zA-Z]\w*) requires ([a-zA-Z]\w*))");
  interchange::Workload workload;
  std::map<std::string, std::uint32_t> places;  // of the labels of one rank
  std::istringstream lines(text);
  std::smatch m;
  const auto fail = [](const std::string& line) { throw std::runtime_error("not GOAL: " + line); };
  const auto add = [&](const std::string& label, Node node) {
    auto& nodes = workload.ranks.back();
    node.id = nodes.size() + 1;
    node.name = label;
    if (!places.emplace(label, nodes.size()).second) throw std::runtime_error("two labels " + label);
    nodes.push_back(node);
  };
  std::size_t ranks = 0;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    Node node;
    if (std::regex_match(line, m, ranks_line) && workload.ranks.empty()) {
      ranks = std::stoul(m[1]);
    } else if (!inside && std::regex_match(line, m, begin)) {
      if (std::stoul(m[1]) != workload.ranks.size()) fail(line);
      workload.ranks.emplace_back();
      places.clear();
      inside = true;
    } else if (inside && std::regex_match(line, m, end)) {
      inside = false;
    } else if (inside && std::regex_match(line, m, calc)) {
      node.kind = NodeKind::compute;
      node.duration = sim::Ticks{std::stoll(m[2])};
      add(m[1], node);
    } else if (inside && std::regex_match(line, m, message)) {
      const bool sends = m[2] == "send";
      if (sends != (m[4] == "to")) fail(line);
      node.kind = sends ? NodeKind::send : NodeKind::receive;
      node.size = bytes(std::stod(m[3]));
      node.peer = static_cast<std::uint32_t>(std::stoul(m[5]));
      node.tag = static_cast<std::uint32_t>(std::stoul(m[6]));
      add(m[1], node);
    } else if (inside && std::regex_match(line, m, needs)) {
      workload.ranks.back().at(places.at(m[1])).needs.push_back(places.at(m[2]));
    } else {
      fail(line);
    }
  }
  if (inside || ranks != workload.ranks.size()) throw std::runtime_error("not all ranks are there");
  return workload;
}

}  // namespace goal
