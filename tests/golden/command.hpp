#pragma once
// Runs the real program as a user would, from the project's root, and keeps what it wrote.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace command {

struct Done {
  int status = -1;
  std::string out;
};

inline bool exists() {
  return std::filesystem::exists(FORETRAIN_BINARY);
}

inline std::string read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// `words` as typed after the program's name; `before` goes in front of it (env ...).
inline Done run(const std::string& words, const std::string& before = "") {
  const std::string line = "cd '" FORETRAIN_ROOT "' && " + before + " '" FORETRAIN_BINARY "' " + words;
  Done done;
  std::FILE* pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) return done;
  std::array<char, 65536> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    done.out.append(buffer.data(), n);
  const int status = pclose(pipe);
  done.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return done;
}

// A folder of its own, gone at the end.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("foretrain-" + name + "-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace command
