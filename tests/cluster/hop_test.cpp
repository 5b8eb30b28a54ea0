#include "cluster/hop.hpp"

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::literals;

namespace {

cluster::PipelineHop hop(std::int64_t gpus, std::int64_t stage, std::int64_t switch_ports = 64) {
  topology::ClusterSpec spec;
  spec.gpus = gpus;
  spec.fabric.switch_ports = switch_ports;
  hardware::GpuSpec gpu;
  hardware::NicSpec nic;
  gpu.nvlink.value = 200_GBps;
  nic.line_rate.value = 400_Gbps;
  plan::PlanSpec plan;
  plan.data = stage;
  return cluster::pipeline_hop(spec, gpu, nic, plan).value();
}

}  // namespace

TEST_CASE("stages inside a node talk over NVLink, others over the rails") {
  CHECK_FALSE(hop(8, 2).leaves_node);
  CHECK(hop(64, 4).leaves_node);  // every second hop crosses to the next node
  CHECK(hop(64, 16).leaves_node);
}

TEST_CASE("a leaf of half its ports joins as many nodes; beyond it lies a spine") {
  CHECK_FALSE(hop(256, 128).over_spine);  // 32 nodes on a 64-port leaf
  CHECK(hop(512, 128).over_spine);
  CHECK(hop(2048, 128).over_spine);
}

TEST_CASE("a cluster that cannot be wired says why") {
  topology::ClusterSpec spec;
  spec.gpus = 2048;
  spec.fabric.switch_ports = 16;
  hardware::GpuSpec gpu;
  hardware::NicSpec nic;
  gpu.nvlink.value = 200_GBps;
  nic.line_rate.value = 400_Gbps;
  const auto refused = cluster::pipeline_hop(spec, gpu, nic, {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().find("128") != std::string::npos);
}
