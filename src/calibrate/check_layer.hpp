#pragma once
// One measured MoE layer beside the op list that the simulator prices: rows of suite `layer`, whose names
// docs/calibration.md defines. The rows of the whole passes say what the layer was given (tokens, routed
// rows, received tokens, experts, precision); the list is made for the same. Nothing is fitted here, and no
// such row is ever fitted to.
//
// A pass is predicted as the sum of its ops and of the launch gaps between them, an op as its kernels without
// gaps, at the clock of a short benchmark and alone on the GPU. Left out: dispatch, combine and what they
// take from the ops. Cost: O(rows log ops).

#include <array>
#include <string>
#include <vector>

#include "calibrate/measured.hpp"
#include "hardware/gpu.hpp"
#include "model/ops.hpp"

namespace foretrain::calibrate {

constexpr std::array<const char*, 3> layer_passes{"moe_layer_forward", "moe_layer_input_gradient",
                                                  "moe_layer_weight_gradient"};
constexpr const char* layer_at_once = "moe_layer";        // all three, one after the other
constexpr const char* experts_product = "routed_gateup";  // m: its rows, groups: its experts
constexpr double layer_aim = 0.05;                        // largest error of a pass that is asked for

struct LayerOp {
  std::string block, name;  // "mlp_f", "routed_gateup"; several in one kernel: "a & b"
  std::size_t pass = 0;     // of layer_passes
  Seconds predicted{}, measured{};
  std::vector<Family> families;  // what priced it
  double error() const { return predicted / measured - 1; }
};

// A row that is no op of the list, or an op of another shape.
struct OtherRow {
  std::string kernel, remark, place;
  Seconds measured{};
};

struct LayerPass {
  bool whole = false;                  // its row was there
  Seconds measured{};                  // of that row
  Seconds predicted{}, gaps{};         // all ops of the list, gaps between launches included; these alone
  Seconds named{}, named_predicted{};  // of the ops that were measured, gaps apart
  double error() const { return predicted / measured - 1; }
  double covered() const { return named / measured; }  // by ops with a name
};

struct LayerCheck {
  Results results;
  hardware::GpuSpec gpu;
  model::Work work;          // as the rows say it
  std::vector<LayerOp> ops;  // in the order of the list
  std::array<LayerPass, 3> passes;
  LayerPass all;  // at once where that was measured, else the passes that have a row of their own
  std::vector<OtherRow> other;           // in the order of the file
  std::vector<std::string> only_listed;  // "block op" that no row measures
  Seconds only_listed_time{};            // predicted
};

// `work`: which kernels a layer is made of and what is recomputed; its sizes and precision are replaced by
// the rows'. Throws SpecError for files without such rows, rows of unknown blocks, ops that stand twice,
// passes that disagree and a part that lacks a curve.
LayerCheck check_layer(const Results& results, const hardware::GpuSpec& gpu,
                       const model::TransformerSpec& model, model::Work work);

}  // namespace foretrain::calibrate
