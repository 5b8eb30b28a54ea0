#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

using model::DocumentLength;

const std::string allowed_forms = "length, lengths, mean_tokens and median";
constexpr std::int64_t longest = 1'000'000'000;
const Limits token_limits{1, longest, false, "1 to 1 B"};

const Node* list_under(Reader& reader, const std::string& name, const std::string& meaning) {
  const auto* entry = reader.required(name, meaning);
  if (entry == nullptr) return nullptr;
  if (entry->value.kind == Node::Kind::sequence && !entry->value.items.empty()) return &entry->value;
  reader.context().error(entry->value.where, fmt::format("{} must be a list", name), meaning);
  return nullptr;
}

std::vector<DocumentLength> read_list(Reader& reader) {
  const auto* lengths = list_under(reader, "lengths", "tokens of each kind of document: [512, 2048]");
  const auto* shares = list_under(reader, "shares", "how many documents are of each length: [75 %, 25 %]");
  if (lengths == nullptr || shares == nullptr) return {};
  if (lengths->items.size() != shares->items.size()) {
    reader.context().error(
        shares->where, fmt::format("{} shares for {} lengths", shares->items.size(), lengths->items.size()),
        "one share for each length");
    return {};
  }
  std::vector<DocumentLength> all;
  double sum = 0;
  bool read = true;
  for (std::size_t i = 0; i < lengths->items.size(); ++i) {
    const auto at = [&](const char* name) { return reader.full(fmt::format("{}[{}]", name, i)); };
    all.push_back({reader.integer_of(lengths->items[i], at("lengths"), {1, longest}),
                   reader.measure_of(shares->items[i], at("shares"), Measure::ratio, share())});
    read = read && all.back().tokens > 0 && all.back().share > 0;
    sum += all.back().share;
  }
  if (!read) return {};
  if (std::abs(sum - 1) > 1e-3) {
    reader.context().error(shares->where, fmt::format("shares add up to {:.4g} %", 100 * sum),
                           "they count documents, and must add up to 100 %");
    return {};
  }
  for (auto& one : all) one.share /= sum;
  return all;
}

// A mean and its relative deviation c are those of a lognormal with sigma^2 = ln(1 + c^2).
std::vector<DocumentLength> read_mean(Reader& reader, DocumentsSpec& documents) {
  const double mean = reader.measure("mean_tokens", Measure::tokens, "", token_limits);
  double spread = 0;
  if (reader.has("length_spread"))
    spread = reader.measure("length_spread", Measure::ratio, "", {0, 50, false, "0 to 50 (0 % to 5000 %)"});
  else
    reader.context().record_default(reader.full("length_spread"), "0");
  if (mean <= 0) return {};
  if (spread <= 0) return {{std::llround(mean), 1}};
  documents.median = mean / std::sqrt(1 + spread * spread);
  documents.sigma = std::sqrt(std::log1p(spread * spread));
  return model::lognormal_lengths(documents.median, documents.sigma);
}

std::vector<DocumentLength> read_median(Reader& reader, DocumentsSpec& documents) {
  documents.median = reader.measure("median", Measure::tokens, "", token_limits);
  documents.sigma = reader.measure("sigma", Measure::ratio, "deviation of the logarithm of lengths",
                                   {0, 3, true, "more than 0 and at most 3"});
  if (documents.median <= 0 || documents.sigma <= 0) return {};
  return model::lognormal_lengths(documents.median, documents.sigma);
}

// How long they are, in one of four ways. `misspelt`: a key that nobody knows may have been meant to say it.
std::vector<DocumentLength> read_lengths(Reader& reader, const std::string& stage, bool misspelt,
                                         DocumentsSpec& documents) {
  std::vector<const Entry*> given;
  for (const char* name : {"length", "lengths", "mean_tokens", "median"})
    if (reader.has(name)) given.push_back(reader.optional(name));
  auto& context = reader.context();
  if (given.empty() && misspelt) return {};
  if (given.empty()) {
    context.error(reader.where(), fmt::format("the documents of stage {} have no length", in_quotes(stage)),
                  "give one of " + allowed_forms);
    return {};
  }
  if (given.size() > 1) {
    context.error(
        given[1]->where,
        fmt::format("{} beside {}: how long documents are is said twice", given[1]->key, given[0]->key),
        "keep one of " + allowed_forms);
    return {};
  }
  const auto alone = [&](const char* name, const char* owner) {
    if (reader.has(name) && !reader.has(owner))
      context.error(reader.node().find(name)->where, fmt::format("{} without {}", name, owner),
                    fmt::format("{} belongs to {}", name, owner));
  };
  alone("shares", "lengths");
  alone("length_spread", "mean_tokens");
  alone("sigma", "median");
  if (given[0]->key == "lengths") return read_list(reader);
  if (given[0]->key == "mean_tokens") return read_mean(reader, documents);
  if (given[0]->key == "median") return read_median(reader, documents);
  const auto length = reader.integer("length", "", {1, longest});
  return length > 0 ? std::vector<DocumentLength>{{length, 1}} : std::vector<DocumentLength>{};
}

}  // namespace

std::optional<DocumentsSpec> read_documents(Reader& stage_reader, const StageSpec& stage) {
  auto& context = stage_reader.context();
  const auto* entry = stage_reader.optional("documents");
  if (entry == nullptr) {
    context.record_default(stage_reader.full("documents"), "one a sequence");
    return std::nullopt;
  }
  Reader reader(context, entry->value, stage_reader.full("documents"), entry->where);
  for (const char* name :
       {"length", "lengths", "shares", "mean_tokens", "length_spread", "median", "sigma", "packing", "mask"})
    reader.optional(name);  // known, though only those of one way are asked for
  const std::size_t before = context.error_count();
  reader.finish();
  DocumentsSpec documents;
  documents.held.lengths = read_lengths(reader, stage.name, context.error_count() > before, documents);
  const bool supervised = stage.kind == StageSpec::Kind::supervised;
  documents.held.whole =
      reader.choice("packing", {"cut", "whole"}, "how documents fill sequences", supervised ? 1 : 0) == 1;
  documents.masked = reader.choice("mask", {"document", "none"}, "what attention does not cross", 0) == 0;
  if (documents.held.lengths.empty()) return std::nullopt;
  // Recorded for `explain`, and so that checks across values know the place.
  const auto pieces =
      documents.masked && stage.sequence > 0 ? model::pack(documents.held, stage.sequence) : model::Pieces{};
  context.record(stage_reader.full("documents"),
                 pieces.empty() ? "attention spans the whole sequence"
                                : fmt::format("attention spans {:.0f} tokens of the sequence on average",
                                              model::attended_tokens(pieces)),
                 entry->where);
  return documents;
}

}  // namespace foretrain::spec
