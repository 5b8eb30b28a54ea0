#pragma once
// How unlike packed sequences are: one holds a long document, another many short ones, and attention inside
// documents (documents.hpp) takes longer for the first. Found by packing a stream of documents drawn with a
// seed; no closed form is known to us. Left out: software that sorts documents before it packs them, so that
// long ones meet long ones.
//
// Cost: about 260,000 drawn documents, a few milliseconds; at most 1024 loads.

#include <cstdint>
#include <vector>

#include "model/documents.hpp"

namespace foretrain::model {

// What attention takes for one token of a document of 1, 2^(1/4), 2^(2/4), ... tokens, up to the sequence at
// least: linear between two of them. In any unit.
using TokenCosts = std::vector<double>;
std::vector<double> list_lengths(std::int64_t sequence);  // those lengths

// What attention takes for a micro-batch of `together` sequences, relative to their mean, one of each
// micro-batch that was packed, in ascending order. Empty where all are alike to a tenth of a percent.
std::vector<double> attention_loads(const Documents& documents, std::int64_t sequence, std::int64_t together,
                                    const TokenCosts& costs, std::uint64_t seed);

}  // namespace foretrain::model
