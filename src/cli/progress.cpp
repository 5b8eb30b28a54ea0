#include "cli/progress.hpp"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <utility>

namespace foretrain::cli {

Progress::Progress(std::string what) : what_(std::move(what)) {
  if (::isatty(STDERR_FILENO) == 1) thread_ = std::thread([this] { draw(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  done_changed_.notify_all();
  thread_.join();
}

void Progress::draw() {
  std::unique_lock lock(mutex_);
  int seconds = 0;
  while (!done_changed_.wait_for(lock, std::chrono::seconds(1), [this] { return done_; })) {
    std::cerr << '\r' << what_ << ": " << ++seconds << " s" << std::flush;
  }
  if (seconds > 0) std::cerr << '\r' << std::string(what_.size() + 20, ' ') << '\r' << std::flush;
}

}  // namespace foretrain::cli
