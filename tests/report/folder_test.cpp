#include "report/folder.hpp"

#include <filesystem>
#include <fstream>

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "report/first_message.hpp"
#include "scratch.hpp"

namespace {

namespace fs = std::filesystem;
using foretrain::SpecError;
using foretrain::report::NewFolder;
using foretrain::testing::first_message;
using foretrain::testing::read_back, foretrain::testing::Scratch;

}  // namespace

TEST_CASE("a folder appears when it is finished, whole") {
  const Scratch place;
  const std::string path = (place.path / "new/").string();
  {
    NewFolder folder(path);
    folder.add("a", "one");
    folder.add("b", "two");
    CHECK_FALSE(fs::exists(path));
    folder.finish();
  }
  CHECK(read_back(place.path / "new/a") == "one");
  CHECK(read_back(place.path / "new/b") == "two");
  CHECK(place.entries() == 1);
}

TEST_CASE("a folder that is not finished leaves nothing") {
  const Scratch place;
  {
    NewFolder folder((place.path / "new").string());
    folder.add("a", "one");
  }
  CHECK(place.entries() == 0);
}

TEST_CASE("a folder takes the place of an empty one, and of nothing else") {
  const Scratch place;
  fs::create_directory(place.path / "empty");
  {
    NewFolder folder((place.path / "empty").string());
    folder.add("a", "one");
    folder.finish();
  }
  CHECK(read_back(place.path / "empty/a") == "one");
  CHECK(first_message([&] { NewFolder((place.path / "empty").string()); }) ==
        "this folder holds files already");
  CHECK(first_message([&] { NewFolder((place.path / "empty/a").string()); }) ==
        "this is a file, not a folder");
  CHECK(first_message([&] { NewFolder((place.path / "no/where").string()); }) ==
        "cannot make this folder: No such file or directory");
  CHECK(first_message([] { NewFolder(""); }) == "a folder needs a name");
  CHECK(place.entries() == 1);
}
