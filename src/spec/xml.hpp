#pragma once
// The elements and texts of an XML file in order, each with its place, as expat finds them.
//
// Refused with a place: whatever is not well formed, and document types (nobody needs entities of their own
// here). Namespaces are left as prefixes. Cost: O(bytes).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/context.hpp"

namespace foretrain::spec {

struct XmlEvent {
  enum class Kind { opened, closed, text };
  Kind kind = Kind::text;
  std::string name;  // of the element; of a text the text, blanks at its ends cut off, never empty
  std::vector<std::pair<std::string, std::string>> attributes;
  Where where;

  const std::string* find(std::string_view attribute) const;
};

// Nothing after a mistake, which has been reported then.
std::optional<std::vector<XmlEvent>> read_xml(Context& context, int file, std::string_view text);

}  // namespace foretrain::spec
