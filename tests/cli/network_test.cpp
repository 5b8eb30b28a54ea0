// `foretrain network`: what it prints, what it refuses, and that it says the same twice.

#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "cli/commands.hpp"
#include "report/json_reader.hpp"
#include "scratch.hpp"

using namespace foretrain::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

const char* const tree = "topologies/fabrics/ft2-2048.yaml";
const char* const ring = "topologies/fabrics/custom-ring.yaml";

Words words(const char* file, const char* pattern, const Words& more = {}) {
  Words all{"network", file, "--pattern", pattern, "--bytes", "8MiB"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

double number(const std::string& text, const char* key) {
  return json::parse(text).members.at(key).number;
}

}  // namespace

TEST_CASE("every pattern runs in both fidelities, never below its bound, with certificates for all rates") {
  for (const char* pattern : {"alltoall", "ring-allreduce", "tree-allreduce", "permutation", "incast"})
    for (const char* how : {"flow", "analytic"}) {
      CAPTURE(pattern, how);
      const std::string text =
          printed(words(tree, pattern, {"--endpoints", "64", "--network", how, "--json"}));
      CHECK(number(text, "completion_time_s") >= number(text, "bound_s"));
      CHECK(number(text, "certified_rates") == number(text, "rates"));
      CHECK((number(text, "events") > 0) == (std::string(how) == "flow"));
    }
}

TEST_CASE("the two fidelities agree where the closed forms say they do") {
  for (const char* pattern : {"alltoall", "ring-allreduce", "permutation", "incast"}) {
    CAPTURE(pattern);
    const auto time = [&](const char* how) {
      return number(printed(words(tree, pattern, {"--endpoints", "256", "--network", how, "--json"})),
                    "completion_time_s");
    };
    CHECK(time("flow") == Approx(time("analytic")).epsilon(0.01));
  }
}

TEST_CASE("a dispatch runs over NVLink domains and nowhere else") {
  const std::string text = printed(words("topologies/h800-64.yaml", "dispatch", {"--json"}));
  CHECK(number(text, "completion_time_s") < 1.1 * number(text, "bound_s"));
  const Words alone{"--groups", "256", "--top-groups", "8", "--json"};  // every expert a group of its own
  CHECK(number(printed(words("topologies/h800-64.yaml", "dispatch", alone)), "completion_time_s") >
        number(text, "completion_time_s"));
  CHECK_THAT(mistake(words(tree, "dispatch")), Contains("needs a cluster of GPUs"));
  CHECK_THAT(mistake(words("topologies/h800-64.yaml", "dispatch", {"--endpoints", "12"})),
             Contains("do not fill NVLink domains of 8"));
  CHECK_THAT(mistake(words("topologies/h800-64.yaml", "dispatch", {"--top-groups", "9"})),
             Contains("9 groups cannot be chosen of 8"));
}

TEST_CASE("efficiency slows the links it names") {
  const auto time = [](const Words& more) {
    Words all{"--endpoints", "16", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return number(printed(words(tree, "alltoall", all)), "bound_s");
  };
  CHECK(time({"--efficiency", "nic=50%"}) == Approx(2 * time({})));
  CHECK(time({"--efficiency", "leaf-spine=0.5"}) == Approx(time({})));
}

TEST_CASE("routing decides where bytes collide, and its seed decides where hashes fall") {
  const auto run_with = [](const Words& more) { return printed(words(tree, "permutation", more)); };
  CHECK(run_with({"--routing", "ecmp"}) == run_with({"--routing", "ecmp"}));
  CHECK(run_with({"--routing", "ecmp"}) != run_with({"--routing", "ecmp", "--seed", "2"}));
  const auto time = [](const char* routing) {
    return number(printed(words(tree, "permutation", {"--routing", routing, "--json"})), "completion_time_s");
  };
  CHECK(time("adaptive") < time("ecmp"));
}

TEST_CASE("network says what is wrong with its options, all at once") {
  const auto all =
      mistakes({"network", tree, "--pattern", "alltoal", "--bytes", "64", "--routing", "emcp", "--endpoints",
                "1", "--seed", "-1", "--network", "packet", "--efficiency", "nic"});
  REQUIRE(all.size() == 7);
  const std::string text = foretrain::SpecError(all).what();
  CHECK_THAT(text, Contains("did you mean 'alltoall'?"));
  CHECK_THAT(text, Contains("did you mean 'ecmp'?"));
  CHECK_THAT(text, Contains("--endpoints '1' is not a whole number from 2"));
  CHECK_THAT(text, Contains("--network 'packet' is not known"));
  CHECK_THAT(text, Contains("--efficiency 'nic' is not KIND=SHARE"));
  CHECK_THAT(mistake({"network", tree}), Contains("--pattern is missing") && Contains("--bytes is missing"));
  CHECK_THAT(mistake(words(tree, "alltoall", {"--efficiency", "nik=0.5"})), Contains("did you mean 'nic'?"));
  CHECK_THAT(mistake(words(tree, "alltoall", {"--efficiency", "nic=1.5"})), Contains("at most 1"));
  CHECK_THAT(mistake(words(tree, "alltoall", {"--top-k", "4"})), Contains("only for --pattern dispatch"));
  CHECK_THAT(mistake(words(ring, "alltoall", {"--endpoints", "9"})), Contains("more than the network's 8"));
  CHECK_THAT(mistake(words(ring, "alltoall", {"--network", "analytic", "--routing", "adaptive"})),
             Contains("only --network flow knows"));
}

TEST_CASE("what takes centuries is refused, and what takes less than the clock's step has no use") {
  for (const char* how : {"flow", "analytic"})
    CHECK_THAT(mistake(words(ring, "alltoall", {"--efficiency", "nic=1e-18", "--network", how})),
               Contains("may take more than 100 years"));
  const foretrain::testing::Scratch folder;
  const std::string file = folder.file("fast.yaml");
  std::ofstream(file) << "name: fast\nkind: custom\nsource: made up\nrate: 100 GB/s\n"
                         "nodes: [{name: a, kind: endpoint}, {name: b, kind: endpoint}]\n"
                         "links: [{from: a, to: b}]\n";
  const std::string text = printed({"network", file, "--pattern", "permutation", "--bytes", "1 B", "--json",
                                    "--links", "--svg", folder.file("x.svg")});
  CHECK(number(text, "completion_time_s") == 0);
}

TEST_CASE("a network in two pieces is an honest no") {
  const std::string path = (std::filesystem::temp_directory_path() / "foretrain_network_test.yaml").string();
  std::ifstream file(ring);
  std::string text(std::istreambuf_iterator<char>(file), {});
  const std::string cut = "  - {from: h0, to: s0}\n";
  text.erase(text.find(cut), cut.size());
  std::ofstream(path) << text;
  const Done done = run(words(path.c_str(), "alltoall"));
  std::remove(path.c_str());
  CHECK(done.status == 1);
  CHECK_THAT(done.out, Contains("no way leads from endpoint 0 to 1"));
}

TEST_CASE("--links lists as many as it is told, 20 without a number, wherever it stands") {
  const auto links = [](const Words& more) {
    Words all{"--json"};
    all.insert(all.end(), more.begin(), more.end());
    return json::parse(printed(words(tree, "permutation", all))).members.at("links").items.size();
  };
  CHECK(links({"--links"}) == 20);
  CHECK(links({"--links", "--seed", "2"}) == 20);
  CHECK(links({"--links", "3"}) == 3);
  CHECK(links({"--links=7", "--network", "analytic"}) == 7);
  CHECK_THAT(printed(words(ring, "incast", {"--links"})), Contains("no other carries anything"));
  for (const char* wrong : {"0", "-1", "many", "2.5"})
    CHECK_THAT(mistake(words(ring, "incast", {"--links", wrong})),
               Contains("--links '" + std::string(wrong) + "' is not a whole number from 1 to"));
  CHECK_THAT(mistake(words(ring, "incast", {"--links", "2", "--links", "3"})), Contains("given 2 times"));
}

TEST_CASE("--svg writes the picture whole, and nothing where there is no answer or no place") {
  const std::string path = (std::filesystem::temp_directory_path() / "foretrain_network_test.svg").string();
  std::filesystem::remove(path);
  CHECK_THAT(mistake(words(ring, "incast", {"--svg", path, "--endpoints", "9"})),
             Contains("more than the network's 8"));
  CHECK_FALSE(std::filesystem::exists(path));
  printed(words(ring, "incast", {"--svg", path}));
  std::ifstream file(path);
  const std::string svg(std::istreambuf_iterator<char>(file), {});
  std::filesystem::remove(path);
  CHECK_THAT(svg, StartsWith("<svg ") && EndsWith("</svg>\n") && Contains("router 0 to endpoint 0"));
  CHECK_THAT(mistake(words(ring, "incast", {"--svg", ""})), Contains("--svg needs a name to write to"));
  CHECK_THAT(mistake(words(ring, "incast", {"--svg", "no/such/folder.svg"})), Contains("cannot write"));
}
