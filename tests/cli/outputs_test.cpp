// What commands are asked to write: never over what they read, two of them never at one place, and none of
// them when the last cannot be written.

#include "cli/outputs.hpp"

#include <filesystem>

#include "cli/commands.hpp"
#include "scratch.hpp"

using namespace foretrain;
using namespace foretrain::testing;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;
const std::string ring_file = FORETRAIN_ROOT "/topologies/fabrics/custom-ring.yaml";

std::string fault(const std::vector<cli::Output>& outputs, const std::vector<std::string>& inputs = {}) {
  try {
    cli::check_outputs(outputs, inputs);
  } catch (const SpecError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("an output is neither an input nor where another one is, however the path is written") {
  const Scratch folder;
  std::ofstream(folder.file("a")) << "x";
  fs::create_symlink(folder.path / "a", folder.path / "link");
  const std::string a = folder.file("a"), dotted = folder.file("./none/../a");
  CHECK(fault({{"-o", folder.file("b")}, {"-p", std::nullopt}}, {a, ""}).empty());
  CHECK_THAT(fault({{"-o", dotted}}, {a}), Contains("-o would write over '" + dotted + "', which is read"));
  CHECK_THAT(fault({{"-o", folder.file("link")}}, {a}), Contains("which is read"));
  CHECK_THAT(fault({{"-o", a}, {"-p", dotted}}), Contains("need a place each"));
  CHECK_THAT(fault({{"-o", folder.file("f")}, {"-p", folder.file("f/g")}}), Contains("need a place each"));
  CHECK_THAT(fault({{"-o", folder.file("f/g")}, {"-p", folder.file("f")}}), Contains("need a place each"));
  CHECK(fault({{"-o", folder.file("f")}, {"-p", folder.file("fg")}}).empty());
  CHECK(fault({{"-o", "/dev/null"}, {"-p", "/dev/null"}}, {"/dev/null"}).empty());
  CHECK_THAT(fault({{"-o", ""}, {"-p", ""}}), Contains("-o needs a name") && Contains("-p needs a name"));
}

TEST_CASE("commands leave what they read alone, and write all of their files or none") {
  const Scratch folder;
  const std::string copy = folder.file("ring.yaml");
  fs::copy_file(ring_file, copy);
  const std::string before = read_back(copy);
  CHECK_THAT(mistake({"topology", copy, "--graphml", copy}), Contains("which is read"));
  CHECK_THAT(mistake({"network", copy, "--pattern", "incast", "--bytes", "1MiB", "--svg", copy}),
             Contains("which is read"));
  const std::string scenario = folder.file("small.yaml");
  std::ofstream(scenario) << read_back(FORETRAIN_ROOT "/scenarios/small.yaml");
  const std::string told = read_back(scenario);
  CHECK_THAT(mistake({"run", scenario, "--trace", scenario}), Contains("which is read"));
  CHECK_THAT(mistake({"import-model", scenario, "-o", scenario}), Contains("which is read"));
  CHECK_THAT(mistake({"validate", scenario, "--plot", scenario}), Contains("which is read"));
  CHECK(read_back(scenario) == told);
  fs::remove(scenario);
  CHECK(read_back(copy) == before);
  CHECK_THAT(mistake({"topology", copy, "--graphml", folder.file("a"), "--dot", folder.file("no/b")}),
             Contains("cannot write this file"));
  CHECK_THAT(mistake({"topology", copy, "--graphml", folder.file("a"), "--dot", folder.file("a")}),
             Contains("need a place each"));
  CHECK(folder.entries() == 1);
  CHECK(run({"topology", copy, "--graphml", folder.file("a"), "--dot", folder.file("b")}).status == 0);
  CHECK(folder.entries() == 3);
}
