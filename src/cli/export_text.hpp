#pragma once
// What `foretrain export` and `foretrain import-chakra` print.

#include <optional>
#include <string>

#include "interchange/chakra_files.hpp"
#include "interchange/replay.hpp"
#include "interchange/totals.hpp"

namespace foretrain::cli {

struct Written {  // of one format
  std::string where;
  std::uint64_t files = 0, bytes = 0;
};

struct Exported {
  std::string scenario, stage, schedule, level;
  std::int64_t micro_batches = 0, ranks = 0, gpus = 0;
  Seconds step_time{};
  interchange::Totals totals;
  std::optional<Written> chakra, goal;
};
std::string to_text(const Exported& exported);
std::string to_json(const Exported& exported);

struct Imported {
  const interchange::ChakraFiles& files;
  interchange::ReplayRates rates;
  interchange::Replay replay;
};
std::string to_text(const Imported& imported);
std::string to_json(const Imported& imported);

}  // namespace foretrain::cli
