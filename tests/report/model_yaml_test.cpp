// A model that is imported, written and read again is the same model; and its size is the published one.

#include "report/model_yaml.hpp"

#include <filesystem>

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "report/file.hpp"
#include "spec/import_model.hpp"
#include "spec/load.hpp"

using namespace foretrain;

namespace {

const std::string configs = std::string(FORETRAIN_ROOT) + "/tests/spec/configs/";

double billions(const model::TransformerSpec& spec) {
  return model::count_parameters(spec).total / 1e9;
}

model::TransformerSpec again(const model::TransformerSpec& spec) {
  const auto path = (std::filesystem::temp_directory_path() / "foretrain_model_yaml_test.yaml").string();
  report::write_file(path, report::to_yaml(spec, {"a note"}));
  auto read = spec::load_model(path);
  std::filesystem::remove(path);
  return read;
}

}  // namespace

TEST_CASE("imported models have the sizes that their cards state") {
  const auto size_of = [](const char* name) { return billions(spec::import_model(configs + name).model); };
  CHECK(size_of("llama.json") == Approx(8.03).epsilon(0.002));
  CHECK(size_of("deepseek_v3.json") == Approx(671.03).epsilon(0.001));
  CHECK(size_of("gpt_oss.json") == Approx(116.83).epsilon(0.002));
  CHECK(size_of("qwen3_moe.json") == Approx(30.53).epsilon(0.002));
  CHECK(size_of("gpt2.json") == Approx(1.5576).epsilon(0.002));
}

TEST_CASE("a model survives being written and read") {
  for (const char* name : {"llama.json", "deepseek_v3.json", "gpt_oss.json", "qwen3_moe.json", "gpt2.json"}) {
    const auto imported = spec::import_model(configs + name);
    INFO(name);
    const auto read = again(imported.model);
    CHECK(report::to_yaml(read) == report::to_yaml(imported.model));
    CHECK(billions(read) == billions(imported.model));
  }
}

TEST_CASE("what a description cannot say is noted") {
  const auto notes = spec::import_model(configs + "gpt_oss.json").notes;
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("attention sinks") == 0);
  CHECK(spec::import_model(configs + "deepseek_v3.json").notes.size() == 1);
}

TEST_CASE("a config that cannot be imported says why, all at once") {
  const auto first_of = [](const char* name) -> std::vector<Diagnostic> {
    try {
      spec::import_model(configs + name);
    } catch (const SpecError& error) {
      return error.all();
    }
    return {};
  };
  const auto unknown = first_of("unknown.json");
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].message.find("unknown model_type 'lama'") != std::string::npos);
  CHECK(unknown[0].hint.find("llama") != std::string::npos);
  CHECK(first_of("short.json").size() ==
        3);  // layers that are no number; heads and feed-forward width missing
}
