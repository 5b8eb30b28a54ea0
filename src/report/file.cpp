#include "report/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <list>
#include <system_error>

#include "base/diagnostic.hpp"

namespace foretrain::report {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_write(const std::string& path, const std::string& why) {
  refuse_file(path, "cannot write this file: " + why);
}
[[noreturn]] void refuse_write(const std::string& path, int error) {
  refuse_write(path, std::generic_category().message(error));
}

// 0, or the error's number.
int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

NewFile::NewFile(const std::string& path) : path_(path), target_(path) {
  if (path.empty()) refuse_write(path, "it needs a name");
  struct stat existing {};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) refuse_write(path, "it is a folder");
  if (exists && ::access(path.c_str(), W_OK) != 0) refuse_write(path, errno);
  if (exists && !S_ISREG(existing.st_mode)) {
    file_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file_ < 0) refuse_write(path, errno);
    return;
  }
  std::error_code ignored;
  const fs::path canonical = exists ? fs::canonical(path, ignored) : fs::path{};  // keep a link a link
  if (!canonical.empty()) target_ = canonical.string();
  open_part(exists ? existing.st_mode & 0777U : 0666U);
}

void NewFile::open_part(unsigned mode) {
  for (int attempt = 0; attempt < 100; ++attempt) {  // another writer, or one that was cut off, has its own
    const std::string part = target_ + ".part" + std::to_string(attempt);
    file_ = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file_ >= 0) {
      part_ = part;
      return;
    }
    if (errno != EEXIST) break;
  }
  refuse_write(path_, errno);
}

NewFile::~NewFile() {
  if (file_ >= 0) ::close(file_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

void NewFile::add(std::string_view bytes) {
  if (error_ == 0) error_ = write_all(file_, bytes);
  size_ += bytes.size();
}

void NewFile::finish() {
  const bool closed = ::close(file_) == 0;
  file_ = -1;
  if (error_ == 0 && !closed) error_ = errno;
  if (error_ == 0 && !part_.empty() && std::rename(part_.c_str(), target_.c_str()) != 0) error_ = errno;
  if (error_ != 0) refuse_write(path_, error_);
  part_.clear();
}

void write_file(const std::string& path, std::string_view bytes) {
  NewFile file(path);
  file.add(bytes);
  file.finish();
}

void write_files(const std::vector<FileText>& files) {
  std::list<NewFile> open;
  for (const FileText& file : files) open.emplace_back(file.path).add(file.bytes);
  for (NewFile& file : open) file.finish();
}

}  // namespace foretrain::report
