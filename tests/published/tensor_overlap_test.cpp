// Collectives beside GEMMs at the rates of real parts: where a table says that lending SMs costs a GEMM
// nothing, differences of equal times must not round below zero.

#include "catch.hpp"
#include "cluster/collectives.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using namespace foretrain::cluster;
using Scheme = plan::TensorOverlap::Scheme;

TEST_CASE("beside a GEMM of any size no collective takes less than no time") {
  const std::string part = GENERATE("a100-sxm-80gb", "h100", "b200");
  const auto gpu = spec::load_gpu(FORETRAIN_ROOT "/topologies/parts/" + part + ".yaml");
  Collectives among{.tensor = network::shape_of(8, 1, 8), .expert_tensor = {}, .speeds = {}, .overlap = {}};
  among.speeds.nvlink = gpu.nvlink_achieved.value;
  among.speeds.nccl = gpu.collectives;
  among.overlap.piece_loss.value = 0;
  for (const auto scheme : {Scheme::backward, Scheme::userbuffers, Scheme::decomposed})
    for (const auto beside : {Beside::pieces, Beside::whole})
      for (const std::int64_t tokens : {1024, 2048, 4096, 8192})
        for (const std::int64_t width : {1024, 2048, 3072, 12565, 25129})
          for (const std::int64_t sms : {0, 8, 20}) {
            among.overlap.scheme.value = scheme;
            among.overlap.whole_sms.value = sms;
            model::Op gemm, gather;
            gemm.kernel = {.family = Family::gemm_bf16, .m = tokens, .n = 2048, .k = width};
            gather.communication = Communication{Pattern::all_gather, Group::tensor,
                                                 bytes(2.0 * static_cast<double>(tokens * width)), beside};
            const std::vector<model::Op> list{gather, gemm};
            CHECK(exposed_time(list[0], list, among, gpu, {}) >= seconds(0));
          }
}
