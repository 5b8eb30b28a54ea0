// How much of a tensor-parallel collective shows beside a GEMM.
#include "cluster/collectives.hpp"

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::cluster;

namespace {

// 100 TFLOP/s in one tile, nothing else.
hardware::GpuSpec gpu() {
  hardware::GpuSpec gpu;
  gpu.sms.value = 1;
  gpu.peak_bf16.value = FlopRate::from_base(100e12);
  gpu.hbm_bandwidth.value = Bandwidth::from_base(1e15);
  auto& curve = gpu.curves[static_cast<std::size_t>(Family::gemm_bf16)].emplace();
  curve.kind = hardware::Curve::Kind::tile;
  curve.tile_m = curve.tile_n = 1000;
  curve.efficiency = 1;
  return gpu;
}

// 2e6 k FLOPs: k / 50 microseconds.
model::Op gemm(std::int64_t k) {
  model::Op op;
  op.kernel.family = Family::gemm_bf16;
  op.kernel.m = op.kernel.n = 1000;
  op.kernel.k = k;
  return op;
}

model::Op collective(Pattern pattern, bool overlaps = true) {
  model::Op op;
  op.communication = Communication{pattern, Group::tensor, bytes(200e6), overlaps};
  return op;
}

Collectives among(double hidden) {
  Collectives c;
  c.tensor = network::shape_of(8, 1, 8);
  c.speeds.nvlink = Bandwidth::from_base(400e9);
  c.hidden = hidden;
  return c;
}

}  // namespace

TEST_CASE("no more of a collective is hidden than its GEMM takes") {
  const auto c = among(0.75);
  const auto all = exposed_time(*collective(Pattern::all_gather).communication, among(0), seconds(1));
  REQUIRE(all > seconds(0));
  const auto exposed = [&](const std::vector<model::Op>& list, std::size_t i) {
    return exposed_time(list[i], list, c, gpu(), {}).base();
  };
  const auto long_gemm = gemm(1'000'000), short_gemm = gemm(50);  // 20 ms and 1 us
  const auto gather = collective(Pattern::all_gather), scatter = collective(Pattern::reduce_scatter);
  // What is gathered hides under the next GEMM, what is reduced under the one before.
  CHECK(exposed({short_gemm, gather, long_gemm}, 1) == Approx(all.base() / 4));
  CHECK(exposed({long_gemm, gather, short_gemm}, 1) == Approx(all.base() - 1e-6));
  CHECK(exposed({long_gemm, scatter, short_gemm}, 1) == Approx(all.base() / 4));
  CHECK(exposed({short_gemm, scatter, long_gemm}, 1) == Approx(all.base() - 1e-6));
  // Without a GEMM on that side nothing does, nor where the software waits.
  CHECK(exposed({long_gemm, gather}, 1) == Approx(all.base()));
  CHECK(exposed({scatter, long_gemm}, 0) == Approx(all.base()));
  CHECK(exposed({collective(Pattern::all_gather, false), long_gemm}, 0) == Approx(all.base()));
}
