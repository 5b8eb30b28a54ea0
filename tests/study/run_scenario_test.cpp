// A published run as a scenario: what comes from the row, what from its set, and what cannot be told.

#include "study/run_scenario.hpp"

#include <algorithm>
#include <map>

#include "catch.hpp"
#include "study/run_layout.hpp"

using namespace foretrain;
using namespace foretrain::study;

namespace {

using Keys = std::map<std::string, std::string>;

spec::RunFields fields(const Keys& keys) {
  spec::RunFields result;
  for (const auto& [key, text] : keys) result.fields.push_back({key, text, "here:1"});
  return result;
}

// Parts with as little in them as a layout needs.
RunLibrary library() {
  RunLibrary l;
  l.gpus["A100"] = fields({{"part", "a100"}, {"gpus_per_node", "8"}, {"nic", "hdr"}, {"source", "sheet"}});
  hardware::GpuSpec gpu;
  gpu.name = "A100";
  gpu.sms.value = 108;
  gpu.peak_bf16.value = FlopRate::from_base(312e12);
  gpu.peak_fp32.value = FlopRate::from_base(19.5e12);
  gpu.memory.value = bytes(80e9);
  l.parts["a100"] = gpu;
  l.nics["hdr"] = {};
  l.software["plain"] = {};
  l.software["plain"].name = "plain";
  l.software["other"] = {};
  l.software["other"].overlap.gradients = true;
  for (auto& [name, profile] : l.software) profile.kernels.stack = model::Kernels::Stack::standard;
  return l;
}

spec::PublishedRuns one_run(Keys keys, std::vector<spec::RunRule> rules = {}) {
  const Keys usual{{"gpu", "A100"},
                   {"gpus", "64"},
                   {"layers", "96"},
                   {"hidden", "12288"},
                   {"heads", "96"},
                   {"vocab", "51200"},
                   {"tp", "8"},
                   {"pp", "8"},
                   {"vpp", "3"},
                   {"gbs_sequences", "64"},
                   {"mbs_sequences", "1"},
                   {"seq_len_tokens", "2048"},
                   {"zero", "0"},
                   {"software", "plain"},
                   {"precision", "FP16"},
                   {"recompute", "full"}};
  for (const auto& [key, text] : usual) keys.emplace(key, text);
  for (auto k = keys.begin(); k != keys.end();) k = k->second.empty() ? keys.erase(k) : std::next(k);
  spec::PublishedRuns runs;
  runs.sets.push_back({"lab", "", "", "", "", {}, std::move(rules)});
  runs.rows.push_back({"lab-1", "lab", "here:1", fields(keys)});
  return runs;
}

tl::expected<RunScenario, std::string> build(const Keys& keys, std::vector<spec::RunRule> rules = {},
                                             const std::string& software = "") {
  const auto runs = one_run(keys, std::move(rules));
  return scenario_of_run(runs, runs.rows.front(), library(), software);
}

std::string reason(const Keys& keys) {
  const auto built = build(keys);
  return built ? "built" : built.error();
}

// A scenario that must be there; says why where it is not.
spec::Scenario scenario(const Keys& keys, std::vector<spec::RunRule> rules = {},
                        const std::string& software = "") {
  auto built = build(keys, std::move(rules), software);
  INFO((built ? "" : built.error()));
  REQUIRE(built);
  return built->scenario;
}

const spec::Setting& setting(const RunScenario& built, const std::string& key) {
  const auto found = std::find_if(built.settings.begin(), built.settings.end(),
                                  [&](const spec::Setting& s) { return s.key == key; });
  REQUIRE(found != built.settings.end());
  return *found;
}

}  // namespace

