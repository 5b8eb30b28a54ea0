#include "report/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "report/first_message.hpp"
#include "scratch.hpp"

namespace {

namespace fs = std::filesystem;
using foretrain::SpecError;
using foretrain::report::NewFile;
using foretrain::report::write_file;
using foretrain::testing::first_message;
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

TEST_CASE("a file grows beside its name and takes it when it is finished") {
  const Scratch place;
  const std::string path = (place.path / "a").string();
  {
    NewFile file(path);
    file.add("one");
    file.add(" two");
    CHECK(file.size() == 7);
    CHECK_FALSE(fs::exists(path));
    file.finish();
  }
  CHECK(read_back(path) == "one two");
  {
    NewFile file(path);
    file.add("three");
  }
  CHECK(read_back(path) == "one two");
  CHECK(place.entries() == 1);
  CHECK(first_message([&] { NewFile(place.path.string()); }) == "cannot write this file: it is a folder");
  CHECK(first_message([&] { NewFile((place.path / "no/where").string()); }) ==
        "cannot write this file: No such file or directory");
}

TEST_CASE("a file that grows writes to a pipe and keeps a link, and a name too long is a mistake") {
  const Scratch place;
  write_file(place.file("a"), "one");
  fs::create_symlink(place.path / "a", place.path / "link");
  {
    NewFile file(place.file("link"));
    file.add("two");
    file.finish();
  }
  CHECK(fs::is_symlink(place.path / "link"));
  CHECK(read_back(place.path / "a") == "two");
  REQUIRE(::mkfifo(place.file("pipe").c_str(), 0600) == 0);
  const int reader = ::open(place.file("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  {
    NewFile file(place.file("pipe"));
    file.add("three");
    file.finish();
  }
  std::string got(5, ' ');
  CHECK(::read(reader, got.data(), got.size()) == 5);
  ::close(reader);
  CHECK(got == "three");
  CHECK(fs::is_fifo(place.path / "pipe"));
  CHECK(first_message([&] { NewFile(place.file(std::string(300, 'a'))); }) ==
        "cannot write this file: File name too long");
  CHECK(place.entries() == 3);
}
