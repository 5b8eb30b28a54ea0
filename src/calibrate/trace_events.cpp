#include "calibrate/trace_events.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/diagnostic.hpp"
#include "calibrate/results_text.hpp"

namespace foretrain::calibrate {
namespace {

using Json = nlohmann::json;

// What one event holds, its times still as written: microseconds from an epoch of the profiler's choice.
struct Raw {
  GpuEvent event;
  Annotation annotation;
  double start = 0, duration = 0;
};

// Keeps the events that matter while the parser runs over the file and lets go of all else.
class Collector {
 public:
  // Called by the parser: whether it is to keep what it has just read.
  bool keep(int depth, Json::parse_event_t what, Json& parsed) {
    if (what == Json::parse_event_t::key && depth == 1) section_ = parsed.get<std::string>();
    if (what == Json::parse_event_t::value && depth == 1 && section_ == "baseTimeNanoseconds" &&
        parsed.is_number())
      base_ = parsed.get<double>() * 1e-9;
    if (what == Json::parse_event_t::array_start && depth == 1 && section_ == "traceEvents") found_ = true;
    if (what != Json::parse_event_t::object_end || depth != 2) return true;
    if (section_ == "deviceProperties") devices_.push_back(parsed);
    if (section_ == "traceEvents") take(parsed);
    return false;
  }

  bool found_events() const { return found_; }
  const std::string& fault() const { return fault_; }
  Trace finish(const std::string& path);

 private:
  void take(const Json& event);
  void take_gpu(const Json& event, Raw raw);
  double number(const Json& from, const char* key, const char* of);
  LaunchShape shape(const Json& arguments, const char* key);
  void blame(std::string text) {
    if (fault_.empty()) fault_ = std::move(text);
  }

