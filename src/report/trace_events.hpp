#pragma once
// Trace events as text, one a line, up to a size. Used by trace.cpp and trace_ops.cpp. Knows the format, not
// what is shown in it.

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/clock.hpp"

namespace foretrain::report {

enum class Thread : std::int32_t { compute = 1, communication = 2, messages = 3 };  // messages: 3 and up

struct TraceEvent {
  std::string_view name, category, color;  // color: a name that chrome://tracing knows, or ""
  sim::SimTime start{}, end{};
  std::int32_t rank = 0, thread = 0;
  std::string_view detail;  // shown when the event is selected; may be empty
};

class TraceText {
 public:
  explicit TraceText(std::size_t most_bytes) : most_bytes_(most_bytes) {}
  void name_process(std::int32_t rank, std::string_view name);
  void name_thread(std::int32_t rank, std::int32_t thread, std::string_view name);
  bool add(const TraceEvent& event);  // false, and nothing written, when the text would grow too long
  std::string take(std::string_view title, std::uint64_t left_out);

 private:
  bool append(const std::string& line);

  std::size_t most_bytes_;
  std::string text_ = "{\"traceEvents\":[";
  bool empty_ = true;
};

}  // namespace foretrain::report
