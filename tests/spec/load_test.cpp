#include "spec/load.hpp"

#include "catch.hpp"
#include "files.hpp"

using namespace foretrain;

namespace {
const std::string root = FORETRAIN_ROOT;
}

TEST_CASE("the flagship scenario is what the report says") {
  const auto s = spec::load(root + "/scenarios/deepseek-v3.yaml");
  CHECK(s.model.layers == 61);
  CHECK(s.cluster.gpus == 2048);
  CHECK(s.plan.pipeline * s.plan.data == 2048);
  CHECK(s.plan.schedule == plan::Schedule::dualpipe);
  CHECK(s.plan.stages.size() == 16);
  CHECK(s.prices.gpu.value.base() == Approx(2.0 / 3600));
  REQUIRE(s.stages.size() == 5);
  CHECK(s.stages[0].tokens == 14.8e12);
  CHECK(s.stages[0].batch.from == 3072);
  CHECK(s.stages[0].batch.over_tokens == 469e9);
  CHECK(s.stages[1].plan.context == 8);
  CHECK(s.stages[2].plan.data == 4);
  CHECK(s.stages[2].plan.expert == 64);
  CHECK(s.stages[3].samples == 1.5e6);
  CHECK(s.stages[3].epochs == 2.0);
  REQUIRE(s.stages[4].rollout);
  CHECK(s.stages[4].rollout->reward_model_share == 0.5);
  CHECK_FALSE(s.stages[4].assumptions.at("steps").empty());
  CHECK(s.published.front().value == 19.926);
  CHECK(s.nic.line_rate.value.base() == 50e9);
  CHECK(s.software.communication_sms.value == 20);
}

TEST_CASE("every scenario of the house loads") {
  for (const auto& entry : std::filesystem::directory_iterator(root + "/scenarios")) {
    INFO(entry.path().string());
    if (entry.path().extension() == ".yaml") CHECK_NOTHROW(spec::load(entry.path().string()));
  }
}

TEST_CASE("a variant differs from its base only where it says so") {
  const auto base = spec::load(root + "/scenarios/deepseek-v3.yaml");
  const auto bf16 = spec::load(root + "/scenarios/deepseek-v3-bf16.yaml");
  const auto h100 = spec::load(root + "/scenarios/deepseek-v3-h100.yaml");
  CHECK(bf16.plan.precision == model::Precision::bf16);
  CHECK(bf16.stages[0].plan.precision == model::Precision::bf16);
  CHECK(bf16.gpu.name == base.gpu.name);
  CHECK(h100.gpu.nvlink.value.base() == 450e9);
  CHECK(h100.published.empty());
  CHECK(h100.stages.size() == base.stages.size());
}

TEST_CASE("parts load alone") {
  CHECK(spec::load_model(root + "/tests/bad/good/model.yaml").moe.experts == 16);
  const auto gpu = spec::load_gpu(root + "/topologies/parts/h800.yaml");
  CHECK(gpu.memory.value.base() == 80 * 1073741824.0);
  CHECK(gpu.curves[static_cast<std::size_t>(Family::gemm_fp8)]->kind == hardware::Curve::Kind::tile);
  const auto attention = *gpu.curves[static_cast<std::size_t>(Family::attention_forward)];
  CHECK(attention.kind == hardware::Curve::Kind::table);
  CHECK(attention.at.size() == attention.efficiencies.size());
  CHECK(attention.from.where.find("h800.yaml:") != std::string::npos);
  CHECK(spec::load_software(root + "/models/software/deepseek-2024.yaml").p2p_waits.value);
  CHECK_THROWS_AS(spec::load_gpu(root + "/tests/bad/good/model.yaml"), SpecError);
}

TEST_CASE("a curve is a bound only where its part says so") {
  std::string text = part_text("h800");
  const Folder folder;
  const auto is_bound = [](const hardware::GpuSpec& gpu) {
    return gpu.independent_curves[static_cast<std::size_t>(Family::permute)]->bound;
  };
  CHECK(is_bound(spec::load_gpu(folder.write("gpu.yaml", text))));
  const auto at = text.find("bound: true", text.find("\n  permute:", text.find("\nindependent_curves:")));
  REQUIRE(at != std::string::npos);
  CHECK(!is_bound(spec::load_gpu(folder.write("gpu.yaml", text.replace(at, 11, "bound: false")))));
  CHECK(!is_bound(spec::load_gpu(folder.write("gpu.yaml", text.erase(at, 14)))));
  try {
    spec::load_gpu(folder.write("gpu.yaml", text.insert(at, "bound: maybe, ")));
    FAIL("loaded with a bound that is neither true nor false");
  } catch (const SpecError& error) {
    REQUIRE(error.all().size() == 1);
    CHECK(error.all()[0].message == "unknown bound 'maybe'");
  }
}

