#include "spec/include.hpp"

#include <algorithm>

#include "catch.hpp"
#include "files.hpp"

using namespace foretrain;

namespace {
const std::string good = FORETRAIN_ROOT "/tests/bad/good/scenario.yaml";

std::string origin_of(const spec::Scenario& s, const std::string& key) {
  for (const auto& setting : s.settings)
    if (setting.key == key) return setting.origin;
  return "not there";
}
}  // namespace

TEST_CASE("an override changes one value and is its origin") {
  const auto s = spec::load(good, {"plan.expert=4", "prices.gpu=3 USD/h", "stages.second.sequence=65536"});
  CHECK(s.plan.expert == 4);
  CHECK(s.prices.gpu.value.base() == Approx(3.0 / 3600));
  CHECK(s.prices.gpu.from.where == "--set");
  CHECK(s.stages[1].sequence == 65536);
  CHECK(origin_of(s, "plan.expert") == "--set");
  CHECK(origin_of(s, "stages.second.sequence") == "--set");
  CHECK(origin_of(s, "plan.data").ends_with("scenario.yaml:6"));
  CHECK(origin_of(s, "plan.micro_batch") == "default");
}

TEST_CASE("a bare name stands for a file beside the one it replaces") {
  CHECK(spec::load(good).gpu.nvlink.value.base() == 200e9);
  CHECK(spec::load(good, {"cluster.gpu=h100"}).gpu.nvlink.value.base() == 450e9);
  CHECK(spec::load(good, {"cluster.gpu=" FORETRAIN_ROOT "/topologies/parts/h100.yaml"})
            .gpu.nvlink.value.base() == 450e9);
}

TEST_CASE("overrides reach inside included files, and behaviours that the file leaves out") {
  const auto s = spec::load(good, {"plan.recompute=[norms, swiglu]", "plan.precision=bf16",
                                   "model.mtp_depth=1", "cluster.gpu.memory=141 GiB"});
  CHECK(s.plan.recompute.norms);
  CHECK_FALSE(s.plan.recompute.mla_up);
  CHECK(s.plan.precision == model::Precision::bf16);
  CHECK(s.model.mtp_depth == 1);
  CHECK(s.gpu.memory.value.base() == 141.0 * 1073741824.0);
}

TEST_CASE("the last override of a key wins, and a group is replaced before what is in it") {
  CHECK(spec::load(good, {"plan.expert=4", "plan.expert=2"}).plan.expert == 2);
  const auto s = spec::load(good, {"cluster.gpu.memory=96 GB", "cluster.gpu=h100"});
  CHECK(s.gpu.nvlink.value.base() == 450e9);
  CHECK(s.gpu.memory.value.base() == 96e9);
}

TEST_CASE("a scenario can be another one with changes, itself open to overrides") {
  const Folder folder;
  const auto path =
      folder.write("derived.yaml", "name: derived\nbase: " + good + "\nset:\n  plan.expert: 4\n");
  const auto s = spec::load(path);
  CHECK(s.name == "derived");
  CHECK(s.plan.expert == 4);
  CHECK(origin_of(s, "plan.expert").ends_with("derived.yaml:4"));
  CHECK(spec::load(path, {"plan.expert=2"}).plan.expert == 2);
}

TEST_CASE("the hash tells inputs apart") {
  const auto plain = spec::load(good).hash;
  CHECK(spec::load(good).hash == plain);
  CHECK(spec::load(good, {"plan.expert=4"}).hash != plain);
  CHECK(spec::load(good, {"cluster.gpu=h100"}).hash != plain);
  CHECK(spec::load(good, {"plan.expert=4", "plan.data=8"}).hash != spec::load(good, {"plan.expert=4"}).hash);
}

TEST_CASE("a path in an included file starts at that file's folder") {
  const Folder folder;
  folder.write("hardware/parts/gpu.yaml", part_text("h800"));
  const std::string root = FORETRAIN_ROOT "/tests/bad/good/";
  folder.write(
      "hardware/cluster.yaml",
      "name: c\ngpus: 32\ngpus_per_node: 8\nnics_per_node: 8\ngpu: gpu\nnic: " + root +
          "parts/nic.yaml\nfabric: {kind: multi-rail-fat-tree, planes: 1, levels: 2, switch_ports: 64}\n");
  const auto path = folder.write(
      "runs/one.yaml", "base: " + root + "scenario.yaml\nset: {cluster: ../hardware/cluster.yaml}\n");
  CHECK(spec::load(path).cluster.name == "c");
  CHECK(spec::load(path).gpu.nvlink.value.base() == 200e9);
}
