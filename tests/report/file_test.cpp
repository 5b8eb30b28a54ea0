#include "report/file.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/diagnostic.hpp"
#include "catch.hpp"

namespace {

namespace fs = std::filesystem;
using foretrain::SpecError;
using foretrain::report::write_file;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "foretrain-file-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) FAIL("cannot make a folder");
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
  fs::path path;
};

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a file is written, and written over, with nothing left beside it") {
  const Folder folder;
  const fs::path file = folder.path / "a.txt";
  write_file(file.string(), "one");
  CHECK(read(file) == "one");
  write_file(file.string(), "");
  CHECK(read(file).empty());
  CHECK(folder.files() == 1);
}

TEST_CASE("a link stays a link") {
  const Folder folder;
  write_file((folder.path / "a").string(), "one");
  fs::create_symlink(folder.path / "a", folder.path / "link");
  write_file((folder.path / "link").string(), "two");
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(read(folder.path / "a") == "two");
}

TEST_CASE("a part that another run left does not stand in the way") {
  const Folder folder;
  std::ofstream(folder.path / "a.part0") << "half";
  write_file((folder.path / "a").string(), "whole");
  CHECK(read(folder.path / "a") == "whole");
  CHECK(read(folder.path / "a.part0") == "half");
}

TEST_CASE("what cannot be written is one diagnostic with the file's name, and no file") {
  const Folder folder;
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
  CHECK(folder.files() == 0);
}

TEST_CASE("a device is written to, not replaced") {
  write_file("/dev/null", "x");
  CHECK(fs::is_character_file("/dev/null"));
  CHECK_THROWS_AS(write_file("/dev/full", "x"), SpecError);
}
