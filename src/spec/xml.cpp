#include "spec/xml.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>

#include "spec/units_text.hpp"

namespace foretrain::spec {
namespace {

constexpr std::size_t deepest = 64;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == ':' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<char> entity(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, char>, 5> named{
      {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [word, c] : named)
    if (word == name) return c;
  if (!name.starts_with("#")) return std::nullopt;
  const bool hex = name.starts_with("#x");
  const std::string_view digits = name.substr(hex ? 2 : 1);
  int code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size() || code < 9 || code > 127)
    return std::nullopt;
  return static_cast<char>(code);
}

}  // namespace

const std::string* XmlEvent::find(std::string_view attribute) const {
  for (const auto& [key, value] : attributes)
    if (key == attribute) return &value;
  return nullptr;
}

std::optional<XmlEvent> XmlReader::fail(Where where, std::string message, std::string hint) {
  failed_ = true;
  context_->error(where, std::move(message), std::move(hint));
  return std::nullopt;
}

void XmlReader::skip(std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    if (rest_[i] == '\n')
      at_.line++, at_.column = 1;
    else
      at_.column++;
  }
  rest_.remove_prefix(bytes);
}

bool XmlReader::skip_past(std::string_view end, std::string_view what) {
  const std::size_t found = rest_.find(end);
  if (found == std::string_view::npos) {
    fail(at_, fmt::format("{} does not end", what), fmt::format("expected {}", end));
    return false;
  }
  skip(found + end.size());
  return true;
}

bool XmlReader::skip_blanks() {
  std::size_t n = 0;
  while (n < rest_.size() && is_blank(rest_[n])) ++n;
  skip(n);
  return n > 0;
}

std::string XmlReader::read_name() {
  std::size_t n = 0;
  while (n < rest_.size() && in_name(rest_[n])) ++n;
  std::string name(rest_.substr(0, n));
  skip(n);
  return name;
}

std::optional<std::string> XmlReader::decoded(std::string_view raw, Where where) {
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '&') {
      text += raw[i];
      continue;
    }
    const std::size_t end = raw.find(';', i);
    const auto c = end == std::string_view::npos ? std::nullopt : entity(raw.substr(i + 1, end - i - 1));
    if (!c) {
      fail(where, fmt::format("unknown entity in {}", in_quotes(raw)), "write a lone & as &amp;");
      return std::nullopt;
    }
    text += *c;
    i = end;
  }
  return text;
}

bool XmlReader::read_attributes(XmlEvent& event) {
  while (true) {
    const bool apart = skip_blanks();
    if (rest_.starts_with(">") || rest_.starts_with("/>")) return true;
    const Where where = at_;
    std::string key = read_name();
    if (key.empty() || !apart || !rest_.starts_with("=")) {
      fail(where, fmt::format("<{}> is broken", event.name), "expected key=\"value\" or >");
      return false;
    }
    skip(1);
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const std::size_t end = quote == '"' || quote == '\'' ? rest_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      fail(at_, fmt::format("the value of {} has no quotes around it", key), "write key=\"value\"");
      return false;
    }
    auto value = decoded(rest_.substr(1, end - 1), at_);
    if (!value) return false;
    event.attributes.emplace_back(std::move(key), std::move(*value));
    skip(end + 1);
  }
}

std::optional<XmlEvent> XmlReader::read_close() {
  XmlEvent event{.kind = XmlEvent::Kind::closed, .name = {}, .attributes = {}, .where = at_};
  skip(2);
  event.name = read_name();
  skip_blanks();
  if (open_.empty() || open_.back() != event.name || !rest_.starts_with(">"))
    return fail(event.where, fmt::format("</{}> closes nothing", event.name),
                open_.empty() ? "" : fmt::format("expected </{}>", open_.back()));
  skip(1);
  open_.pop_back();
  return event;
}

std::optional<XmlEvent> XmlReader::read_tag() {
  XmlEvent event{.kind = XmlEvent::Kind::opened, .name = {}, .attributes = {}, .where = at_};
  skip(1);
  event.name = read_name();
  if (event.name.empty()) return fail(event.where, "a tag without a name", "write a lone < as &lt;");
  if (!read_attributes(event)) return std::nullopt;
  if (rest_.starts_with("/>")) {
    pending_ = XmlEvent{.kind = XmlEvent::Kind::closed, .name = event.name, .attributes = {}, .where = at_};
    skip(2);
    return event;
  }
  skip(1);
  open_.push_back(event.name);
  if (open_.size() > deepest) return fail(event.where, "more than 64 elements inside one another");
  return event;
}

std::optional<XmlEvent> XmlReader::next() {
  if (failed_) return std::nullopt;
  if (pending_) {
    XmlEvent event = std::move(*pending_);
    pending_.reset();
    return event;
  }
  while (!rest_.empty()) {
    if (rest_.starts_with("<?")) {
      if (!skip_past("?>", "<?")) return std::nullopt;
    } else if (rest_.starts_with("<!--")) {
      if (!skip_past("-->", "a comment")) return std::nullopt;
    } else if (rest_.starts_with("<!")) {
      return fail(at_, "<! is not read here: no document types, no CDATA", "leave it out");
    } else if (rest_.starts_with("</")) {
      return read_close();
    } else if (rest_.starts_with("<")) {
      return read_tag();
    } else {
      const Where where = at_;
      const std::string_view raw = rest_.substr(0, rest_.find('<'));
      skip(raw.size());
      if (trim(raw).empty()) continue;
      auto text = decoded(trim(raw), where);
      if (!text) return std::nullopt;
      return XmlEvent{
          .kind = XmlEvent::Kind::text, .name = std::move(*text), .attributes = {}, .where = where};
    }
  }
  if (!open_.empty()) return fail(at_, fmt::format("<{}> is not closed", open_.back()));
  return std::nullopt;
}

}  // namespace foretrain::spec
