#pragma once
// A folder of files that appears whole or not at all: files are written into a new folder beside it, which
// takes the name at the end. Not here: what is in them; adding to a folder that holds something.

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

}  // namespace foretrain::report
