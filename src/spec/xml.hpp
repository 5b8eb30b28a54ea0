#pragma once
// The little XML that a GraphML file needs, as a stream of tags and texts that know where they stood.
//
// Read: elements, attributes, comments, the five named entities and numbered ones below 128. Refused
// with a place: everything unbalanced, CDATA and document type definitions (no entity bombs).
// Namespaces are left as prefixes. Cost: O(bytes).

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

class XmlReader {
 public:
  XmlReader(Context& context, int file, std::string_view text)
      : context_(&context), rest_(text), at_{file, 1, 1} {}

  // Nothing at the end, and after a mistake, which has been reported then.
  std::optional<XmlEvent> next();
  bool failed() const { return failed_; }

 private:
  std::optional<XmlEvent> fail(Where where, std::string message, std::string hint = {});
  void skip(std::size_t bytes);
  bool skip_past(std::string_view end, std::string_view what);
  std::optional<XmlEvent> read_tag();
  std::optional<XmlEvent> read_close();
  bool read_attributes(XmlEvent& event);
  bool skip_blanks();  // whether there were any
  std::string read_name();
  std::optional<std::string> decoded(std::string_view raw, Where where);

  Context* context_;
  std::string_view rest_;
  Where at_;
  std::vector<std::string> open_;
  std::optional<XmlEvent> pending_;  // the end of <a/>
  bool failed_ = false;
};

}  // namespace foretrain::spec
