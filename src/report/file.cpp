#include "report/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/diagnostic.hpp"

namespace foretrain::report {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_write(const std::string& path, int error) {
  refuse_file(path, "cannot write this file: " + std::generic_category().message(error));
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

// Writes to the open file and closes it.
int write_and_close(int file, std::string_view bytes) {
  const int error = write_all(file, bytes);
  const bool closed = ::close(file) == 0;
  return error != 0 || closed ? error : errno;
}

}  // namespace

void write_file(const std::string& path, std::string_view bytes) {
  struct stat existing {};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) refuse_write(path, EISDIR);
  if (exists && ::access(path.c_str(), W_OK) != 0) refuse_write(path, errno);
  if (exists && !S_ISREG(existing.st_mode)) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const int error = file < 0 ? errno : write_and_close(file, bytes);
    if (error != 0) refuse_write(path, error);
    return;
  }
  std::error_code ignored;
  const fs::path canonical = exists ? fs::canonical(path, ignored) : fs::path{};  // keep a link a link
  const std::string target = canonical.empty() ? path : canonical.string();
  std::string part;
  int file = -1;
  for (int attempt = 0; file < 0 && attempt < 100;
       ++attempt) {  // another writer, or one that was cut off, has its own
    part = target + ".part" + std::to_string(attempt);
    file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                  exists ? existing.st_mode & 0777U : 0666U);
    if (file < 0 && errno != EEXIST) refuse_write(path, errno);
  }
  if (file < 0) refuse_write(path, EEXIST);
  int error = write_and_close(file, bytes);
  if (error == 0 && std::rename(part.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(part.c_str());
    refuse_write(path, error);
  }
}

}  // namespace foretrain::report
