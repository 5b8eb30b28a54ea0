#pragma once
// The model of a published run: a model file of that name where its dimensions are those that the row prints;
// else what the row prints, as the plain GPT that papers before 2023 trained (GELU, LayerNorm, learned
// positions, biases, an inner width of 4 h); else the dimensions that the file of runs lists.

#include <tl/expected.hpp>

#include "study/run_library.hpp"
#include "study/run_lookup.hpp"

namespace foretrain::study {

// A reason where none can be built. `sequence`: rows of a learned position table.
tl::expected<model::TransformerSpec, std::string> model_of_run(RunLookup& lookup, const RunLibrary& library,
                                                               const spec::PublishedRuns& runs,
                                                               std::int64_t sequence);

}  // namespace foretrain::study
