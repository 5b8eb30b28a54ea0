#include "report/file.hpp"

#include <filesystem>
#include <fstream>

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "scratch.hpp"

namespace {

namespace fs = std::filesystem;
using foretrain::SpecError;
using foretrain::report::write_file;
using foretrain::testing::read_back, foretrain::testing::Scratch;

}  // namespace

TEST_CASE("a file is written, and written over, with nothing left beside it") {
  const Scratch folder;
  const fs::path file = folder.path / "a.txt";
  write_file(file.string(), "one");
  CHECK(read_back(file) == "one");
  write_file(file.string(), "");
  CHECK(read_back(file).empty());
  CHECK(folder.entries() == 1);
}

TEST_CASE("a link stays a link") {
  const Scratch folder;
  write_file((folder.path / "a").string(), "one");
  fs::create_symlink(folder.path / "a", folder.path / "link");
  write_file((folder.path / "link").string(), "two");
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(read_back(folder.path / "a") == "two");
}

TEST_CASE("a part that another run left does not stand in the way") {
  const Scratch folder;
  std::ofstream(folder.path / "a.part0") << "half";
  write_file((folder.path / "a").string(), "whole");
  CHECK(read_back(folder.path / "a") == "whole");
  CHECK(read_back(folder.path / "a.part0") == "half");
}

TEST_CASE("what cannot be written is one diagnostic with the file's name, and no file") {
  const Scratch folder;
  for (const std::string& path :
       {(folder.path / "no/such/folder").string(), folder.path.string(), std::string{}}) {
    CAPTURE(path);
    try {
      write_file(path, "x");
      FAIL("no diagnostic");
    } catch (const SpecError& error) {
      REQUIRE(error.all().size() == 1);
      CHECK(error.all()[0].file == path);
      CHECK(error.all()[0].message.find("cannot write this file") == 0);
    }
  }
  CHECK(folder.entries() == 0);
}

TEST_CASE("a device is written to, not replaced") {
  write_file("/dev/null", "x");
  CHECK(fs::is_character_file("/dev/null"));
  CHECK_THROWS_AS(write_file("/dev/full", "x"), SpecError);
}
