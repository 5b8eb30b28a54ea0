// `foretrain calibrate` and `foretrain validate kernels` as typed.

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/commands.hpp"
#include "golden/command.hpp"
#include "report/json_reader.hpp"

using namespace foretrain;
using namespace foretrain::testing;

namespace {

namespace fs = std::filesystem;

const std::string results = "validate/results/synthetic-h200.csv";

// The fixture with some text replaced.
std::string changed(const command::Folder& folder, const std::string& what, const std::string& with) {
  std::string text = command::read(results);
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  const auto file = folder.file("changed.csv");
  std::ofstream(file, std::ios::binary) << text.replace(at, what.size(), with);
  return file.string();
}

}  // namespace

TEST_CASE("calibrate takes no curve from what is not a checked measurement, unless told to") {
  const command::Folder folder("calibrate");
  const auto part = folder.file("part.yaml").string();
  CHECK(mistake({"calibrate", results, "-o", part}) ==
        results +
            ": error: the state of this file is synthetic: no curve is made of it\n    --allow synthetic "
            "uses it all the same, and the curves will say so");
  const auto unverified = changed(folder, "state: synthetic", "state: unverified");
  CHECK(mistake({"calibrate", unverified, "--allow", "synthetic"}).find("--allow unverified") !=
        std::string::npos);
  CHECK(mistake({"calibrate", results, "--allow", "synthetical"}).find("unknown state") != std::string::npos);
  CHECK_FALSE(fs::exists(part));
  CHECK(printed({"calibrate", unverified, "--allow", "unverified"}).find("UNVERIFIED") != std::string::npos);
  const auto verified = changed(folder, "state: synthetic", "state: verified");
  const auto out = printed({"calibrate", verified, "-o", part});
  CHECK(out.find("UNVERIFIED") == std::string::npos);
  CHECK(out.find("SYNTHETIC") == std::string::npos);
  CHECK(command::read(part).find("SYNTHETIC") == std::string::npos);
}

TEST_CASE("the written part is read by every command that takes a part") {
  const command::Folder folder("calibrate");
  const auto part = folder.file("part.yaml").string();
  const auto out = printed({"calibrate", results, "--allow", "synthetic", "--keep-worse", "-o", part});
  CHECK(out.find("kept, worse") != std::string::npos);
  CHECK(out.find("wrote " + part + "\n") != std::string::npos);
  CHECK(fs::exists(folder.file("part_gemm_bf16.csv")));
  const std::string scenario = "scenarios/deepseek-v3.yaml";
  CHECK(run({"check", scenario, "--set", "cluster.gpu=" + part}).status == 0);
  CHECK(printed({"explain", scenario, "--set", "cluster.gpu=" + part, "--ops"}).find("SYNTHETIC") !=
        std::string::npos);
  const auto check = json::parse(printed({"validate", "kernels", results, "--gpu", part, "--json"}));
  CHECK(check.at("gpu").text == "H200-SXM-141GB");
  CHECK(check.at("device").at("state").text == "synthetic");
  CHECK(check.at("kernels").items.size() > 150);
}

TEST_CASE("calibrate says in JSON what it says in words") {
  const auto found = json::parse(printed({"calibrate", results, "--allow", "synthetic", "--json"}));
  CHECK(found.at("base").text == "H200-SXM-141GB");
  CHECK(found.at("written").items.empty());
  std::size_t kept = 0;
  for (const auto& family : found.at("families").items) {
    kept += family.at("kept").truth ? 1 : 0;
    CHECK(family.at("kept").truth == family.at("reason").text.empty());
  }
  CHECK(kept == 7);
  CHECK(found.at("interference").items.size() == 10);
  CHECK(found.at("not_fitted").at("hot").number == 1);
}

TEST_CASE("a result file is read once and never written over") {
  const command::Folder folder("calibrate");
  const auto copy = changed(folder, "# state", "# state");
  const std::string before = command::read(copy);
  for (const std::string& output : {copy, std::string{}})
    CHECK(mistake({"calibrate", copy, "--allow", "synthetic", "-o", output}).find("-o ") !=
          std::string::npos);
  CHECK(command::read(copy) == before);
  for (const char* kind : {"kernels", "layer"})
    CHECK(mistake({"validate", kind, copy, "--plot", copy}).find("--plot would write over") !=
          std::string::npos);
  CHECK(command::read(copy) == before);
  CHECK(mistake({"calibrate", results, "./" + results, "--allow", "synthetic"})
            .find("the same file is given twice") != std::string::npos);
}

TEST_CASE("a table beside the part is not written over a result file either") {
  const command::Folder folder("calibrate");
  const std::string named = folder.file("part_gemm_bf16.csv").string();
  fs::copy_file(results, named);
  const std::string before = command::read(named);
  const Words words{
      "calibrate", named, "--allow", "synthetic", "--keep-worse", "-o", folder.file("part.yaml").string()};
  CHECK(mistake(words).find("which is read") != std::string::npos);
  CHECK(command::read(named) == before);
  CHECK_FALSE(fs::exists(folder.file("part.yaml")));
}

