#include "calibrate/trace_rules.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "spec/include.hpp"
#include "spec/load.hpp"
#include "spec/plan_values.hpp"
#include "spec/reader.hpp"

namespace foretrain::calibrate {

const std::vector<NamedPart> layer_parts{{"attention_f", &model::UnitOps::attention_f, false},
                                         {"mlp_f", &model::UnitOps::mlp_f, false},
                                         {"mlp_i", &model::UnitOps::mlp_i, true},
                                         {"attention_i", &model::UnitOps::attention_i, true},
                                         {"mlp_w", &model::UnitOps::mlp_w, true},
                                         {"attention_w", &model::UnitOps::attention_w, true}};

namespace {

using spec::Context;
using spec::Entry;
using spec::Node;
using spec::Reader;

// One text, or a list of them.
std::vector<std::string> texts_of(Reader& reader, const Node& value, const std::string& expectation) {
  std::vector<std::string> found;
  if (value.kind != Node::Kind::sequence) {
    if (const auto* text = reader.scalar_of(value, expectation)) found.push_back(*text);
  } else {
    for (const Node& item : value.items)
      if (const auto* text = reader.scalar_of(item, expectation)) found.push_back(*text);
  }
  for (const auto& text : found)
    if (text.empty())
      reader.context().error(value.where, fmt::format("an empty text, expected {}", expectation));
  if (value.kind == Node::Kind::sequence && value.items.empty())
    reader.context().error(value.where, fmt::format("an empty list, expected {}", expectation));
  return found;
}

std::vector<std::string> texts(Reader& reader, const std::string& name, const std::string& meaning) {
  const Entry* entry = reader.required(name, meaning);
  return entry == nullptr ? std::vector<std::string>{} : texts_of(reader, entry->value, meaning);
}

// Names of blocks and ops become cells of a result file.
void expect_cell(Reader& reader, spec::Where where, const std::string& name) {
  if (name.find_first_of(",\n\r") != std::string::npos)
    reader.context().error(where, fmt::format("'{}' holds a comma or the end of a line", name),
                           "blocks and ops are cells of a result file, which knows no quotes");
}

KernelRule read_rule(Reader& reader) {
  KernelRule rule;
  rule.patterns = texts(reader, "kernel", "a pattern of kernel names, '*' for any text, or a list of them");
  const Entry *one = reader.optional("op"), *each = reader.optional("ops");
  if ((one == nullptr) == (each == nullptr))
    reader.context().error(reader.where(), "a rule needs either 'op' or 'ops'",
                           "op: one name for all its kernels; ops: one name each, in the order of launches");
  rule.each = each != nullptr;
  if (const Entry* entry = rule.each ? each : one)
    rule.ops = texts_of(reader, entry->value, rule.each ? "names of ops" : "the name of an op");
  for (const std::string& op : rule.ops) expect_cell(reader, reader.where(), op);
  if (!rule.each && rule.ops.size() > 1)
    reader.context().error(one->where, "'op' is one name", "write ops: for one name each");
  rule.classes = texts(reader, "class", "the class of its kernels, or a list, one for each of ops");
  if (rule.classes.size() == 1) rule.classes.assign(rule.ops.size(), rule.classes.front());
  if (rule.classes.size() != rule.ops.size())
    reader.context().error(reader.where(),
                           fmt::format("{} classes for {} ops", rule.classes.size(), rule.ops.size()),
                           "write one class, or one for each of ops");
  reader.finish();
  return rule;
}

// Calls `read` on every map of a list.
template <class Read>
void each_map(Reader& reader, const std::string& name, const std::string& meaning, Read read) {
  const Entry* entry = reader.required(name, meaning);
  if (entry == nullptr) return;
  if (entry->value.kind != Node::Kind::sequence || entry->value.items.empty()) {
    reader.context().error(entry->where,
                           fmt::format("{} must be a list that holds something", reader.full(name)), meaning);
    return;
  }
  for (const Node& item : entry->value.items) {
    Reader inner(reader.context(), item, name, item.where);
    read(inner);
  }
}

BlockRules read_block(Reader& reader) {
  BlockRules block;
  block.annotation = reader.text("annotation", "the user annotation around the launches");
  expect_cell(reader, reader.where(), block.annotation);
  std::vector<std::string> names;
  for (const NamedPart& part : layer_parts) names.emplace_back(part.name);
  if (reader.has("list")) block.part = reader.choice("list", names, "the op list of this block");
  each_map(reader, "kernels", "a list of rules", [&](Reader& r) { block.rules.push_back(read_rule(r)); });
  reader.finish();
  return block;
}

GridSizes read_grids(Reader& reader) {
  GridSizes grids;
  const auto of = [&](const char* name) {
    OpOfBlock found;
    if (const Entry* entry = reader.required(name, "{block: ..., op: ...}")) {
      Reader inner(reader.context(), entry->value, reader.full(name), entry->where);
      found = {inner.text("block", "an annotation"), inner.text("op", "an op of that block")};
      inner.finish();
    }
    return found;
  };
  const auto take = [&](const char* name, std::optional<OpOfBlock>& to) {
    if (reader.has(name)) to = of(name);
  };
  take("tokens", grids.tokens);
  take("forward_rows", grids.forward_rows);
  take("forward_received", grids.forward_received);
  take("backward_rows", grids.backward_rows);
  take("backward_received", grids.backward_received);
  reader.finish();
  return grids;
}

bool names_op(const TraceRules& rules, const OpOfBlock& wanted) {
  const BlockRules* block = rules.find(wanted.block);
  return block != nullptr &&
         std::any_of(block->rules.begin(), block->rules.end(), [&](const KernelRule& rule) {
           return std::find(rule.ops.begin(), rule.ops.end(), wanted.op) != rule.ops.end();
         });
}

void check_grids(Context& context, const TraceRules& rules, spec::Where where) {
  const GridSizes& g = rules.grids;
  const std::vector<std::optional<OpOfBlock>> all{g.tokens, g.forward_rows, g.forward_received,
                                                  g.backward_rows, g.backward_received};
  for (const auto& wanted : all)
    if (wanted && !wanted->block.empty() && !names_op(rules, *wanted))
      context.error(where, fmt::format("no rule names '{}' in block '{}'", wanted->op, wanted->block));
  if (rules.unit == model::Unit::moe_layer &&
      !(g.forward_rows && g.forward_received && g.backward_rows && g.backward_received))
    context.error(where, "a layer with experts needs the rows that were routed to it",
                  "grids: forward_rows, forward_received, backward_rows, backward_received");
}

void check_blocks(Context& context, const TraceRules& rules, spec::Where where) {
  for (std::size_t i = 0; i < rules.blocks.size(); ++i)
    if (rules.find(rules.blocks[i].annotation) != &rules.blocks[i])
      context.error(where, fmt::format("two blocks are annotated '{}'", rules.blocks[i].annotation));
}

TraceRules read_rules(Reader& top) {
  TraceRules rules;
  Context& context = top.context();
  rules.name = top.text("name", "what these rules are called");
  rules.source = top.text("source", "the trace that they were made for");
  const std::string software = top.text("software", "the path of a software profile");
  rules.unit = top.choice("unit", {"moe_layer", "dense_layer"}, "the kind of layer that was traced") == 0
                   ? model::Unit::moe_layer
                   : model::Unit::dense_layer;
  if (const Entry* work = top.required("work", "{precision: ..., recompute: ...}")) {
    Reader reader(context, work->value, "work", work->where);
    rules.work.precision = spec::precision_of(
        reader.choice("precision", spec::precision_names(), "of the linear layers' GEMMs"));
    spec::read_recompute(reader, rules.work.recompute);
    reader.finish();
  }
  if (const Entry* said = top.required("communication", "{exchange: [...], barrier: [...]}")) {
    Reader reader(context, said->value, "communication", said->where);
    rules.exchanges = texts(reader, "exchange", "classes of kernels that exchange tokens");
    rules.barriers = texts(reader, "barrier", "classes of kernels that wait for other GPUs");
    reader.finish();
  }
  const Entry* grids = top.required("grids", "{tokens: {block: ..., op: ...}, ...}");
  if (grids != nullptr) {
    Reader reader(context, grids->value, "grids", grids->where);
    rules.grids = read_grids(reader);
  }
  const Entry* blocks = top.optional("blocks");
  each_map(top, "blocks", "a list of annotated blocks",
           [&](Reader& r) { rules.blocks.push_back(read_block(r)); });
  if (blocks != nullptr) check_blocks(context, rules, blocks->where);
  if (grids != nullptr && blocks != nullptr) check_grids(context, rules, grids->where);
  top.finish();
  rules.file = software;  // until the profile is loaded
  return rules;
}

}  // namespace

const BlockRules* TraceRules::find(const std::string& annotation) const {
  const auto found = std::find_if(blocks.begin(), blocks.end(),
                                  [&](const BlockRules& b) { return b.annotation == annotation; });
  return found == blocks.end() ? nullptr : &*found;
}

TraceRules load_trace_rules(const std::string& path) {
  Context context;
  const auto root = spec::load_file(context, path);
  if (!root) context.throw_if_any();
  Reader reader(context, *root, "", root->where);
  TraceRules rules = read_rules(reader);
  context.throw_if_any();
  const auto profile = (std::filesystem::path(path).parent_path() / rules.file).lexically_normal();
  const auto software = spec::load_software(profile.string());
  rules.file = path;
  rules.work.kernels = software.kernels;
  rules.exchange_hbm = software.exchange_hbm.value;
  return rules;
}

// Greedy, with one step back: each '*' first stands for nothing and grows when what follows it does not fit.
bool fits(const std::string& pattern, const std::string& name) {
  std::size_t p = 0, n = 0, star = std::string::npos, from = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace foretrain::calibrate
