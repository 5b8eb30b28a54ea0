#include "report/trace_events.hpp"

#include <fmt/core.h>

#include "report/json.hpp"

namespace foretrain::report {

namespace {

constexpr std::size_t tail = 512;  // room for what take() adds

std::string microseconds(std::int64_t nanoseconds) {  // exact
  return fmt::format("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000);
}

}  // namespace

bool TraceText::append(const std::string& line) {
  if (text_.size() + line.size() + 2 + tail > most_bytes_) return false;
  text_ += empty_ ? "\n" : ",\n";
  text_ += line;
  empty_ = false;
  return true;
}

void TraceText::name_process(std::int32_t rank, std::string_view name) {
  append(fmt::format(R"({{"ph":"M","name":"process_name","pid":{},"args":{{"name":{}}}}})", rank,
                     json_string(name)));
  append(
      fmt::format(R"({{"ph":"M","name":"process_sort_index","pid":{0},"args":{{"sort_index":{0}}}}})", rank));
}

void TraceText::name_thread(std::int32_t rank, std::int32_t thread, std::string_view name) {
  append(fmt::format(R"({{"ph":"M","name":"thread_name","pid":{},"tid":{},"args":{{"name":{}}}}})", rank,
                     thread, json_string(name)));
  append(
      fmt::format(R"({{"ph":"M","name":"thread_sort_index","pid":{},"tid":{},"args":{{"sort_index":{}}}}})",
                  rank, thread, thread));
}

bool TraceText::add(const TraceEvent& e) {
  std::string line =
      fmt::format(R"({{"ph":"X","name":{},"cat":{},"ts":{},"dur":{},"pid":{},"tid":{})", json_string(e.name),
                  json_string(e.category), microseconds(e.start.time_since_epoch().count()),
                  microseconds((e.end - e.start).count()), e.rank, e.thread);
  if (!e.color.empty()) line += fmt::format(R"(,"cname":{})", json_string(e.color));
  if (!e.detail.empty()) line += fmt::format(R"(,"args":{{"detail":{}}})", json_string(e.detail));
  return append(line + "}");
}

std::string TraceText::take(std::string_view title, std::uint64_t left_out) {
  const std::string shown(title.substr(0, 200));
  text_ +=
      fmt::format("\n],\"displayTimeUnit\":\"ms\",\"otherData\":{{\"title\":{},\"events_left_out\":{}}}}}\n",
                  json_string(shown), left_out);
  return std::move(text_);
}

}  // namespace foretrain::report
