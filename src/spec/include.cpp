#include "spec/include.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "spec/reader.hpp"
#include "spec/text_file.hpp"
#include "spec/units_text.hpp"

namespace foretrain::spec {
namespace {

namespace fs = std::filesystem;
struct IncludePoint {
  const char* key;
  const char* has;   // a key that every file of this kind has, and no other kind
  const char* many;  // what such files are called
};
constexpr std::array<IncludePoint, 6> include_points{{{"model", "hidden", "models"},
                                                      {"cluster", "gpus", "clusters"},
                                                      {"cluster.gpu", "sms", "parts"},
                                                      {"cluster.nic", "line_rate", "parts"},
                                                      {"cluster.host", "to_host", "parts"},
                                                      {"plan.software", "memory_reserve", "files"}}};
constexpr int longest_base_chain = 8;

// Nothing when the key may hold no path.
const IncludePoint* point_at(const std::string& key) {
  const auto found = std::find_if(include_points.begin(), include_points.end(),
                                  [&](const IncludePoint& point) { return key == point.key; });
  return found == include_points.end() ? nullptr : &*found;
}

bool is_bare_name(const std::string& text) {
  return !text.empty() && text.find('/') == std::string::npos && !text.ends_with(".yaml");
}

std::string folder_of(const Context& context, const Node& node) {
  if (!node.folder.empty()) return node.folder;
  const auto& text = context.text_of(node.where.file);
  const auto parent = text.command_line ? fs::path{} : fs::path(text.name).parent_path();
  return parent.empty() ? "." : parent.string();
}

// A name too long for the system is that of no file, as is one in a folder that may not be read.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// The file that a path or a bare name stands for; the first candidate when none exists.
std::string find_file(const Context& context, const Node& node) {
  const fs::path folder = folder_of(context, node);
  if (!is_bare_name(node.text)) return (folder / node.text).string();
  const std::array candidates{folder / (node.text + ".yaml"), folder / "parts" / (node.text + ".yaml")};
  for (const auto& path : candidates)
    if (is_there(path)) return path.string();
  const auto& likely = is_there(folder / "parts") ? candidates[1] : candidates[0];
  return likely.string();
}

// What could be meant by a file that is not there: "parts there: h100, h800".
std::string others_there(const std::string& path, const IncludePoint& point) {
  auto folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const auto names = files_with_key(folder.string(), point.has);
  return names.empty() ? "" : fmt::format("{} there: {}", point.many, fmt::join(names, ", "));
}

std::optional<Node> load_root(Context& context, const std::string& path, Where asked_from = {}, int chain = 0,
                              const std::string& others = {});

// Replaces a path by what its file holds. A file that cannot be read leaves a broken node, about which
// readers stay silent: its one diagnostic stands alone.
void expand(Context& context, Node& node, const IncludePoint& point) {
  if (node.kind != Node::Kind::scalar) return;
  const auto path = find_file(context, node);
  auto loaded = load_root(context, path, node.where, 0, is_there(path) ? "" : others_there(path, point));
  if (loaded)
    node = std::move(*loaded);
  else
    node.kind = Node::Kind::null, node.broken = true;
}

struct Change {
  std::string key;
  Where where;  // of the key
  Node value;
};

std::vector<std::string> split(const std::string& key) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (auto dot = key.find('.'); dot != std::string::npos; dot = key.find('.', from = dot + 1))
    parts.push_back(key.substr(from, dot - from));
  parts.push_back(key.substr(from));
  return parts;
}

// The child of `node` called `name`: a key of a map, or the item of a list whose own key `name` says so. A
// key that is not there yet is added, and the reader judges it.
Node* child(Context& context, Node& node, const std::string& name, const std::string& path,
            const Change& change) {
  if (node.kind == Node::Kind::null) node.kind = Node::Kind::map, node.where = change.where;
  if (node.kind == Node::Kind::map) {
    if (auto* entry = node.find(name); entry != nullptr) return &entry->value;
    Node empty;
    empty.where = change.where;
    node.entries.push_back({name, change.where, std::move(empty)});
    return &node.entries.back().value;
  }
  if (node.kind == Node::Kind::scalar) {
    context.error(change.where, fmt::format("{} is a value and has no '{}'", path, name));
    return nullptr;
  }
  std::vector<std::string> names;
  for (auto& item : node.items) {
    const auto* entry = item.find("name");
    if (entry != nullptr && entry->value.text == name) return &item;
    if (entry != nullptr) names.push_back(entry->value.text);
  }
  context.error(change.where, fmt::format("no entry of {} is named {}", path, in_quotes(name)),
                suggest(name, names));
  return nullptr;
}

// Where a path in an override starts: a bare name beside what it replaces, or beside the file that gets the
// key (`owner` is of its map); any other as the place it is written in.
void place(const Context& context, const std::string& key, const Node& old, Where owner, Node& value,
           const std::string& root) {
  if (value.kind != Node::Kind::scalar || point_at(key) == nullptr) return;
  const bool fresh = old.kind == Node::Kind::null;
  if (is_bare_name(value.text)) {
    const auto beside = old.kind == Node::Kind::scalar
                            ? find_file(context, old)
                            : context.text_of(fresh ? owner.file : old.where.file).name;
    value.folder = fs::path(beside).parent_path().string();
    if (value.folder.empty()) value.folder = '.';
  } else if (!fresh && context.text_of(value.where.file).command_line && !is_there(value.text)) {
    value.folder = fs::path(root).parent_path().string();  // not in the working folder: try the scenario's
  }
}

void apply(Context& context, Node& root, Change change, const std::string& root_path) {
  Node* node = &root;
  Where owner = root.where;
  std::string path;
  for (const auto& part : split(change.key)) {
    if (part.empty()) {
      context.error(change.where, fmt::format("{} is not a key", in_quotes(change.key)),
                    "write it as plan.expert");
      return;
    }
    if (const auto* point = point_at(path); point != nullptr) expand(context, *node, *point);
    owner = node->where;
    node = child(context, *node, part, path.empty() ? "the file" : path, change);
    if (node == nullptr) return;
    path += (path.empty() ? "" : ".") + part;
  }
  place(context, path, *node, owner, change.value, root_path);
  *node = std::move(change.value);
}

// Changes nearer the root go first, so that `cluster.gpu` lands in the cluster that `cluster` names.
void apply_all(Context& context, Node& root, std::vector<Change> changes, const std::string& root_path) {
  const auto depth = [](const Change& c) { return std::count(c.key.begin(), c.key.end(), '.'); };
  std::stable_sort(changes.begin(), changes.end(),
                   [&](const Change& a, const Change& b) { return depth(a) < depth(b); });
  for (auto& change : changes) apply(context, root, std::move(change), root_path);
}

std::vector<Change> read_overrides(Context& context, const std::vector<std::string>& overrides) {
  std::vector<Change> changes;
  for (const auto& text : overrides) {
    const auto equals = text.find('=');
    const auto source =
        command_line_text(context, "--set " + text, text.substr(std::min(equals, text.size())));
    const Where where{source.file, 1, 1};
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      context.error(where, "expected key=value", "for example --set plan.expert=32");
      continue;
    }
    if (auto value = parse(context, source.file, text.substr(equals + 1)); value)
      changes.push_back({text.substr(0, equals), where, std::move(*value)});
  }
  return changes;
}

