#pragma once
// Files are written whole or not at all: into a new file in the same folder, which then takes the name. A
// link stays a link. What is not a regular file (a pipe, /dev/null) is written to as it is. Not here: what is
// in them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace foretrain::report {

// Grows piece by piece and takes its name when it is done.
class NewFile {
 public:
  // Throws a SpecError with one diagnostic, naming the file and the system's reason, when nothing can be
  // written there.
  explicit NewFile(const std::string& path);
  ~NewFile();  // takes away what was written, unless finished
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void add(std::string_view bytes);
  void finish();  // throws a SpecError when something could not be written
  std::uint64_t size() const { return size_; }

 private:
  void open_part(unsigned mode);

  std::string path_, target_, part_;  // as given; without links; the file that grows ("": the target itself)
  int file_ = -1, error_ = 0;
  std::uint64_t size_ = 0;
};

// Throws as NewFile does.
void write_file(const std::string& path, std::string_view bytes);

// Several that belong together: each is written in full before the first takes its name.
struct FileText {
  std::string path, bytes;
};
void write_files(const std::vector<FileText>& files);

}  // namespace foretrain::report
