#include "spec/load.hpp"

#include <algorithm>
#include <filesystem>

#include "hardware/kernel_cost.hpp"
#include "spec/check_gpu.hpp"
#include "spec/include.hpp"
#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

// Calls `read` on the map under `name`, when there is one.
template <class Read>
void section(Reader& top, const std::string& name, const std::string& meaning, Read read) {
  const auto* entry = top.required(name, meaning);
  if (entry == nullptr) return;
  Reader inner(top.context(), entry->value, name, entry->where);
  read(inner);
}

Scenario read_scenario(Context& context, const Node& root, const std::string& path) {
  Scenario s;
  s.file = path;
  Reader top(context, root, "", root.where);
  s.name = top.text("name", "what reports call this scenario");
  section(top, "model", "the path of a model, as in ../models/deepseek-v3.yaml",
          [&](Reader& r) { s.model = read_model(r); });
  section(top, "cluster", "the path of a cluster, as in ../topologies/h800-2048.yaml",
          [&](Reader& r) { read_cluster(r, s); });
  section(top, "prices", "{gpu: {value: 2 USD/h, source: ...}}",
          [&](Reader& r) { s.prices = read_prices(r); });
  PlanRead plan;
  section(top, "plan", "{pipeline: ..., data: ..., expert: ..., schedule: ..., ...}",
          [&](Reader& r) { plan = read_plan(r, s); });
  s.plan = with_stages(plan, s.model);
  s.seed = static_cast<std::uint64_t>(top.integer_or("seed", 1, {0, 9'223'372'036'854'775'807}));
  s.stages = read_stages(context, top.required("stages", "a list of training stages"), plan, s.model);
  if (const auto* entry = top.optional("unevenness"); entry != nullptr) {
    Reader inner(context, entry->value, "unevenness", entry->where);
    read_unevenness(inner, s);
  }
  s.published = read_published(context, top.optional("published"), s.stages);
  top.finish();
  cross_checks(context, s);
  check_gpu(context, s);
  s.gpu = hardware::with_attention(std::move(s.gpu), s.software.kernels.attention);
  return s;
}

// Loads one file that stands alone.
template <class Read>
auto load_alone(const std::string& path, Read read) {
  Context context;
  const auto root = load_part(context, path);
  if (!root) context.throw_if_any();
  Reader reader(context, *root, "", root->where);
  auto value = read(reader);
  context.throw_if_any();
  return value;
}

}  // namespace

Scenario load(const std::string& path, const std::vector<std::string>& overrides) {
  Context context;
  const auto root = load_tree(context, path, overrides);
  if (!root) context.throw_if_any();
  auto scenario = read_scenario(context, *root, std::filesystem::path(path).lexically_normal().string());
  context.throw_if_any();
  scenario.settings = context.settings();
  scenario.hash = context.hash();
  return scenario;
}

model::TransformerSpec load_model(const std::string& path) {
  return load_alone(path, [](Reader& reader) { return read_model(reader); });
}
hardware::GpuSpec load_gpu(const std::string& path) {
  return load_alone(path, [](Reader& reader) { return read_gpu(reader); });
}
hardware::NicSpec load_nic(const std::string& path) {
  return load_alone(path, [](Reader& reader) { return read_nic(reader); });
}
hardware::HostSpec load_host(const std::string& path) {
  return load_alone(path, [](Reader& reader) { return read_host(reader); });
}
CollectiveRates load_collectives(const std::string& path) {
  return load_alone(path, [](Reader& reader) { return read_collective_rates(reader); });
}
plan::SoftwareSpec load_software(const std::string& path) {
  return load_alone(path, [](Reader& reader) { return read_software(reader); });
}

}  // namespace foretrain::spec
