#include <algorithm>

#include "catch.hpp"
#include "files.hpp"
#include "hardware/kernel_cost.hpp"

using namespace foretrain;

namespace {

const std::string software_root = FORETRAIN_ROOT;

plan::SoftwareSpec profile(const std::string& name) {
  return spec::load_software(software_root + "/models/software/" + name + ".yaml");
}

}  // namespace

TEST_CASE("every software profile loads under its own name and says where its values come from") {
  int profiles = 0;
  for (const auto& entry : std::filesystem::directory_iterator(software_root + "/models/software")) {
    INFO(entry.path().string());
    const auto software = spec::load_software(entry.path().string());
    ++profiles;
    CHECK(software.name == entry.path().stem().string());
    for (const auto& from : {software.gradient_bytes.from, software.gathered_bytes.from,
                             software.optimizer_bytes.from, software.memory_reserve.from})
      CHECK_FALSE(from.source.empty());
  }
  CHECK(profiles >= 8);
}

TEST_CASE("generations of Megatron differ as their code does") {
  const auto old = profile("megatron-2021"), next = profile("megatron-2022"),
             core = profile("megatron-core-2024");
  CHECK_FALSE(old.kernels.flash_attention);
  CHECK(old.kernels.dropout);
  CHECK_FALSE(old.overlap.tensor);
  CHECK(next.overlap.tensor);
  CHECK_FALSE(next.overlap.gradients);
  CHECK(core.kernels.flash_attention);
  CHECK(core.kernels.stack == model::Kernels::Stack::standard);
  CHECK(core.overlap.gradients);
  CHECK(core.overlap.p2p);
  CHECK(next.tensor_overlap.scheme.value == plan::TensorOverlap::Scheme::backward);
  CHECK(core.tensor_overlap.scheme.value == plan::TensorOverlap::Scheme::userbuffers);
  CHECK(core.tensor_overlap.scatter_pieces.value == 4);
  CHECK(next.tensor_overlap.piece_loss.value == 1);
  CHECK(old.gradient_bytes.value == 2);  // FP16 then, FP32 later
  CHECK(core.gradient_bytes.value == 4);
}

TEST_CASE("a profile names the generation of its attention kernels, and the part gives its rate") {
  CHECK(profile("torchtitan-2024").kernels.attention == AttentionKernel::flash2);
  CHECK(profile("fsdp-2023").kernels.attention == AttentionKernel::flash1);
  CHECK(profile("fsdp-2024").kernels.attention == AttentionKernel::flash2);
  CHECK(profile("megatron-core-2025").kernels.attention == AttentionKernel::fastest);
  const auto h100 = spec::load_gpu(software_root + "/topologies/parts/h100.yaml");
  const auto level = [&](AttentionKernel kernel) {
    const auto gpu = hardware::with_attention(h100, kernel);
    return hardware::table_efficiency(*gpu.curves[static_cast<std::size_t>(Family::attention_forward)], 8192,
                                      128) *
           989.4;
  };
  CHECK(level(AttentionKernel::flash1) == Approx(135).epsilon(0.005));  // as read from the published picture
  CHECK(level(AttentionKernel::flash2) == Approx(308).epsilon(0.005));
  CHECK(level(AttentionKernel::fastest) > 2 * level(AttentionKernel::flash2));
}

TEST_CASE("all-to-all sends each copy of a token, DeepEP each token") {
  CHECK(profile("megatron-core-2024").exchange == plan::TokenExchange::all_to_all);
  CHECK(profile("megatron-core-2024").kernels.expanded_dispatch);
  CHECK(profile("megatron-core-2025").exchange == plan::TokenExchange::deepep);
  CHECK_FALSE(profile("megatron-core-2025").kernels.expanded_dispatch);
  const auto hybrid = profile("megatron-core-hybridep");  // another profile with changes
  CHECK(hybrid.exchange == plan::TokenExchange::hybridep);
  CHECK_FALSE(hybrid.kernels.expanded_dispatch);
  CHECK(hybrid.communication_sms.value == 32);
  CHECK(hybrid.optimizer_bytes.value == profile("megatron-core-2025").optimizer_bytes.value);
}

TEST_CASE("what a profile leaves out stands as its default, and says so") {
  const auto core = profile("megatron-core-2024");
  CHECK(core.communication_sms.value == 0);
  CHECK_FALSE(core.p2p_waits.value);
  CHECK(core.overlapped_dispatch.value == 1);
  CHECK(core.barrier.value.base() == 0);
  CHECK(core.barrier.from.where == "default");
  CHECK_FALSE(core.barrier.from.source.empty());
  const auto deepseek = profile("deepseek-2024");
  CHECK(deepseek.kernels.stack == model::Kernels::Stack::deepseek);
  CHECK(deepseek.optimizer_bytes.value == 8);
  CHECK(deepseek.gradient_bytes.from.where == "default");
}