  std::string section_, fault_;
  bool found_ = false;
  std::size_t count_ = 0;  // of events read
  double base_ = 0;        // seconds: what times count from; 0: Unix time itself
  std::vector<Json> devices_;
  std::vector<Raw> gpu_, annotations_;
  std::map<std::int64_t, double> launches_;  // start by correlation
  std::set<std::int64_t> gpus_;
};

const Json& member(const Json& object, const char* key) {
  static const Json nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string text_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

// Times of the epoch in microseconds fit, correlations and grids too; a double holds them exactly.
constexpr double most = 9e15;

constexpr std::int64_t most_sms = 10'000;  // as in a result file

// Nothing for what is no number, or one that no double holds exactly.
std::optional<std::int64_t> whole_of(const Json& value) {
  const double read = value.is_number() ? value.get<double>() : most + 1;
  if (!(read >= -most && read <= most)) return std::nullopt;
  return static_cast<std::int64_t>(read);
}

double Collector::number(const Json& from, const char* key, const char* of) {
  const Json& value = member(from, key);
  const double read = value.is_number() ? value.get<double>() : -1;
  if (read >= 0 && read <= most) return read;
  blame(fmt::format("event {} of traceEvents, {}, has no '{}' of zero or more", count_, of, key));
  return 0;
}

LaunchShape Collector::shape(const Json& arguments, const char* key) {
  const Json& value = member(arguments, key);
  LaunchShape found{};
  if (!value.is_array() || value.size() != found.size()) {
    blame(fmt::format("event {} of traceEvents, a kernel, has no '{}' of three sizes", count_, key));
    return found;
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double size = value[i].is_number() ? value[i].get<double>() : 0;
    if (size >= 1 && size <= (i == 0 ? 2147483647 : 65535))  // CUDA's largest grid
      found[i] = static_cast<std::int64_t>(size);
    else
      blame(
          fmt::format("event {} of traceEvents, a kernel, has a '{}' that no launch can have", count_, key));
  }
  return found;
}

void Collector::take_gpu(const Json& event, Raw raw) {
  const Json& arguments = member(event, "args");
  const char* const of = "GPU work";
  raw.event.name = text_of(event, "name");
  if (raw.event.name.empty()) blame(fmt::format("event {} of traceEvents, GPU work, has no name", count_));
  raw.event.stream = static_cast<std::int64_t>(number(arguments, "stream", of));
  raw.event.correlation = static_cast<std::int64_t>(number(arguments, "correlation", of));
  if (text_of(event, "cat") == "kernel") {
    raw.event.grid = shape(arguments, "grid");
    raw.event.block = shape(arguments, "block");
  }
  gpus_.insert(arguments.contains("device") ? static_cast<std::int64_t>(number(arguments, "device", of)) : 0);
  gpu_.push_back(std::move(raw));
}

void Collector::take(const Json& event) {
  ++count_;
  if (!event.is_object() || text_of(event, "ph") != "X") return;
  const std::string category = text_of(event, "cat");
  const bool gpu = category == "kernel" || category == "gpu_memcpy" || category == "gpu_memset";
  const bool annotation = category == "user_annotation" || category == "gpu_user_annotation";
  const bool launch = category == "cuda_runtime" || category == "cuda_driver";
  if (!gpu && !annotation && !launch) return;
  Raw raw;
  const char* const of = gpu ? "GPU work" : annotation ? "an annotation" : "a CUDA call";
  raw.start = number(event, "ts", of);
  if (launch) {
    const Json& correlation = member(member(event, "args"), "correlation");
    if (const auto id = whole_of(correlation)) launches_.emplace(*id, raw.start);
    return;
  }
  raw.duration = number(event, "dur", of);
  if (gpu) return take_gpu(event, std::move(raw));
  raw.annotation.name = text_of(event, "name");
  raw.annotation.on_gpu = category == "gpu_user_annotation";
  const Json& thread = member(event, "tid");
  if (raw.annotation.on_gpu) raw.annotation.stream = whole_of(thread).value_or(0);
  annotations_.push_back(std::move(raw));
}

// "2025-02-25T05:34:39Z" of a Unix time; "" for what is none, such as the time since a machine started.
std::string date_of(double unix_seconds) {
  constexpr double least = 1e9, last = 32503680000;  // September 2001 and the year 3000
  if (!(unix_seconds >= least && unix_seconds < last)) return {};
  const auto whole = static_cast<std::int64_t>(unix_seconds);
  const std::chrono::sys_days day{std::chrono::days{whole / 86400}};
  const std::chrono::year_month_day ymd{day};
  const auto rest = whole % 86400;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), rest / 3600,
                     rest / 60 % 60, rest % 60);
}

Trace Collector::finish(const std::string& path) {
  Trace trace;
  trace.file = path;
  double first = most;
  for (const auto* raws : {&gpu_, &annotations_})
    for (const Raw& raw : *raws) first = std::min(first, raw.start);
  for (const auto& [correlation, start] : launches_) first = std::min(first, start);
  trace.date = date_of(base_ + first * 1e-6);
  const auto at = [first](double us) { return seconds((us - first) * 1e-6); };
  for (Raw& raw : gpu_) {
    GpuEvent& event = raw.event;
    event.start = at(raw.start);
    event.end = at(raw.start + raw.duration);
    event.duration = seconds(raw.duration * 1e-6);
    if (const auto launch = launches_.find(event.correlation); launch != launches_.end())
      event.launched = at(launch->second);
    trace.events.push_back(std::move(event));
  }
  std::stable_sort(trace.events.begin(), trace.events.end(), [](const GpuEvent& a, const GpuEvent& b) {
    return a.launched.value_or(a.start) < b.launched.value_or(b.start);
  });
  for (Raw& raw : annotations_) {
    raw.annotation.start = at(raw.start);
    raw.annotation.end = at(raw.start + raw.duration);
    trace.annotations.push_back(std::move(raw.annotation));
  }
  std::stable_sort(trace.annotations.begin(), trace.annotations.end(),
                   [](const Annotation& a, const Annotation& b) { return a.start < b.start; });
  for (const Json& device : devices_) {
    const Json& id = member(device, "id");
    if (const auto own = whole_of(id); own && !gpus_.contains(*own)) continue;
    trace.device = one_line(text_of(device, "name"));
    const auto sms = whole_of(member(device, "numSms")).value_or(0);
    if (sms > 0 && sms <= most_sms) trace.sms = sms;
    const Json &major = member(device, "computeMajor"), &minor = member(device, "computeMinor");
    if (const auto a = whole_of(major), b = whole_of(minor); a && b)
      trace.compute_capability = fmt::format("{}.{}", *a, *b);
    break;
  }
  if (gpus_.size() > 1)
    refuse_file(path, fmt::format("the trace holds kernels of {} GPUs", gpus_.size()),
                "import the trace of one rank with one GPU");
  return trace;
}

// Line and column of a byte, counted in the file once more.
Diagnostic not_json(const std::string& path, std::size_t byte, const std::string& what) {
  const auto colon = what.rfind("syntax error");
  const auto reason = colon == std::string::npos ? what : what.substr(colon);
  Diagnostic d = in_file(path, "not JSON: " + reason);
  d.line = d.column = 1;
  std::ifstream in(path, std::ios::binary);
  char c = 0;
  for (std::size_t i = 1; i < byte && in.get(c); ++i) {
    ++d.column;
    if (c == '\n') ++d.line, d.column = 1;
  }
  if (std::error_code failed; byte >= std::filesystem::file_size(path, failed))
    d.hint = "the file ends too early: was the profiler stopped while it wrote?";
  return d;
}

void expect_readable(const std::string& path, std::ifstream& in) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) throw SpecError({without_place("no such file: " + path)});
  if (!std::filesystem::is_regular_file(status))
    throw SpecError({without_place(path + " is not a regular file")});
  const int first = in.peek();
  if (first == 0x1f)  // RFC 1952, section 2.3.1
    refuse_file(path, "the trace is compressed", "unpack it first: gunzip");
  if (first == std::ifstream::traits_type::eof()) refuse_file(path, "the trace is empty");
}

}  // namespace

Trace read_trace(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  expect_readable(path, in);
  Collector collector;
  Json rest;
  try {
    rest = Json::parse(in, [&](int depth, Json::parse_event_t what, Json& parsed) {
      return collector.keep(depth, what, parsed);
    });
  } catch (const Json::parse_error& e) {
    throw SpecError({not_json(path, e.byte, e.what())});
  } catch (const Json::exception& e) {  // a number that no double holds
    refuse_file(path, fmt::format("not a trace: {}", e.what()));
  }
  if (!collector.found_events())
    refuse_file(path, "no list 'traceEvents': this is no trace of the PyTorch profiler");
  if (!collector.fault().empty()) refuse_file(path, collector.fault());
  Trace trace = collector.finish(path);
  if (trace.events.empty())
    refuse_file(path, "the trace holds no GPU kernels",
                "record it with torch.profiler.ProfilerActivity.CUDA");
  return trace;
}

}  // namespace foretrain::calibrate
