#include "spec/xml.hpp"

#include <expat.h>
#include <fmt/core.h>

#include <limits>
#include <memory>

#include "base/check.hpp"

namespace foretrain::spec {
namespace {

constexpr std::string_view blanks = " \t\r\n";

// What expat calls while it reads, and what came of it.
class Listener {
 public:
  Listener(XML_Parser parser, int file) : parser_(parser), file_(file) {
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, opened, closed);
    XML_SetCharacterDataHandler(parser, said);
    XML_SetStartDoctypeDeclHandler(parser, typed);
  }

  Where here() const {
    return {file_, static_cast<int>(XML_GetCurrentLineNumber(parser_)),
            static_cast<int>(XML_GetCurrentColumnNumber(parser_)) + 1};
  }
  bool has_type() const { return has_type_; }
  const std::vector<std::string>& open() const { return open_; }
  std::vector<XmlEvent> take() { return std::move(events_); }

 private:
  static Listener& of(void* self) { return *static_cast<Listener*>(self); }

  static void opened(void* self, const char* name, const char** attributes) {
    Listener& l = of(self);
    l.end_text();
    XmlEvent event{.kind = XmlEvent::Kind::opened, .name = name, .attributes = {}, .where = l.here()};
    for (const char** at = attributes; *at != nullptr; at += 2) event.attributes.emplace_back(at[0], at[1]);
    l.events_.push_back(std::move(event));
    l.open_.emplace_back(name);
  }
  static void closed(void* self, const char* name) {
    Listener& l = of(self);
    l.end_text();
    l.events_.push_back({.kind = XmlEvent::Kind::closed, .name = name, .attributes = {}, .where = l.here()});
    l.open_.pop_back();
  }
  static void said(void* self, const char* text, int length) {
    Listener& l = of(self);
    std::string_view piece(text, static_cast<std::size_t>(length));
    if (l.text_.empty()) {  // it begins with what is no blank
      const std::size_t first = piece.find_first_not_of(blanks);
      if (first == std::string_view::npos) return;
      l.text_at_ = l.here();
      l.text_at_.column += static_cast<int>(first);
      piece.remove_prefix(first);
    }
    l.text_ += piece;
  }
  static void typed(void* self, const char*, const char*, const char*, int) {
    Listener& l = of(self);
    l.has_type_ = true;
    XML_StopParser(l.parser_, XML_FALSE);
  }

  void end_text() {
    if (text_.empty()) return;
    text_.erase(text_.find_last_not_of(blanks) + 1);
    events_.push_back(
        {.kind = XmlEvent::Kind::text, .name = std::move(text_), .attributes = {}, .where = text_at_});
    text_.clear();
  }

  XML_Parser parser_;
  int file_;
  std::vector<XmlEvent> events_;
  std::vector<std::string> open_;
  std::string text_;
  Where text_at_;
  bool has_type_ = false;
};

}  // namespace

const std::string* XmlEvent::find(std::string_view attribute) const {
  for (const auto& [key, value] : attributes)
    if (key == attribute) return &value;
  return nullptr;
}

std::optional<std::vector<XmlEvent>> read_xml(Context& context, int file, std::string_view text) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate(nullptr),
                                                                            XML_ParserFree);
  check(parser != nullptr && text.size() <= std::numeric_limits<int>::max(),
        "expat takes up to 2 GiB at once");
  Listener listener(parser.get(), file);
  if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) == XML_STATUS_OK)
    return listener.take();
  if (listener.has_type()) {
    context.error(listener.here(), "document types are not read here", "leave <!DOCTYPE ...> out");
  } else {
    context.error(listener.here(),
                  fmt::format("this is no XML: {}", XML_ErrorString(XML_GetErrorCode(parser.get()))),
                  listener.open().empty() ? "" : fmt::format("<{}> is open", listener.open().back()));
  }
  return std::nullopt;
}

}  // namespace foretrain::spec
