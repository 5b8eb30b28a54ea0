#pragma once
// The values of a plan that are more than a number: its stages, what is recomputed, what overlaps, the
// precision. read_plan.cpp asks for them key by key.

#include <string>
#include <vector>

#include "spec/read.hpp"

namespace foretrain::spec {

// `stages: default`, or one list of units for each stage. A fault is told and leaves the default.
void read_stage_lists(Reader& reader, PlanRead& read);

// none | full | selective | a list out of norms, mla_up, swiglu, attention_core; absent: as it was.
void read_recompute(Reader& reader, model::Recompute& recompute);

// Of a list such as [gradients, p2p].
plan::Overlap overlap_of(Reader& reader, const Node& list, const std::string& key,
                         const std::string& source = {});
std::string to_text(const plan::Overlap& overlap);  // "gradients, p2p", or "none"

const std::vector<std::string>& context_exchange_names();  // in the order of ContextExchange

// Names of precisions as a scenario writes them; fp16 is the last and is priced as bf16.
const std::vector<std::string>& precision_names();
model::Precision precision_of(std::size_t name);

}  // namespace foretrain::spec
