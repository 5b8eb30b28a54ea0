// Inputs made to break a reader: each must end soon, with one clear error, and never in a crash.

#include <sys/stat.h>

#include <chrono>
#include <cstdio>

#include "catch.hpp"
#include "files.hpp"

namespace {

// The one thing said about a file.
std::string only_fault(const std::string& path) {
  const auto begin = std::chrono::steady_clock::now();
  const auto faults = faults_of(path);
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took < std::chrono::seconds(20));
  REQUIRE(faults.size() == 1);
  return faults.front().message;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("files that are no text are refused before they are parsed") {
  const Folder folder;
  CHECK(only_fault(folder.at("missing.yaml")) == "no such file: " + folder.at("missing.yaml"));
  CHECK(only_fault(folder.at("")).find("is a folder, expected a YAML file") != std::string::npos);
  CHECK(only_fault(folder.write("empty.yaml", "")) == "the file is empty");
  CHECK(only_fault(folder.write("blank.yaml", "\n\n  \n")) == "the file is empty");
  CHECK(only_fault(folder.write("zero.yaml", std::string("name: a\0b\n", 10))) ==
        "byte 0x00 does not belong in a text file");
  CHECK(only_fault(folder.write("elf.yaml",
                                "\x7f"
                                "ELF\x02\x01")) == "byte 0x7f does not belong in a text file");
  CHECK(only_fault(folder.write("latin1.yaml", "name: caf\xe9\n")) == "byte 0xe9 is not UTF-8");
  CHECK(only_fault(folder.write("overlong.yaml", "name: \xc0\xaf\n")) == "byte 0xc0 is not UTF-8");
  CHECK(only_fault(folder.write("surrogate.yaml", "name: \xed\xa0\x80\n")) == "byte 0xed is not UTF-8");
  CHECK(only_fault(folder.write("utf16.yaml", std::string("\xff\xfen\0a\0", 6))) == "byte 0xff is not UTF-8");
  REQUIRE(mkfifo(folder.at("pipe.yaml").c_str(), 0600) == 0);
  CHECK(only_fault(folder.at("pipe.yaml")).find("is not a regular file") != std::string::npos);
}

TEST_CASE("a file of 100 MB is refused by its size") {
  const Folder folder;
  const auto path = folder.write("large.yaml", "name: a\n");
  std::filesystem::resize_file(path, 100'000'000);
  CHECK(only_fault(path).find("has 100000000 bytes, more than the 1048576") != std::string::npos);
}

TEST_CASE("text of the largest size is read to its end, or refused for what it holds") {
  const Folder folder;
  const auto long_list = "name: [" + repeated("a,", 500'000) + "a]\n";
  CHECK(faults_of(folder.write("list.yaml", long_list)).size() > 1);
  std::string many_keys;
  for (int i = 0; i < 70'000; ++i) many_keys += "key" + std::to_string(i) + ": 1\n";
  const auto faults = faults_of(folder.write("keys.yaml", many_keys));
  REQUIRE(faults.size() == 51);  // 50 and the number of the rest
  CHECK(faults.back().message == "and 69956 more");
  CHECK(faults_of(folder.write("one.yaml", std::string(1'000'000, 'a'))).size() == 1);
  CHECK(faults_of(folder.write("long_key.yaml", std::string(1'000'000, 'a') + ": 1\n")).size() >= 1);
}

TEST_CASE("nesting ends at a depth") {
  const Folder folder;
  for (const char* open : {"[", "{a: ", "- ", "? "}) {
    INFO(open);
    const auto said = only_fault(folder.write("deep.yaml", "name: x\ndeep:\n  " + repeated(open, 100'000)));
    CHECK(said.size() < 200);
  }
  const auto unclosed = folder.write("deep.yaml", "deep: " + repeated("[", 1'000'000));
  CHECK(only_fault(unclosed) == "this '[' is not closed, or stands where a key belongs");
  const auto closed = folder.write("deep.yaml", "deep: " + repeated("[", 100) + repeated("]", 100));
  CHECK(only_fault(closed) == "nested deeper than 64 levels");
}

TEST_CASE("an alias bomb is not lit") {
  const Folder folder;
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(before + ", ", 8) +
            before + "]\n";
  }
  CHECK(only_fault(folder.write("bomb.yaml", bomb)) == "anchors (&name) are not read here");
  CHECK(only_fault(folder.write("ring.yaml", "a: &a [*a]\n")) == "anchors (&name) are not read here");
}

TEST_CASE("every beginning of a good scenario is read or refused, never a crash") {
  const Folder folder;
  std::ifstream in(FORETRAIN_ROOT "/tests/bad/good/scenario.yaml");
  const std::string good(std::istreambuf_iterator<char>(in), {});
  REQUIRE(good.size() > 500);
  for (std::size_t end = 0; end < good.size(); end += 7) {
    INFO(end);
    CHECK_FALSE(faults_of(folder.write("cut.yaml", good.substr(0, end))).empty());
  }
}

TEST_CASE("files that include one another in a ring are told so") {
  const Folder folder;
  folder.write("a.yaml", "name: a\nbase: b.yaml\n");
  folder.write("b.yaml", "name: b\nbase: a.yaml\n");
  CHECK(only_fault(folder.at("a.yaml")) == "more than 8 files stand on one another");
}