TEST_CASE("the row of a GPT-3 becomes its layout, batch and model") {
  const auto s = scenario({});
  CHECK(s.plan.tensor == 8);
  CHECK(s.plan.pipeline == 8);
  CHECK(s.plan.data == 1);
  CHECK(s.plan.schedule == plan::Schedule::interleaved);
  CHECK(s.plan.stages.size() == 24);
  CHECK(s.plan.stages.front().size() == 5);  // embedding and four layers
  CHECK(s.plan.stages.back().size() == 5);   // four layers and the head
  CHECK(s.plan.recompute.layers);
  CHECK(s.stages.front().batch.to == 64);
  CHECK(s.model.activation == model::Activation::gelu);
  CHECK(s.model.dense_ffn == 4 * 12288);
  CHECK(model::count_parameters(s.model).total == Approx(174.6e9).epsilon(0.01));
  CHECK(short_layout(s.plan) == "tp8 pp8 vpp3 dp1");
}

TEST_CASE("what a row does not print comes from its set, then from its GPU, and is said") {
  spec::RunRule rule{{}, fields({{"software", "other"}, {"zero", "1"}}), "page 7"};
  const auto built = build({{"software", ""}, {"zero", ""}, {"vpp", ""}}, {rule});
  INFO((built ? "" : built.error()));
  REQUIRE(built);
  CHECK(built->scenario.plan.zero == 1);
  CHECK(built->scenario.plan.overlap.gradients);
  CHECK(setting(*built, "zero").source == "page 7");
  CHECK(setting(*built, "nic").source == "sheet");
  CHECK(setting(*built, "vpp").origin == "default");
  CHECK(setting(*built, "tp").origin == "here:1");
}

TEST_CASE("a rule counts only where its row says so, and the first that does") {
  const spec::RunRule first{fields({{"system", "A"}}), fields({{"zero", "2"}}), "a"};
  const spec::RunRule second{{}, fields({{"zero", "1"}}), "b"};
  CHECK(scenario({{"zero", ""}, {"system", "A"}}, {first, second}).plan.zero == 2);
  CHECK(scenario({{"zero", ""}, {"system", "B"}}, {first, second}).plan.zero == 1);
}

TEST_CASE("a rule may name several values of a key, and counts where the row has one of them") {
  const auto both = fields({{"system", "A"}});
  spec::RunRule rule{both, fields({{"zero", "2"}}), "a"};
  rule.when.fields.push_back({"system", "B", "here:1"});
  rule.when.fields.push_back({"round", "2", "here:1"});
  const spec::RunRule other{{}, fields({{"zero", "1"}}), "b"};
  const auto zero = [&](const std::string& system, const std::string& round) {
    return scenario({{"zero", ""}, {"system", system}, {"round", round}}, {rule, other}).plan.zero;
  };
  CHECK(zero("A", "2") == 2);
  CHECK(zero("B", "2") == 2);
  CHECK(zero("C", "2") == 1);
  CHECK(zero("A", "1") == 1);
}

TEST_CASE("what a run states stands before its software profile") {
  const auto s = scenario({{"exchange", "all_to_all"},
                           {"gradient_bytes", "2"},
                           {"gathered_bytes", "0.5625"},
                           {"optimizer_bytes", "10"},
                           {"accumulate_fp32", "false"},
                           {"eight_bit_weights", "true"},
                           {"current_scaling", "true"},
                           {"cuda_graphs", "attention"}})
                     .software;
  CHECK(s.exchange == plan::TokenExchange::all_to_all);
  CHECK(s.kernels.expanded_dispatch);
  CHECK(s.gradient_bytes.value == 2);
  CHECK(s.gathered_bytes.value == 0.5625);
  CHECK(s.optimizer_bytes.value == 10);
  CHECK_FALSE(s.kernels.accumulate_fp32);
  CHECK(s.kernels.current_scaling);
  CHECK(s.eight_bit_weights == true);
  CHECK((s.graphs.attention && !s.graphs.all));
  CHECK(scenario({}).software.gathered_bytes.value == library().software.at("plain").gathered_bytes.value);
  CHECK(reason({{"exchange", "pigeons"}}) == "exchange 'pigeons' is not understood");
  CHECK(reason({{"cuda_graphs", "some"}}) == "cuda_graphs 'some' is not understood");
}

