#pragma once
// Messages and copies: a fixed time and a rate for each kind, fitted on every second size and judged on the
// others. Kinds: copy_to_host, copy_to_gpu (a host's part holds their rates), copy_on_gpu and send_recv
// between two GPUs of a node.
//
// Written to a part are the first two alone. copy_on_gpu is the copy engine, with warm caches: no kernel of a
// training step. send_recv goes one way, while a part's NVLink rate is that with both ways busy.
//
// Refused: fewer than four sizes, sizes that differ too little, a rate above the memory's, errors above 30 %.

#include <optional>
#include <string>
#include <vector>

#include "calibrate/assess.hpp"

namespace foretrain::calibrate {

struct TransferFit {
  std::string kernel;
  std::size_t points = 0, fitted_on = 0;
  Bandwidth rate{};
  Seconds latency{};
  std::optional<Assessment> held_out;
  std::string reason;  // "" when the rate stands
};

// A row a kind that has points, in the order above.
std::vector<TransferFit> fit_transfers(const std::vector<Point>& points, const hardware::GpuSpec& gpu);

bool is_transfer(const Point& point);

}  // namespace foretrain::calibrate