// A file that is another one with changes.
std::optional<Node> load_derived(Context& context, const Node& own, const std::string& path, int chain) {
  Reader reader(context, own, "", own.where);
  const auto* base = reader.required("base", "the file to start from");
  const auto* name = reader.optional("name");
  const auto* set = reader.optional("set");
  reader.finish();
  const auto* base_path = reader.scalar_of(base->value, "the path of a file");
  if (base_path == nullptr) return std::nullopt;
  if (chain >= longest_base_chain) {
    context.error(base->value.where,
                  fmt::format("more than {} files stand on one another", longest_base_chain),
                  "does one name itself as its base?");
    return std::nullopt;
  }
  auto root =
      load_root(context, (fs::path(path).parent_path() / *base_path).string(), base->value.where, chain + 1);
  if (!root) return root;
  std::vector<Change> changes;
  if (name != nullptr) changes.push_back({"name", name->where, name->value});
  if (set != nullptr) {
    const Reader values(context, set->value, "set", set->where);
    for (const auto& entry : values.node().entries) changes.push_back({entry.key, entry.where, entry.value});
  }
  apply_all(context, *root, std::move(changes), path);
  return root;
}

std::optional<Node> load_root(Context& context, const std::string& path, Where asked_from, int chain,
                              const std::string& others) {
  auto own = load_file(context, path, asked_from, others);
  if (!own || own->find("base") == nullptr) return own;
  return load_derived(context, *own, path, chain);
}

// Puts files in place of all paths that stand where a file may be named.
void expand_all(Context& context, Node& root) {
  for (const IncludePoint& point : include_points) {
    Node* node = &root;
    for (const auto& part : split(point.key)) {
      auto* entry = node->find(part);
      node = entry == nullptr ? nullptr : &entry->value;
      if (node == nullptr) break;
    }
    if (node != nullptr) expand(context, *node, point);
  }
}

}  // namespace

std::optional<Node> load_file(Context& context, const std::string& path, Where asked_from,
                              const std::string& others) {
  const auto file = read_text(context, path, asked_from, FileKind::yaml, others);
  if (!file) return std::nullopt;
  auto root = parse(context, file->file, file->text);
  if (!root || root->kind == Node::Kind::map) return root;
  context.error(root->where, "the file must hold a map of keys", "for example 'name: my-scenario'");
  return std::nullopt;
}

std::optional<Node> load_part(Context& context, const std::string& path) {
  return load_root(context, path);
}

std::optional<Node> load_cluster_tree(Context& context, const std::string& path) {
  auto own = load_root(context, path);
  if (!own) return own;
  Node root;
  root.kind = Node::Kind::map;
  root.where = own->where;
  root.entries.push_back({"cluster", own->where, std::move(*own)});
  expand_all(context, root);
  return std::move(root.entries.front().value);
}

std::optional<Node> load_tree(Context& context, const std::string& path,
                              const std::vector<std::string>& overrides) {
  auto root = load_root(context, path);
  if (!root) return root;
  apply_all(context, *root, read_overrides(context, overrides), path);
  expand_all(context, *root);
  return root;
}

}  // namespace foretrain::spec
