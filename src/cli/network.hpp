#pragma once
// `foretrain network`: a traffic pattern over a network, with its time beside the least it could take.

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "study/network.hpp"

namespace foretrain::cli {

// As typed, unread.
struct NetworkText {
  std::string file;
  std::optional<std::string> pattern, endpoints, bytes, routing, seed, network;
  std::optional<std::string> links, svg;  // links: "" where no number is given
  std::optional<std::string> experts, top_k, groups, top_groups;
  std::vector<std::string> efficiency;  // "nic=0.9"
  bool json = false, stats = false;
};

struct NetworkRequest {
  study::Traffic traffic;            // endpoints stay 0 where none are given: all of the network
  std::optional<std::size_t> links;  // so many of the most used
};

// Throws a SpecError with every mistake found.
NetworkRequest read_request(const NetworkText& text);

// 0, or 1 where there is no answer.
int run_network(const NetworkText& text, std::ostream& out);

}  // namespace foretrain::cli
