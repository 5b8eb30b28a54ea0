#include "spec/document.hpp"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

#include "spec/context.hpp"
#include "spec/units_text.hpp"

namespace foretrain::spec {
namespace {

constexpr std::size_t deepest = 64;

struct Refused {  // leaves the parser at once; caught in parse()
  Where where;
  std::string message, hint;
};

// Receives the parser's events and grows the tree from a stack of open lists and maps.
class Builder : public YAML::EventHandler {
 public:
  Builder(Context& context, int file) : context_(context), file_(file) {}
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) throw Refused{at(mark), "a second document in one file", "split it into two files"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    if (wants_key()) throw Refused{at(mark), "an empty key", "is there a ',' or a ':' too many?"};
    put(make(Node::Kind::null, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{at(mark), "aliases (*name) are not read here",
                  "write the value out, or include a file by its path"};
  }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse_anchor(mark, 1); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (tag == "!") refuse_open_quote(at(mark));
    if (wants_key()) return open_key(mark, value);
    auto node = make(Node::Kind::scalar, mark);
    node.text = value;
    put(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    bool has_key = false;
    std::string key;
    Where key_where;
    std::map<std::string, int> lines;  // of the keys seen so far
  };

  Where at(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }
  Node make(Node::Kind kind, const YAML::Mark& mark) const {
    Node node;
    node.kind = kind;
    node.where = at(mark);
    return node;
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0)
      throw Refused{at(mark), "anchors (&name) are not read here",
                    "write the value out, or include a file by its path"};
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Refused{at(mark), fmt::format("tag {} is not read here", in_quotes(tag)),
                    "write the plain value"};
  }
  // The parser takes a quote that is never closed as one that ends with the file.
  void refuse_open_quote(Where where) const {
    const auto& lines = context_.text_of(file_).lines;
    auto line = static_cast<std::size_t>(where.line) - 1, column = static_cast<std::size_t>(where.column) - 1;
    if (line >= lines.size() || column >= lines[line].size()) return;
    const char quote = lines[line][column++];
    if (quote != '"' && quote != '\'') return;  // a block of text
    for (; line < lines.size(); ++line, column = 0) {
      for (; column < lines[line].size(); ++column) {
        if (quote == '"' && lines[line][column] == '\\')
          ++column;
        else if (lines[line][column] == quote)
          return;  // a doubled one ('') only shows that the text went on
      }
    }
    throw Refused{where, "a quote is not closed", ""};
  }
  // A bracket that is never closed looks like a key to the parser: the map that it would begin stands at its
  // place.
  [[noreturn]] void refuse_key(Where where, char bracket) const {
    const auto& map = stack_.back().node.where;
    if (map.line == where.line && map.column == where.column)
      throw Refused{where, fmt::format("this '{}' is not closed, or stands where a key belongs", bracket),
                    ""};
    throw Refused{where, "a key must be plain text, not a list or a map", ""};
  }
  bool wants_key() const {
    return !stack_.empty() && stack_.back().node.kind == Node::Kind::map && !stack_.back().has_key;
  }
  void open_key(const YAML::Mark& mark, const std::string& key) {
    auto& top = stack_.back();
    top.has_key = true;
    top.key = key;
    top.key_where = at(mark);
    const auto [first, fresh] = top.lines.emplace(key, mark.line + 1);
    if (!fresh)
      context_.error(at(mark), fmt::format("key {} appears twice in one map", in_quotes(key)),
                     fmt::format("it was first given on line {}", first->second));
  }
  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (stack_.size() >= deepest)
      throw Refused{at(mark), fmt::format("nested deeper than {} levels", deepest), ""};
    if (wants_key()) refuse_key(at(mark), kind == Node::Kind::sequence ? '[' : '{');
    stack_.push_back({make(kind, mark), false, {}, {}, {}});
  }
  void close() {
    auto node = std::move(stack_.back().node);
    stack_.pop_back();
    put(std::move(node));
  }
  void put(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& top = stack_.back();
    if (top.node.kind == Node::Kind::sequence) {
      top.node.items.push_back(std::move(node));
      return;
    }
    top.has_key = false;
    const bool first_of_its_key =
        top.lines.size() == top.node.entries.size() + 1;  // a repeated one is dropped
    if (first_of_its_key) top.node.entries.push_back({top.key, top.key_where, std::move(node)});
  }

  Context& context_;
  int file_;
  int documents_ = 0;
  Node root_;
  std::vector<Open> stack_;
};

// What the parser's own words mean to someone who wrote the file.
std::string explain(const std::string& message) {
  using namespace YAML::ErrorMsg;
  if (message == END_OF_MAP_FLOW) return "a '{' is not closed, or a ',' between two keys is missing";
  if (message == END_OF_SEQ_FLOW) return "a '[' is not closed, or a ',' between two items is missing";
  if (message == END_OF_MAP) return "this line does not line up with the keys above it";
  if (message == END_OF_SEQ) return "this line does not line up with the list above it";
  if (message == FLOW_END) return "a ']' or '}' that closes nothing";
  if (message == MAP_VALUE) return "a ':' that does not belong here";
  if (message == MAP_KEY) return "a key does not belong here";
  if (message == EOF_IN_SCALAR) return "a quote is not closed";
  if (message == UNKNOWN_ANCHOR) return "aliases (*name) are not read here";
  return "not valid YAML: " + message;
}

}  // namespace

const Entry* Node::find(const std::string& key) const {
  for (const auto& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}
Entry* Node::find(const std::string& key) {
  for (auto& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

std::optional<Node> parse(Context& context, int file, const std::string& text) {
  Builder builder(context, file);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    context.error(refused.where, refused.message, refused.hint);
    return std::nullopt;
  } catch (const YAML::Exception& fault) {
    const bool placed = !fault.mark.is_null();
    context.error({file, placed ? fault.mark.line + 1 : 0, placed ? fault.mark.column + 1 : 0},
                  explain(fault.msg));
    return std::nullopt;
  }
  auto root = builder.take();
  if (root.kind != Node::Kind::null) return root;
  context.error({file, 1, 1}, "the file is empty");
  return std::nullopt;
}

}  // namespace foretrain::spec