TEST_CASE("device and part must go together") {
  const command::Folder folder("calibrate");
  const auto pcie = changed(folder, "sms: 132", "sms: 114");
  CHECK(mistake({"calibrate", pcie, "--allow", "synthetic"})
            .find("with 114 SMs; the part H200-SXM-141GB has 132") != std::string::npos);
  CHECK(mistake({"validate", "kernels", results, "--gpu", "a100-sxm-80gb"}).find("has 108") !=
        std::string::npos);
  const auto unknown = changed(folder, "NVIDIA H200", "NVIDIA L4");
  CHECK(mistake({"calibrate", unknown, "--allow", "synthetic"}).find("choose one with --part") !=
        std::string::npos);
  CHECK(run({"calibrate", unknown, "--allow", "synthetic", "--part", "h200"}).status == 0);
  CHECK(mistake({"calibrate", results, "--allow", "synthetic", "--part", "h20O"}).find("no such file") !=
        std::string::npos);
}

TEST_CASE("where nothing can be fitted nothing is written, and the status says so") {
  const command::Folder folder("calibrate");
  std::istringstream all(command::read(results));
  const auto few = folder.file("few.csv").string(), part = folder.file("part.yaml").string();
  std::ofstream out(few);
  std::string line;
  for (int i = 0; i < 14 && std::getline(all, line); ++i) out << line << '\n';
  out.close();
  const auto done = run({"calibrate", few, "--allow", "synthetic", "-o", part});
  CHECK(done.status == 1);
  CHECK(done.out.find("refused gemm_fp8: ") != std::string::npos);
  CHECK_FALSE(fs::exists(part));
}

TEST_CASE("validate kernels draws what it compares; a slip of its name is explained") {
  const command::Folder folder("calibrate");
  const auto picture = folder.file("kernels.svg").string();
  const auto out = printed({"validate", "kernels", results, "--plot", picture});
  CHECK(out.find("Farthest from their prediction") != std::string::npos);
  const auto svg = command::read(picture);
  CHECK(svg.find("<svg") == 0);
  CHECK(svg.find("(synthetic), predicted by H200-SXM-141GB") != std::string::npos);
  CHECK(mistake({"validate", "kernel", results}).find("did you mean 'kernels'?") != std::string::npos);
  CHECK(mistake({"calibrate"}).find("needs result files, or a trace") != std::string::npos);
}

TEST_CASE("calibrate --from-trace fits what import-trace writes and calibrate reads again") {
  const command::Folder folder("calibrate");
  const auto file = folder.file("measured.csv").string(), part = folder.file("part.yaml").string();
  const Words trace{"--rules",  "validate/rules/deepseek-v3.yaml",
                    "--model",  "models/deepseek-v3.yaml",
                    "--expert", "64",
                    "--rounds", "0,2"};
  const std::string traced = "tests/published/deepseek_v3_trace_kernels.json";
  const auto with = [&](Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  printed(with({"import-trace", traced, "-o", file}, trace));
  const auto twice = json::parse(printed({"calibrate", file, "--json"}));
  const auto once =
      json::parse(printed(with({"calibrate", "--from-trace", traced, "--json", "-o", part}, trace)));
  CHECK(once.at("base").text == "H800-SXM5-80GB");
  const auto &a = once.at("families").items, &b = twice.at("families").items;
  REQUIRE(a.size() == b.size());
  CHECK(a.size() > 15);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(a[i].at("family").text);
    for (const char* name : {"family", "curve"}) CHECK(a[i].at(name).text == b[i].at(name).text);
    CHECK(a[i].at("kept").truth == b[i].at("kept").truth);
    if (a[i].at("held_out").kind == json::Value::Kind::map)
      CHECK(a[i].at("held_out").at("median").number ==
            Approx(b[i].at("held_out").at("median").number).margin(1e-6));
  }
  CHECK(command::read(part).find("traced kernels of deepseek_v3_trace_kernels.json") != std::string::npos);
}

TEST_CASE("a trace for calibrate needs its rules and its model, and names for all of its kernels") {
  const std::string traced = "tests/published/deepseek_v3_trace_kernels.json";
  CHECK(mistake({"calibrate", "--from-trace", traced}).find("needs --rules") != std::string::npos);
  CHECK(mistake({"calibrate", results, "--rules", "validate/rules/deepseek-v3.yaml"}).find("--from-trace") !=
        std::string::npos);
  const command::Folder folder("calibrate");
  std::string rules = command::read("validate/rules/deepseek-v3.yaml");
  const std::string known = "fp8_ptp128c::GemmKernel";
  for (auto at = rules.find(known); at != std::string::npos; at = rules.find(known))
    rules.replace(at, known.size(), "some_other_kernel");
  const std::string software = "../../models/software";
  rules.replace(rules.find(software), software.size(), std::string(FORETRAIN_ROOT "/models/software"));
  const auto other = folder.file("rules.yaml").string();
  std::ofstream(other, std::ios::binary) << rules;
  const auto done = run({"calibrate", "--from-trace", traced, "--rules", other, "--model",
                         "models/deepseek-v3.yaml", "--expert", "64"});
  CHECK(done.status == 1);
  CHECK(done.out.find("Nothing is measured") != std::string::npos);
  // Of another device than the results that stand beside it.
  CHECK(mistake({"calibrate", results, "--allow", "synthetic", "--from-trace", traced, "--rules",
                 "validate/rules/deepseek-v3.yaml", "--model", "models/deepseek-v3.yaml", "--expert", "64"})
            .find("are not of one device") != std::string::npos);
}

