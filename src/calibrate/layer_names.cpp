#include "calibrate/layer_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "calibrate/trace_rules.hpp"

namespace foretrain::calibrate {

std::vector<Diagnostic> mistake(const Point& row, std::string message, std::string hint) {
  Diagnostic d = without_place(std::move(message), std::move(hint));
  d.file = row.file;
  d.line = row.line;
  return {std::move(d)};
}

LayerName parse_layer_name(const Point& row) {
  std::vector<std::string> blocks;
  for (const NamedPart& part : layer_parts) blocks.emplace_back(part.name);
  LayerName name;
  std::string rest = row.kernel;
  if (const auto blank = rest.find(' '); blank != std::string::npos) {
    const std::string word = rest.substr(0, blank);
    const auto at = std::find(blocks.begin(), blocks.end(), word);
    if (at != blocks.end()) {
      name.part = static_cast<std::size_t>(at - blocks.begin());
      rest.erase(0, blank + 1);
    } else if (const std::string near = nearest_name(word, blocks); !near.empty()) {
      throw SpecError(mistake(row, fmt::format("'{}' is no block of a layer", word),
                              fmt::format("did you mean '{}'?", near)));
    }
  }
  for (std::size_t begin = 0; begin <= rest.size();) {
    const auto end = std::min(rest.find(" & ", begin), rest.size());
    name.ops.push_back(rest.substr(begin, end - begin));
    begin = end + 3;
  }
  return name;
}

}  // namespace foretrain::calibrate
