#pragma once
// Words that publications use, as the values that a plan has. A word nobody explained gives nothing.

#include <cstdint>
#include <optional>
#include <string>

#include "plan/plan.hpp"

namespace foretrain::study {

// "BF16", "amp_bf16", "FP8 hybrid", "float8 rowwise", "MXFP8", "FP8(1x128/128x128 E4M3)+BF16", "NVFP4" ...
// Finer FP8 scaling without a name of its own is MXFP8 where the GPU has it, else blocks.
std::optional<model::Precision> precision_word(const std::string& word, bool has_mxfp8);

// "full (uniform)", "selective (attention core)", "selective per op", "none stated", a list of parts, also by
// the names that Megatron-Core gives its modules ...
std::optional<model::Recompute> recompute_word(const std::string& word);

// "deepep", "all_to_all" (or "alltoall"). "hybridep" is taken for DeepEP.
std::optional<plan::TokenExchange> exchange_word(const std::string& word);

// "none", "all", or of one layer "attention", "router" or both ("attention and router").
std::optional<plan::Graphs> graphs_word(const std::string& word);

// "ZeRO-1 (distributed optimizer)" -> 1, "FSDP" -> 3, "2" -> 2.
std::optional<std::int64_t> zero_word(const std::string& word);

}  // namespace foretrain::study