TEST_CASE("validate layer prints, draws and says in JSON how far each pass is off") {
  const command::Folder folder("calibrate");
  const std::string layer = "validate/results/synthetic-h200-layer.csv";
  const auto picture = folder.file("layer.svg").string();
  const auto out = printed({"validate", "layer", layer, "--gpu", "h100-500w", "--plot", picture});
  CHECK(out.find("SYNTHETIC") != std::string::npos);
  CHECK(out.find("beyond the 5.0 % that is asked for") != std::string::npos);
  const auto svg = command::read(picture);
  CHECK(svg.find("<svg") == 0);
  CHECK(svg.find("attention_i (") != std::string::npos);
  const auto found = json::parse(printed({"validate", "layer", layer, "--json"}));
  CHECK(std::abs(found.at("passes").at("all").at("error").number) < 0.01);
  CHECK(found.at("passes").at("forward").at("covered").number > 0.9);
  CHECK(found.at("ops").items.size() > 100);
  CHECK(found.at("not_measured").items.empty());
  // Without recomputation the list is shorter than what was measured.
  const auto kept =
      json::parse(printed({"validate", "layer", layer, "--json", "--set", "plan.recompute=[]"}));
  CHECK(kept.at("not_compared").items.size() > 5);
  CHECK(mistake({"validate", "layer", results}).find("has no rows of suite 'layer'") != std::string::npos);
  CHECK(mistake({"validate", "layers", layer}).find("did you mean 'layer'?") != std::string::npos);
  CHECK(mistake({"validate", "layer", layer, "--scenario", "scenarios/llama.yaml"}).find("no such file") !=
        std::string::npos);
}

TEST_CASE("a node's file makes a GPU's part and its host's, which a scenario takes") {
  const command::Folder folder("calibrate");
  const std::string node = "validate/results/synthetic-h200-node.csv";
  const auto part = folder.file("part.yaml").string(), host = folder.file("part_host.yaml").string();
  const auto out =
      printed({"calibrate", node, "--allow", "synthetic", "--host", "host-xeon-8480c", "-o", part});
  CHECK(out.find("wrote " + host + "\n") < out.find("wrote " + part + "\n"));
  CHECK(run({"check", "scenarios/deepseek-v3.yaml", "--set", "cluster.gpu=" + part, "--set",
             "cluster.host=" + host})
            .status == 0);
  CHECK(mistake({"calibrate", node, "--allow", "synthetic", "--host", "host-vax", "-o", part})
            .find("no such file") != std::string::npos);
  const auto found = json::parse(printed({"calibrate", node, "--allow", "synthetic", "--json"}));
  CHECK(found.at("device").at("empty_kernels").items.at(0).at("rows").number == 23);
  CHECK(found.at("launch").at("kept").truth);
  CHECK(found.at("collectives").at("rows").items.size() == 12);
  CHECK(found.at("transfers").items.size() == 4);
}

TEST_CASE("an H200's file predicts the H800's trace without it, and a made-up file says that it is none") {
  const command::Folder folder("calibrate");
  const auto part = folder.file("h800.yaml").string();
  CHECK(
      mistake({"calibrate", results, "--onto", "h800", "-o", part}).find("state of this file is synthetic") !=
      std::string::npos);
  CHECK_FALSE(fs::exists(part));
  const auto out = printed({"calibrate", results, "--allow", "synthetic", "--onto", "h800", "-o", part});
  CHECK(out.find("Carried from H200-SXM-141GB to H800-SXM5-80GB: gemm_fp8, ") != std::string::npos);
  const auto check = printed({"validate", "trace", "--gpu", part});
  CHECK(check.find("SYNTHETIC: 7 curves of this part were made up for tests") != std::string::npos);
  CHECK(check == printed({"validate", "trace", "--set", "cluster.gpu=" + part}));
  const auto picture = folder.file("trace.svg").string();
  const auto found = json::parse(printed({"validate", "trace", "--gpu", part, "--json", "--plot", picture}));
  CHECK(found.at("gpu").text == "H800-SXM5-80GB");
  CHECK(found.at("synthetic_curves").number == 7);
  CHECK(found.at("unverified_curves").number == 0);
  const auto svg = command::read(picture);
  CHECK(svg.find("<svg") == 0);
  CHECK(svg.find("attn_bwd: ") != std::string::npos);
  CHECK(svg.find("all-to-all kernels (4)") != std::string::npos);
  CHECK(mistake({"calibrate", results, "--allow", "synthetic", "--onto", "a100-sxm-80gb", "-o", part})
            .find("132 and 108 SMs") != std::string::npos);
  CHECK(mistake({"calibrate", results, "--onto", "h800", "--host", "host-grace"}).find("--onto") !=
        std::string::npos);
}
