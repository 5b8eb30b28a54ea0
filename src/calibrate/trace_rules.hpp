#pragma once
// How to tell the kernels of a trace apart: a YAML file of ordered rules, one list for each annotated block.
// The format is described where it is used, validate/rules/deepseek-v3.yaml.
//
// Left out: kernels outside every annotation, which no rule can name; blocks that nest in one another.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/ops.hpp"

namespace foretrain::calibrate {

// The lists of a layer (model::UnitOps) that a block may be.
using PartOfLayer = std::vector<model::Op> model::UnitOps::*;
struct NamedPart {
  const char* name;
  PartOfLayer ops;
  bool backward;  // of the micro-batch that runs backward
};
extern const std::vector<NamedPart> layer_parts;

struct KernelRule {
  std::vector<std::string> patterns;  // of names: '*' is any text
  std::vector<std::string> ops;       // one for all kernels, or one each in launch order
  std::vector<std::string> classes;   // as many
  bool each = false;                  // the kernels are named one by one
};

struct BlockRules {
  std::string annotation;
  std::optional<std::size_t> part;  // of layer_parts; none: communication, without shapes
  std::vector<KernelRule> rules;    // the first that fits decides
};

struct OpOfBlock {
  std::string block, op;
};

// Ops whose kernels' first grid dimension is a size that the model file does not know. Rows and received
// tokens are those of one expert-parallel rank (model::Work).
struct GridSizes {
  std::optional<OpOfBlock> tokens, forward_rows, forward_received, backward_rows, backward_received;
};

struct TraceRules {
  std::string file, name, source;
  model::Unit unit = model::Unit::moe_layer;
  model::Work work;         // precision, what is recomputed and which kernels; sizes come from the trace
  double exchange_hbm = 0;  // share of HBM bandwidth that an exchange takes from kernels beside it
  std::vector<std::string> exchanges, barriers;  // classes
  GridSizes grids;
  std::vector<BlockRules> blocks;

  const BlockRules* find(const std::string& annotation) const;  // nullptr when there is none
};

// Throws SpecError with every mistake in the file, or in the software profile that it names.
TraceRules load_trace_rules(const std::string& path);

// Whether the name is the pattern, with any text in place of each '*'.
bool fits(const std::string& pattern, const std::string& name);

}  // namespace foretrain::calibrate