TEST_CASE("a plan takes the overlaps of its software unless it names its own") {
  const std::string good = software_root + "/tests/bad/good/scenario.yaml";
  CHECK_FALSE(spec::load(good).plan.overlap.gradients);
  const std::string core = "plan.software=" + software_root + "/models/software/megatron-core-2024.yaml";
  const auto taken = spec::load(good, {core});
  CHECK(taken.plan.overlap.gradients);
  CHECK(taken.plan.overlap.tensor);
  const auto named = spec::load(good, {core, "plan.overlap=[p2p]"});
  CHECK(named.plan.overlap.p2p);
  CHECK_FALSE(named.plan.overlap.gradients);
  CHECK_FALSE(spec::load(good, {core, "plan.overlap=[]"}).plan.overlap.p2p);
}

TEST_CASE("a plan exchanges keys and values as its software does unless it says otherwise") {
  const std::string good = software_root + "/tests/bad/good/scenario.yaml";
  const std::string titan = "plan.software=" + software_root + "/models/software/torchtitan-2024.yaml";
  CHECK(spec::load(good).plan.context_exchange == ContextExchange::ring);
  CHECK(profile("megatron-core-2025").context_exchange == ContextExchange::ring);
  CHECK(profile("torchtitan-2024").context_overlap.value);
  const auto taken = spec::load(good, {titan});
  CHECK(taken.plan.context_exchange == ContextExchange::all_gather);
  CHECK(taken.stages[1].plan.context_exchange == ContextExchange::all_gather);
  const auto named = spec::load(good, {titan, "stages.second.plan.context_exchange=ring"});
  CHECK(named.plan.context_exchange == ContextExchange::all_gather);
  CHECK(named.stages[1].plan.context_exchange == ContextExchange::ring);
}

TEST_CASE("every key of a layout reaches the plan, and a stage changes what it names") {
  const std::string good = software_root + "/tests/bad/good/scenario.yaml";
  const auto s =
      spec::load(good, {"plan.software=" + software_root + "/models/software/megatron-core-2025.yaml",
                        "plan.schedule=interleaved", "plan.virtual_stages=2", "plan.recompute=full",
                        "plan.precision=fp16", "plan.offload_optimizer=true", "plan.reshard=false",
                        "cluster.host=" + software_root + "/topologies/parts/host-grace.yaml",
                        "plan.capacity_factor=1.25", "plan.expert=4", "plan.expert_tensor=2",
                        "stages.second.plan.recompute=selective", "stages.second.plan.expert=2"});
  CHECK(s.plan.schedule == plan::Schedule::interleaved);
  CHECK(s.plan.stages.size() == 8);
  CHECK(s.plan.recompute.layers);
  CHECK(s.plan.precision == model::Precision::bf16);
  CHECK(s.plan.offload_optimizer);
  REQUIRE(s.host);
  CHECK(s.host->to_host.value.base() == 193e9);
  CHECK_FALSE(s.plan.reshard);
  CHECK(s.plan.capacity_factor == 1.25);
  CHECK(s.plan.expert_tensor == 2);
  const auto& second = s.stages[1].plan;
  CHECK(second.recompute.attention_core);
  CHECK_FALSE(second.recompute.layers);
  CHECK(second.virtual_stages == 2);
  CHECK(second.expert == 2);
  const auto zb = spec::load(good, {"plan.schedule=zb-h1", "plan.recompute=none"});
  CHECK(zb.plan.schedule == plan::Schedule::zb1p);
  const auto said = [&](const std::string& key) {
    const auto found = std::find_if(s.settings.begin(), s.settings.end(),
                                    [&](const spec::Setting& setting) { return setting.key == key; });
    return found == s.settings.end() ? std::string("nowhere") : found->value + " by " + found->origin;
  };
  CHECK(said("plan.precision") == "fp16 by --set");
  CHECK(said("plan.shard_group") == "0 by default");
  CHECK(said("plan.context_exchange") == "ring by default");
  CHECK(said("plan.overlap") == "gradients, parameters, tensor, p2p by default");
}

TEST_CASE("some layers of each stage are recomputed whole, the others as the rest of the map says") {
  const std::string good = software_root + "/tests/bad/good/scenario.yaml";
  const auto s =
      spec::load(good, {"plan.software=" + software_root + "/models/software/megatron-core-2025.yaml",
                        "plan.schedule=1f1b", "plan.recompute={full_layers: 1, others: [norms]}",
                        "stages.second.plan.recompute={full_layers: 1000, others: selective}"});
  CHECK(s.plan.recompute.full_layers == 1);
  CHECK(s.plan.recompute.norms);
  CHECK_FALSE(s.plan.recompute.layers);
  const auto count = [](const plan::PlanSpec& plan) {
    std::int64_t again = 0;
    for (const auto& stage : plan.stages)
      for (const auto unit : stage) again += unit != model::plain(unit) ? 1 : 0;
    return again;
  };
  CHECK(count(s.plan) == s.plan.pipeline);
  CHECK(count(s.stages[0].plan) == s.plan.pipeline);
  CHECK(count(s.stages[1].plan) == s.model.layers);
  CHECK(s.stages[1].plan.recompute.attention_core);
}