TEST_CASE("one profile may stand in for all") {
  CHECK(scenario({}, {}, "other").plan.overlap.gradients);
}

TEST_CASE("the batch may be given in several ways") {
  const auto batch = [](const Keys& keys) { return scenario(keys).stages.front().batch.to; };
  const Keys cut{{"tp", "8"}, {"pp", "1"}, {"vpp", ""}, {"gbs_sequences", ""}, {"mbs_sequences", "2"}};
  const auto with = [&](const std::string& key, const std::string& text) {
    auto keys = cut;
    keys[key] = text;
    return batch(keys);
  };
  CHECK(with("microbatches", "4") == 4 * 2 * 8);  // data-parallel over 64 / 8
  CHECK(with("grad_accum", "3") == 3 * 2 * 8);
  CHECK(with("local_batch", "6") == 6 * 8);
}

TEST_CASE("what cannot be told or cannot be is a reason") {
  CHECK(reason({{"gpu", "Gaudi2"}}) == "no part for GPU Gaudi2");
  CHECK(reason({{"software", "lost"}}) == "no software profile lost");
  CHECK(reason({{"tp", "3"}}) == "tp 3 x pp 8 x cp 1 = 24 does not divide 64 GPUs");
  CHECK(reason({{"dp", "3"}}).find("dp 3 is printed") == 0);
  CHECK(reason({{"gbs_sequences", "10"}, {"mbs_sequences", "4"}}).find("a batch of 10 is no multiple") == 0);
  CHECK(reason({{"gbs_sequences", ""}, {"mbs_sequences", ""}}) == "the batch is not printed");
  CHECK(reason({{"seq_len_tokens", "32768 then 131072"}}) ==
        "sequence '32768 then 131072' is not one length");
  CHECK(reason({{"features", "sliding-window attention"}}).find("sliding-window attention") !=
        std::string::npos);
  CHECK(reason({{"optimizer", "Muon"}}) == "optimizer Muon is not modelled");
  CHECK(reason({{"kind", "inference"}}) == "inference, not a training step");
  CHECK(reason({{"precision", "INT4"}}) == "precision 'INT4' is not understood");
  CHECK(reason({{"layers", ""}, {"model", "secret"}}) == "no dimensions of model secret");
}

TEST_CASE("nodes of large NVLink domains are used evenly") {
  CHECK(even_share(8, 4, 1) == 4);
  CHECK(even_share(8, 64, 1) == 8);
  CHECK(even_share(8, 12, 1) == 6);
  CHECK(even_share(72, 64, 4) == 64);
  CHECK(even_share(72, 256, 4) == 64);
  CHECK(even_share(72, 2304, 4) == 72);
  CHECK(even_share(72, 2496, 4) == 64);
}

TEST_CASE("layers go evenly to stages as Megatron-LM deals them") {
  const auto sizes = [](const Keys& keys) {
    std::vector<std::size_t> sizes_of;
    const auto built = scenario(keys);
    for (const auto& stage : built.plan.stages) sizes_of.push_back(stage.size());
    return sizes_of;
  };
  // 126 layers with embedding and head over 16: eight units each.
  const auto even = sizes({{"layers", "126"}, {"pp", "8"}, {"vpp", "2"}});
  CHECK(std::all_of(even.begin(), even.end(), [](std::size_t n) { return n == 8; }));
  // 15 layers and the head over 8 stages: two each, the embedding beside.
  CHECK(sizes({{"layers", "15"}, {"vpp", ""}}) == std::vector<std::size_t>{3, 2, 2, 2, 2, 2, 2, 2});
  // The first and the last stage as stated, the rest evenly; the embedding comes first, the head last.
  CHECK(sizes({{"layers", "29"}, {"vpp", ""}, {"first_stage_layers", "3"}, {"last_stage_layers", "2"}}) ==
        std::vector<std::size_t>{4, 4, 4, 4, 4, 4, 4, 3});
}
