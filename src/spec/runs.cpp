#include "spec/runs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "base/check.hpp"
#include "spec/csv.hpp"
#include "spec/include.hpp"
#include "spec/run_keys.hpp"

namespace foretrain::spec {
namespace {

const char* const csv_columns[] = {
    "gpus", "gbs_sequences", "mbs_sequences", "hidden", "heads", "layers", "seq_len_tokens", "tp", "dp",
    "pp"};

// Keys of a map that all must be known; remarks are passed over.
RunFields read_fields(Context& context, const Node& map) {
  RunFields fields;
  for (const Entry& entry : map.entries) {
    const RunKeyKind kind = kind_of_run_key(entry.key);
    if (kind == RunKeyKind::unknown) {
      const std::string near = nearest_run_key(entry.key);
      context.error(entry.where, fmt::format("unknown key {}", in_quotes(entry.key)),
                    near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    } else if (auto field = read_run_field(context, entry, kind)) {
      fields.fields.push_back(std::move(*field));
    }
  }
  return fields;
}

// "when": a key with one value, or with a list of those that it may have.
RunFields read_condition(Context& context, const Node& map) {
  Node each = map;
  each.entries.clear();
  for (const Entry& entry : map.entries) {
    if (entry.value.kind != Node::Kind::sequence) {
      each.entries.push_back(entry);
      continue;
    }
    for (const Node& item : entry.value.items) {
      each.entries.push_back(entry);
      each.entries.back().value = item;
    }
  }
  return read_fields(context, each);
}

bool is_map(Context& context, const Node& node, Where owner, const std::string& what) {
  if (node.kind == Node::Kind::map) return true;
  context.error(node.kind == Node::Kind::null ? owner : node.where,
                fmt::format("{} must be a map of keys", what));
  return false;
}

FigureDefinition read_figure(Context& context, const Entry& entry) {
  Reader reader(context, entry.value, "figure", entry.where);
  FigureDefinition figure;
  figure.recomputed = reader.choice("flops", {"model", "hardware"},
                                    "model FLOPs, or hardware FLOPs with what is recomputed") == 1;
  figure.causal = reader.choice("attention", {"full", "causal"},
                                "whether attention counts the whole matrix or half of it") == 1;
  figure.source = reader.text("source", "where the definition is stated");
  reader.finish();
  return figure;
}

RunRule read_rule(Context& context, const Node& node) {
  RunRule rule;
  Node rest = node;
  rest.entries.clear();
  for (const Entry& entry : node.entries) {
    if (entry.key == "when") {
      if (is_map(context, entry.value, entry.where, "'when'"))
        rule.when = read_condition(context, entry.value);
    } else if (entry.key == "source") {
      rule.source = entry.value.text;
    } else {
      rest.entries.push_back(entry);
    }
  }
  if (rule.source.empty())
    context.error(node.where, "settings of a set have no source",
                  "add source: \"where it is stated\", or \"assumed: why\"");
  rule.then = read_fields(context, rest);
  return rule;
}

std::string text_of(const Node& map, const std::string& key) {
  const Entry* entry = map.find(key);
  return entry == nullptr ? "" : entry->value.text;
}

// A set without rows of its own in the list: a CSV table beside the file, one row a run, ids by line order.
void read_table(Context& context, const std::string& path, const RunSet& set, PublishedRuns& runs) {
  const std::vector<std::string> required(std::begin(csv_columns), std::end(csv_columns));
  auto columns = required;
  columns.emplace_back("step_time_ms");
  const auto table = read_csv(context, path, columns);
  if (!table) return;
  for (std::size_t r = 0; r < table->rows.size(); ++r) {
    RunRow row;
    row.id = fmt::format("{}-{:04}", set.id, r + 1);
    row.set = set.id;
    row.origin = context.origin(table->where(r, columns.front()));
    for (const std::string& column : columns) {
      const std::string& text = table->text(r, column);
      if (const auto fault = fault_of_run_value(kind_of_run_key(column), text); !fault.empty())
        context.error(table->where(r, column), fmt::format("column '{}': {}", column, fault));
      else
        row.fields.fields.push_back({column, text, row.origin});
    }
    runs.rows.push_back(std::move(row));
  }
}

void read_set(Context& context, const Entry& entry, const std::string& path, PublishedRuns& runs) {
  if (!is_map(context, entry.value, entry.where, fmt::format("set '{}'", entry.key))) return;
  RunSet set;
  set.id = entry.key;
  for (const auto& other : runs.sets)
    if (other.id == set.id) context.error(entry.where, fmt::format("set '{}' is there twice", set.id));
  set.title = text_of(entry.value, "title");
  set.address = text_of(entry.value, "address");
  set.commit = text_of(entry.value, "commit");
  set.confidence = text_of(entry.value, "confidence");
  std::string table;
  static const std::set<std::string> plain{"title",    "address",        "commit", "confidence",
                                           "hardware", "mfu_definition", "rows",   "rows_in_csv"};
  for (const Entry& e : entry.value.entries) {
    if (e.key == "figure")
      set.figure = read_figure(context, e);
    else if (e.key == "table")
      table = e.value.text;
    else if (e.key == "settings" && e.value.kind == Node::Kind::sequence)
      for (const Node& rule : e.value.items) set.rules.push_back(read_rule(context, rule));
    else if (!plain.contains(e.key))
      context.error(
          e.where, fmt::format("unknown key {} in set '{}'", in_quotes(e.key), set.id),
          suggest(e.key, {"title", "address", "commit", "confidence", "figure", "settings", "table"}));
  }
  runs.sets.push_back(set);
  if (!table.empty())
    read_table(context, (std::filesystem::path(path).parent_path() / table).string(), set, runs);
}

void read_row(Context& context, const Node& node, PublishedRuns& runs) {
  if (!is_map(context, node, node.where, "a run")) return;
  RunRow row;
  row.id = text_of(node, "id");
  row.set = text_of(node, "set");
  row.origin = context.origin(node.where);
  for (const char* key : {"id", "set"})
    if (text_of(node, key).empty())
      context.error(node.where, fmt::format("a run lacks '{}'", key),
                    "every run has an id and the id of its set");
  for (const Entry& entry : node.entries) {
    if (entry.key == "id" || entry.key == "set") continue;
    const RunKeyKind kind = kind_of_run_key(entry.key);
    if (kind == RunKeyKind::unknown) {
      if (const auto near = nearest_run_key(entry.key); !near.empty())
        context.error(entry.where, fmt::format("unknown key {} in run {}", in_quotes(entry.key), row.id),
                      fmt::format("did you mean '{}'?", near));
      else
        ++runs.unread[entry.key];
    } else if (auto field = read_run_field(context, entry, kind)) {
      row.fields.fields.push_back(std::move(*field));
    }
  }
  bool known = row.set.empty();
  for (const RunSet& set : runs.sets) known |= set.id == row.set;
  if (!known)
    context.error(node.find("set")->value.where, fmt::format("no set is called {}", in_quotes(row.set)));
  runs.rows.push_back(std::move(row));
}

void read_file(Context& context, const std::string& path, PublishedRuns& runs) {
  const auto root = load_file(context, path);
  if (!root) return;
  runs.files.push_back(path);
  Reader top(context, *root, "", root->where);
  if (const auto* models = top.optional("models");
      models != nullptr && is_map(context, models->value, models->where, "models"))
    for (const Entry& entry : models->value.entries)
      if (is_map(context, entry.value, entry.where, fmt::format("model '{}'", entry.key)))
        runs.models[entry.key] = read_fields(context, entry.value);
  if (const auto* sets = top.required("sets", "{set-id: {title: ..., address: ..., settings: [...]}, ...}");
      sets != nullptr && is_map(context, sets->value, sets->where, "sets"))
    for (const Entry& entry : sets->value.entries) read_set(context, entry, path, runs);
  if (const auto* rows = top.optional("runs"); rows != nullptr) {
    if (rows->value.kind == Node::Kind::sequence)
      for (const Node& node : rows->value.items) read_row(context, node, runs);
    else
      context.error(rows->where, "runs must be a list", "one run a line: - {id: ..., set: ..., ...}");
  }
  top.finish();
}

}  // namespace

const RunField* RunFields::find(const std::string& key) const {
  for (const RunField& field : fields)
    if (field.key == key) return &field;
  return nullptr;
}

std::string RunFields::text(const std::string& key) const {
  const RunField* field = find(key);
  return field == nullptr ? "" : field->text;
}

std::optional<double> RunFields::number(const std::string& key) const {
  const RunField* field = find(key);
  if (field == nullptr) return std::nullopt;
  const auto parsed = parse_number(field->text);
  return parsed.ok ? std::optional(parsed.value) : std::nullopt;
}

std::optional<std::int64_t> RunFields::count(const std::string& key) const {
  const RunField* field = find(key);
  if (field == nullptr) return std::nullopt;
  const auto parsed = parse_integer(field->text);
  return parsed.ok ? std::optional(parsed.value) : std::nullopt;
}

const RunSet& PublishedRuns::set_of(const RunRow& row) const {
  for (const RunSet& set : sets)
    if (set.id == row.set) return set;
  check(false, "the reader has refused rows of unknown sets");
  return sets.front();
}

PublishedRuns load_runs(const std::vector<std::string>& paths) {
  Context context;
  PublishedRuns runs;
  for (const std::string& path : paths) read_file(context, path, runs);
  std::map<std::string, std::string> seen;
  for (const RunRow& row : runs.rows) {
    const auto [at, fresh] = seen.emplace(row.id, row.origin);
    if (!fresh && !row.id.empty())
      context.error({},
                    fmt::format("{}: run '{}' has the id of the one at {}", row.origin, row.id, at->second),
                    "every run has an id of its own");
  }
  if (runs.rows.empty() && context.error_count() == 0) context.error({}, "the files hold no runs");
  context.throw_if_any();
  return runs;
}

std::map<std::string, RunFields> load_gpu_names(const std::string& path) {
  Context context;
  std::map<std::string, RunFields> names;
  if (const auto root = load_file(context, path))
    for (const Entry& entry : root->entries)
      if (is_map(context, entry.value, entry.where, entry.key))
        names[entry.key] = read_fields(context, entry.value);
  context.throw_if_any();
  return names;
}

}  // namespace foretrain::spec
