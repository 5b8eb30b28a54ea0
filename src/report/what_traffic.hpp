#pragma once
// What flows lose that meet in the fabric, row by row of `--what network`: the part of its answer that says
// why a step is longer.

#include <string>

#include "report/json.hpp"
#include "study/what.hpp"

namespace foretrain::report {

// The step of each draw, from the shortest to the longest; empty where there is one draw.
std::string range_of_draws(const study::WhatRow& row);

// For each class of traffic what leaves its leaf and how much slower it is; empty without such rows.
// `experts`: classes that only experts have are shown too.
std::string traffic_text(const study::WhatOutcome& answer, bool experts);

// Members of the row's object; nothing where it says nothing of traffic.
void write_traffic(JsonWriter& json, const study::WhatRow& row);

}  // namespace foretrain::report
