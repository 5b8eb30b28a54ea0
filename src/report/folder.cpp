#include "report/folder.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/diagnostic.hpp"
#include "report/file.hpp"

namespace foretrain::report {
namespace {

namespace fs = std::filesystem;

}  // namespace

NewFolder::NewFolder(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  std::error_code error;
  if (path_.empty()) refuse_file("\"\"", "a folder needs a name");
  if (fs::exists(path_, error) && !fs::is_directory(path_, error))
    refuse_file(path_, "this is a file, not a folder");
  if (fs::exists(path_, error) && !fs::is_empty(path_, error))
    refuse_file(path_, "this folder holds files already", "name a new one, or remove it first");
  for (int attempt = 0; attempt < 100; ++attempt) {  // one that was cut off has its own
    const std::string part = path_ + ".part" + std::to_string(attempt);
    if (fs::create_directory(part, error)) {
      part_ = part;
      return;
    }
    if (error) break;
  }
  refuse_file(path_,
              "cannot make this folder: " + (error ? error.message() : std::string("names are taken")));
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!part_.empty()) fs::remove_all(part_, ignored);
}

void NewFolder::add(const std::string& name, std::string_view bytes) {
  write_file(part_ + "/" + name, bytes);
}

void NewFolder::finish() {
  if (std::rename(part_.c_str(), path_.c_str()) != 0)  // over an empty folder too
    refuse_file(path_, "cannot make this folder: " + std::generic_category().message(errno));
  part_.clear();
}

}  // namespace foretrain::report
