// Kernels of decoding, at few rows, against DeepGEMM's tables. The curves were fitted at 4096 rows and more,
// so this is extrapolation: bounds are what was found, signs are (predicted - measured) / measured.

#include "catch.hpp"
#include "curve_data.hpp"
#include "model/inference_ops.hpp"
#include "model/kernels.hpp"
#include "model/v3.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using namespace foretrain::published;

namespace {

const hardware::GpuSpec& h800_part() {
  static const auto gpu = spec::load_gpu(FORETRAIN_ROOT "/topologies/parts/h800.yaml");
  return gpu;
}

// As the tables were measured: in short runs, without the derate of a training run.
Seconds burst_time(const Kernel& kernel) {
  hardware::Conditions conditions;
  conditions.sources = hardware::Sources::measured;
  return hardware::price(kernel, h800_part(), conditions).busy;
}

struct DecodeErrors {
  double least = 1e9, most = -1e9;
  int count = 0;
  void add(const Kernel& kernel, double measured) {
    const double error = burst_time(kernel).base() / measured - 1;
    least = std::min(least, error);
    most = std::max(most, error);
    ++count;
  }
};

double measured_time(const Row& row) {
  const double rows = number(row, "groups") * number(row, "m");
  return 2 * rows * number(row, "n") * number(row, "k") / (number(row, "tflops") * 1e12);
}

}  // namespace

TEST_CASE("dense FP8 GEMMs of 64 and 128 rows as the decode lists write them: 0 to a third too fast") {
  DecodeErrors errors;
  for (const auto& row : read_csv("deepgemm_h800.csv")) {
    if (row.at("kind") != "dense" || number(row, "m") > 128 || row.at("release") != "2025-02-25") continue;
    model::DecodeWork work;
    work.requests = whole(row, "m");
    const auto ops = model::list_decode_ops(testing::deepseek_v3(), model::Unit::moe_layer, work);
    for (const auto* list : {&ops.attention, &ops.mlp})
      for (const auto& op : *list) {
        const auto& k = op.kernel;
        if (k.family != Family::gemm_fp8 || k.n != whole(row, "n") || k.k * k.groups != whole(row, "k"))
          continue;
        CAPTURE(op.name, k.m, burst_time(k).base() * 1e6, measured_time(row) * 1e6);
        CHECK(k.m == work.requests * k.groups);
        errors.add(k, measured_time(row));
      }
  }
  CAPTURE(errors.least, errors.most);
  CHECK(errors.count ==
        10);  // qkv_a, q_b, o, shared gate-up and down at two sizes; kv_b (k = 512) is absorbed
  CHECK(errors.least > -0.35);
  CHECK(errors.most < 0.02);
}

TEST_CASE("masked grouped GEMMs of 256 to 1024 rows an expert: 0 to a third too fast") {
  DecodeErrors errors;
  for (const auto& row : read_csv("deepgemm_h800.csv")) {
    if (row.at("kind") != "grouped_masked") continue;
    const auto groups = whole(row, "groups");
    errors.add(model::grouped_gemm(model::Precision::fp8, groups * whole(row, "m"), whole(row, "n"),
                                   whole(row, "k"), groups),
               measured_time(row));
  }
  CAPTURE(errors.least, errors.most);
  CHECK(errors.count == 6);
  CHECK(errors.least > -0.35);
  CHECK(errors.most < 0.02);
}