TEST_CASE("a GPU needs a curve for every kernel that the plan launches, and the tensor cores it asks for") {
  const std::string whole = part_text("h800");
  const auto without = [&](const std::string& from, const std::string& to) {
    const auto begin = whole.find("\n" + from), end = whole.find("\n" + to, begin);
    REQUIRE(end != std::string::npos);
    return whole.substr(0, begin) + whole.substr(end);
  };
  const Folder folder;
  const auto faults = [&](const std::string& text) {
    return faults_of(root + "/scenarios/deepseek-v3.yaml", {"cluster.gpu=" + folder.write("gpu.yaml", text)});
  };
  const auto no_rope = faults(without("  rope:", "  gating:"));
  REQUIRE(no_rope.size() == 1);
  CHECK(no_rope[0].hint == "missing: rope");
  const auto no_fp8 = faults(without("  fp8:", "  bf16:"));
  REQUIRE(no_fp8.size() == 1);
  CHECK(no_fp8[0].message == "H800-SXM5-80GB has no FP8 tensor cores");
}

TEST_CASE("a listed stage assignment is taken as written") {
  const auto s =
      spec::load(root + "/tests/bad/good/scenario.yaml",
                 {"plan.stages=[[embedding, 2 dense], {times: 2, stage: [2 moe]}, [2 moe, head]]"});
  REQUIRE(s.plan.stages.size() == 4);
  CHECK(s.plan.stages[0].size() == 3);
  CHECK(s.plan.stages[2] == std::vector(2, model::Unit::moe_layer));
  CHECK(s.stages[0].plan.stages == s.plan.stages);
}

TEST_CASE("a stage may hold documents in its sequences") {
  const std::string good = std::string(FORETRAIN_ROOT) + "/tests/bad/good/scenario.yaml";
  const auto plain = spec::load(good);
  CHECK_FALSE(plain.stages[0].documents.has_value());
  CHECK(plain.stages[0].pieces().empty());
  const auto packed =
      spec::load(good, {"stages.first.documents={length: 1024}",
                        "stages.second.documents={lengths: [512, 2048], shares: [75 %, 25 %]}",
                        "stages.sft.documents={mean_tokens: 500, length_spread: 100 %}"});
  const auto attended = [&](std::size_t i) { return model::attended_tokens(packed.stages[i].pieces()); };
  CHECK(attended(0) == 1024);
  CHECK(packed.stages[0].sequence == 4096);
  CHECK_FALSE(packed.stages[0].documents->held.whole);
  CHECK(attended(1) < (3 * 512.0 * 512 + 2048.0 * 2048) / (3 * 512 + 2048));  // some are cut
  CHECK(packed.stages[2].documents->held.whole);                              // samples are not
  CHECK(packed.stages[2].documents->median == Approx(500 / std::sqrt(2.0)));
  CHECK(attended(2) == Approx(1000).epsilon(0.05));  // E[L^2] / E[L], less what is longer than 4096
}

TEST_CASE("documents that attention crosses change nothing, nor do those that fill the sequence") {
  const std::string good = root + "/tests/bad/good/scenario.yaml";
  for (const char* text : {"{length: 1024, mask: none}", "{length: 4096}", "{length: 8192}"}) {
    const auto s = spec::load(good, {"stages.first.documents=" + std::string(text)});
    CHECK(s.stages[0].pieces().empty());
  }
}

TEST_CASE("every setting has an origin, and every measured one a source") {
  for (const auto& setting : spec::load(root + "/scenarios/deepseek-v3.yaml").settings) {
    INFO(setting.key);
    CHECK_FALSE(setting.origin.empty());
    if (setting.key.starts_with("cluster.nic.l")) CHECK_FALSE(setting.source.empty());
  }
}
