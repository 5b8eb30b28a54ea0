#pragma once
// What files call the kinds of nodes and links of a network, by value of topology's enums: custom YAML lists
// and GraphML, read and written. Left out: how people read them (topology::name_of).

#include <string>
#include <vector>

namespace foretrain::spec {

extern const std::vector<std::string> node_kind_words, link_kind_words;

}  // namespace foretrain::spec
