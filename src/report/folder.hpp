#pragma once
// A folder of files that appears whole or not at all: files are written into a new folder beside it, which
// takes the name at the end; and a file that grows piece by piece and takes its name when it is done. Not
// here: what is in them; adding to a folder that holds something; pipes (report/file.hpp).

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace foretrain::report {

class NewFolder {
 public:
  // Throws a SpecError when `path` exists and is not an empty folder, or when nothing can be written there.
  explicit NewFolder(std::string path);
  ~NewFolder();  // takes away what was written, unless finished
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  void add(const std::string& name, std::string_view bytes);  // throws a SpecError when it cannot
  void finish();                                              // likewise

 private:
  std::string path_, part_;
};

class NewFile {
 public:
  explicit NewFile(std::string path);  // throws a SpecError when nothing can be written there
  ~NewFile();                          // takes away what was written, unless finished
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void add(std::string_view bytes);
  void finish();  // throws a SpecError when something could not be written
  std::uint64_t size() const { return size_; }

 private:
  std::string path_, part_;
  std::ofstream out_;
  std::uint64_t size_ = 0;
};

}  // namespace foretrain::report
