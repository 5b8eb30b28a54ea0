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

model::Op collective(Pattern pattern, Beside beside = Beside::pieces) {
  model::Op op;
  op.communication = Communication{pattern, Group::tensor, bytes(200e6), beside};
  return op;
}

Collectives among(plan::TensorOverlap::Scheme scheme) {
  Collectives c;
  c.tensor = network::shape_of(8, 1, 8);
  c.speeds.nvlink = Bandwidth::from_base(400e9);
  c.overlap.scheme.value = scheme;
  return c;
}

double exposed(const Collectives& c, const std::vector<model::Op>& list, std::size_t i,
               const hardware::GpuSpec& on = gpu()) {
  return exposed_time(list[i], list, c, on, {}).base();
}

using Scheme = plan::TensorOverlap::Scheme;
const double short_time = 1e-6, long_time = 20e-3;
const auto short_gemm = gemm(50), long_gemm = gemm(1'000'000);

}  // namespace

TEST_CASE("a collective shows whole where nothing overlaps, and where no GEMM stands on its side") {
  const auto gather = collective(Pattern::all_gather), scatter = collective(Pattern::reduce_scatter);
  const double all = whole_time(*gather.communication, among(Scheme::none)).base();
  REQUIRE(all > short_time);
  REQUIRE(all < long_time);
  CHECK(exposed(among(Scheme::none), {gather, long_gemm}, 0) == all);
  for (const auto scheme : {Scheme::backward, Scheme::userbuffers, Scheme::decomposed}) {
    CHECK(exposed(among(scheme), {long_gemm, gather}, 1) == all);
    CHECK(exposed(among(scheme), {scatter, long_gemm}, 0) == all);
    CHECK(exposed(among(scheme), {collective(Pattern::all_gather, Beside::nothing), long_gemm}, 0) == all);
  }
  CHECK(exposed(among(Scheme::backward), {gather, long_gemm}, 0) == all);  // cuts no GEMM
}

TEST_CASE("beside a whole GEMM no more is hidden than it takes, and it loses the SMs it lends") {
  const auto gather = collective(Pattern::all_gather, Beside::whole);
  const auto scatter = collective(Pattern::reduce_scatter, Beside::whole);
  auto c = among(GENERATE(Scheme::backward, Scheme::userbuffers));
  const double all = whole_time(*gather.communication, c).base();
  CHECK(exposed(c, {short_gemm, gather, long_gemm}, 1) == 0);
  CHECK(exposed(c, {long_gemm, gather, short_gemm}, 1) == Approx(all - short_time));
  CHECK(exposed(c, {long_gemm, scatter, short_gemm}, 1) == 0);
  CHECK(exposed(c, {short_gemm, scatter, long_gemm}, 1) == Approx(all - short_time));
  auto many = gpu();
  many.sms.value = 4;
  auto tall = long_gemm;
  tall.kernel.m = 12'000;  // 12 tiles: 3 waves on 4 SMs, 4 on 3
  const double took = hardware::price(tall.kernel, many, {}).busy.base();
  c.overlap.whole_sms.value = 1;
  CHECK(exposed(c, {gather, tall}, 0, many) == Approx(took / 3 * all / took));
}

TEST_CASE("in a ring the first piece is there, and each other waits for its own or for the one before") {
  auto c = among(Scheme::userbuffers);
  c.overlap.piece_loss.value = 0;
  const auto gather = collective(Pattern::all_gather);
  const double all = whole_time(*gather.communication, c).base();
  CHECK(exposed(c, {gather, long_gemm}, 0) == Approx(0).margin(1e-12));
  CHECK(exposed(c, {gather, short_gemm}, 0) == Approx(all + short_time / 8 - short_time));
  // A piece of 125 rows takes a tile of 1000 rows like the whole: alone it costs as much.
  c.overlap.piece_loss.value = 1;
  CHECK(exposed(c, {gather, long_gemm}, 0) == Approx(7 * long_time));
  c.overlap.piece_loss.value = 0.5;
  CHECK(exposed(c, {gather, long_gemm}, 0) == Approx(3.5 * long_time));
}

TEST_CASE("a ring that reduces sums eight parts, pieces leave the last reduction to be seen") {
  auto c = among(Scheme::userbuffers);
  c.overlap.piece_loss.value = 0;
  const auto scatter = collective(Pattern::reduce_scatter);
  auto on = gpu();
  auto& curve = on.curves[static_cast<std::size_t>(Family::elementwise)].emplace();
  curve.bandwidth_fraction = 1;
  on.hbm_bandwidth.value = Bandwidth::from_base(1e12);
  CHECK(exposed(c, {long_gemm, scatter}, 1, on) == Approx(200e6 * (1 + 1.0 / 8) / 1e12));
  c.overlap.scatter_pieces.value = 4;
  auto wide = long_gemm;
  wide.kernel.n = 4000;  // a tile a piece
  auto quarter = scatter;
  quarter.communication->buffer = bytes(50e6);
  const double last = whole_time(*quarter.communication, c).base();
  CHECK(exposed(c, {wide, scatter}, 1, on) == Approx(last));
  auto brief = short_gemm;
  brief.kernel.n = 4000;
  CHECK(exposed(c, {brief, scatter}, 1, on) == Approx(4 * last - 3 * short_time));
}
