#pragma once
// Tells a person that work goes on: a line on standard error once it has passed a second, if that is a
// terminal. It reads a clock and draws from a thread of its own; nothing of it reaches a result.

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace foretrain::cli {

class Progress {
 public:
  explicit Progress(std::string what);  // "simulating scenarios/deepseek-v3.yaml"
  ~Progress();                          // wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void draw();

  std::string what_;
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace foretrain::cli
