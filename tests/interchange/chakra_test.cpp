#include "interchange/chakra.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "interchange/chakra_files.hpp"
#include "interchange/process_groups.hpp"

namespace {

using namespace foretrain;
using interchange::Collective;
using interchange::Node;
using interchange::NodeKind;

// One of each kind.
std::vector<Node> samples() {
  std::vector<Node> nodes(5);
  for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i].id = 10 + i;
  nodes[0].name = "a chunk";
  nodes[0].duration = sim::Ticks{1'400};
  nodes[0].work = flops(3e15);
  nodes[0].moved = bytes(5e9);
  nodes[1].name = "folded";
  nodes[1].on_host = nodes[1].folded = true;
  nodes[1].collective = Collective::all_gather;
  nodes[1].size = bytes(77);
  nodes[1].duration = sim::Ticks{1'400};
  nodes[1].needs = {0};
  nodes[2].name = "there";
  nodes[2].kind = NodeKind::send;
  nodes[2].peer = 3;
  nodes[2].tag = 4'000'000;
  nodes[2].size = bytes(58'720'256);
  nodes[2].duration = sim::Ticks{1'500};
  nodes[2].wire = sim::Ticks{1'200};
  nodes[2].needs = {0, 1};
  nodes[3].name = "back";
  nodes[3].kind = NodeKind::receive;
  nodes[3].peer = 3;
  nodes[3].size = bytes(5);
  nodes[4].name = "all";
  nodes[4].kind = NodeKind::collective;
  nodes[4].collective = Collective::reduce_scatter;
  nodes[4].group = 9;
  nodes[4].size = bytes(1e12);
  nodes[4].duration = sim::Ticks{1'300};
  nodes[4].needs = {2, 3};
  return nodes;
}

bool same(const Node& a, const Node& b) {
  return a.id == b.id && a.name == b.name && a.kind == b.kind && a.on_host == b.on_host &&
         a.needs == b.needs && a.duration == b.duration && a.wire == b.wire && a.work == b.work &&
         a.moved == b.moved && a.size == b.size && a.peer == b.peer && a.tag == b.tag &&
         a.collective == b.collective && a.group == b.group && a.folded == b.folded;
}

std::string complaint(const std::string& bytes) {
  try {
    interchange::Groups groups;
    interchange::read_chakra(bytes, "t.0.et", groups);
  } catch (const SpecError& e) {
    return e.what();
  }
  return "";
}

// A message behind its length, by hand: tag and bytes of the wire format of protobuf.
std::string framed(const std::string& message) {
  return std::string(1, static_cast<char>(message.size())) + message;
}
std::string field(int number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}
std::string field(int number, int value) {
  return {static_cast<char>(number << 3), static_cast<char>(value)};
}
std::string attribute(const std::string& name, const std::string& value) {
  return field(10, field(1, name) + value);
}

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("foretrain-chakra-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  std::string path(const std::string& name = "") const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string files_complaint(const std::string& path) {
  try {
    interchange::read_chakra_files(path);
  } catch (const SpecError& e) {
    return e.all().front().message + " | " + e.all().front().hint;
  }
  return "";
}

}  // namespace

TEST_CASE("nodes come back from a trace as they went in, and the groups that they name") {
  const auto nodes = samples();
  const interchange::Groups groups{{9, {0, 3, 5}}, {12, {1, 2}}};
  interchange::Groups read_groups;
  const auto read = interchange::read_chakra(interchange::to_chakra(nodes, 5, groups), "t.5.et", read_groups);
  REQUIRE(read.size() == nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) CHECK(same(read[i], nodes[i]));
  CHECK(read_groups == interchange::Groups{{9, {0, 3, 5}}});
  CHECK(interchange::groups_json(groups) == "{\n  \"9\": [0, 3, 5],\n  \"12\": [1, 2]\n}\n");
}

TEST_CASE("the first bytes of a trace are the metadata and a node, as the schema numbers them") {
  Node node;
  node.id = 7;
  node.name = "n";
  node.duration = sim::Ticks{2'000};
  const std::string bytes = interchange::to_chakra({node}, 3, {});
  const std::string header =
      field(1, std::string("0.0.4")) + field(2, field(1, std::string("foretrain_rank")) + field(13, 3));
  REQUIRE(bytes.size() > header.size() + 2);
  CHECK(bytes.substr(0, header.size() + 1) == framed(header));
  // id 1, name 2, type 3 (COMP_NODE is 4), duration_micros 7
  CHECK(bytes.substr(header.size() + 2, 9) ==
        field(1, 7) + field(2, std::string("n")) + field(3, 4) + field(7, 2));
}

TEST_CASE("microseconds are rounded so that their sum over a rank is right") {
  auto nodes = std::vector<Node>(1000);
  for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i].id = i + 1, nodes[i].duration = sim::Ticks{1'400};
  std::string bytes = interchange::to_chakra(nodes, 0, {});
  for (const std::string ours = "foretrain_duration_ns"; bytes.find(ours) != std::string::npos;)
    bytes[bytes.find(ours)] = 'x';  // as others see it, who do not know our attribute
  interchange::Groups groups;
  std::int64_t sum = 0;
  for (const auto& node : interchange::read_chakra(bytes, "t", groups)) {
    CHECK((node.duration.count() == 1'000 || node.duration.count() == 2'000));
    sum += node.duration.count();
  }
  CHECK(sum == 1'400'000);
}

TEST_CASE("what is no trace is told with its place") {
  const std::string good = interchange::to_chakra(samples(), 0, {{9, {0, 3}}});
  CHECK(complaint(good).empty());
  CHECK(complaint("").find("t.0.et: error: the file is empty") == 0);
  CHECK(complaint("\x1f\x8b\x08").find("packed with gzip") != std::string::npos);
  CHECK(complaint(good.substr(0, good.size() - 1)).find("bytes begins, but only") != std::string::npos);
  CHECK(complaint("\xff\xff\xff\xff\xff\xff").find("no length of a message") != std::string::npos);
  CHECK(complaint("hello, this is text").find("the metadata of 104 bytes begins, but only 18 are left") !=
        std::string::npos);
  const std::string head = framed(field(1, std::string("1")));
  const auto node = [&](const std::string& more) { return head + framed(field(1, 7) + more); };
  CHECK(complaint(node("\x12\x32")).find("a node cannot be read") != std::string::npos);
  CHECK(complaint(node(field(3, 7))).find("node 7 (): comm_type is missing") != std::string::npos);
  CHECK(complaint(node(field(3, 7) + attribute("comm_type", field(9, 12)))).find("comm_type 12 is no") !=
        std::string::npos);
  CHECK(complaint(node(field(3, 5) + attribute("comm_size", field(9, std::string("x")))))
            .find("node 7 (): comm_size is no whole number") != std::string::npos);
  CHECK(complaint(node(field(2, std::string("\xff\xfe")))).find("a node cannot be read") !=
        std::string::npos);
  CHECK(
      complaint(node(field(2, std::string("a\x1b[31m\nb")) + field(5, 9))).find("node 7 (a?[31m?b) needs") !=
      std::string::npos);
  CHECK(complaint(node(field(5, 9))).find("node 7 () needs node 9, which does not exist") !=
        std::string::npos);
  CHECK(complaint(node("") + framed(field(1, 7))).find("two nodes have the id 7") != std::string::npos);
}

TEST_CASE("the traces of a folder are read together, and a gap among them is told") {
  const Folder folder;
  const std::vector<Node> nodes{samples().front()};
  CHECK(files_complaint(folder.path()).find("no traces of this name | traces are files named") == 0);
  for (const std::uint32_t rank : {0, 1, 3})
    folder.write("a." + std::to_string(rank) + ".et", interchange::to_chakra(nodes, rank, {}));
  CHECK(files_complaint(folder.path()) == "there is no trace of rank 2, but one of rank 3 | ");
  folder.write("a.2.et", interchange::to_chakra(nodes, 2, {}));
  folder.write("groups.json", "{}");
  CHECK(interchange::read_chakra_files(folder.path()).workload.ranks.size() == 4);
  CHECK(interchange::read_chakra_files(folder.path("a")).workload.ranks.size() == 4);
  CHECK(files_complaint(folder.path("b")).find("no traces of this name | there is ") == 0);
  folder.write("a.04.et", "no rank is written like this");
  CHECK(interchange::read_chakra_files(folder.path("a")).workload.ranks.size() == 4);
  CHECK(files_complaint(std::string(300, 'a')).find("no traces of this name") == 0);
  std::filesystem::create_directory(folder.path("a.4.et"));
  CHECK(files_complaint(folder.path("a")).find("this is no regular file") == 0);
  std::filesystem::remove(folder.path("a.4.et"));
  folder.write("b.0.et", interchange::to_chakra(nodes, 0, {}));
  CHECK(files_complaint(folder.path()).find("this folder holds traces of several prefixes") == 0);
}

TEST_CASE("process groups are read as PyTorch writes them, and what is none of them is told") {
  const auto trace = [](const std::string& values) {
    return framed(field(1, std::string("1"))) +
           framed(field(1, 7) + field(3, 1) + field(8, field(1, values)));
  };
  interchange::Groups groups;
  const auto read = [&](const std::string& values) {
    return interchange::read_chakra(trace(values), "t.0.et", groups).size();
  };
  CHECK(
      read(
          R"(['[{"pg_name": "3", "b": "x:y", "ranks": [4, 0], "n": 2}, {"ranks": [1], "pg_name": "5"}]'])") ==
      0);
  CHECK(groups == interchange::Groups{{3, {0, 4}}, {5, {1}}});
  CHECK(read("no groups here") == 0);
  CHECK(complaint(trace(R"([{"pg_name": "x", "ranks": [1]}])")).find("node 7 (): its process groups") !=
        std::string::npos);
  CHECK(complaint(trace(R"([{"pg_name": "1"}])")).find("cannot be read") != std::string::npos);
  CHECK(complaint(trace(R"([{"pg_name": "1", "ranks": [1)")).find("cannot be read") != std::string::npos);
  for (const char* ranks : {"0, 0", "0, 99999999999", "0, x", "0, -1"})
    CHECK(complaint(trace(std::string(R"([{"pg_name": "1", "ranks": [)") + ranks + "]}]"))
              .find("cannot be read") != std::string::npos);
  CHECK(
      complaint(trace(R"([{"pg_name": "1", "ranks": [ ]}, {"pg_name": "2", "ranks": [ 3 , 1 ]}])")).empty());
}

TEST_CASE("ranks that do not agree on the members of a group are told") {
  const Folder folder;
  Node node;
  node.id = 1;
  node.kind = NodeKind::collective;
  node.group = 9;
  folder.write("a.0.et", interchange::to_chakra({node}, 0, {{9, {0, 1}}}));
  folder.write("a.1.et", interchange::to_chakra({node}, 1, {{9, {1, 2}}}));
  CHECK(files_complaint(folder.path("a")).find("group 9 has other members here than in an earlier rank") ==
        0);
}

TEST_CASE("a group whose members no trace names holds the ranks that use it") {
  const Folder folder;
  Node node;
  node.id = 1;
  node.kind = NodeKind::collective;
  node.group = 9;
  for (const std::uint32_t rank : {0, 1, 2}) {
    if (rank == 1) node.kind = NodeKind::compute;
    if (rank == 2) node.kind = NodeKind::collective;
    std::string bytes = interchange::to_chakra({node}, rank, {{9, {0, 1, 2}}});
    if (const auto at = bytes.find("pg_name\": \"9"); at != std::string::npos) bytes[at + 11] = '8';
    folder.write("a." + std::to_string(rank) + ".et", bytes);
  }
  const auto groups = interchange::read_chakra_files(folder.path("a")).workload.groups;
  CHECK(groups.at(9) == std::vector<std::uint32_t>{0, 2});
}
