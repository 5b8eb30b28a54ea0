// Reading a profiler's trace: what is kept of it, and what is said of files that are none.

#include "calibrate/trace_events.hpp"
#include "calibrate/trace_files.hpp"
#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::testing;
using calibrate::read_trace;
using Catch::Matchers::Contains;

namespace {

const std::string kernel = R"({"ph": "X", "cat": "kernel", "name": "gemm", "ts": 1010.5, "dur": 20, "args":
  {"device": 0, "stream": 7, "correlation": 3, "grid": [4, 2, 1], "block": [128, 1, 1]}})";

std::string with_events(const std::string& events) {
  return R"({"deviceProperties": [{"id": 0, "name": "GPU X", "numSms": 10, "computeMajor": 9, "computeMinor": 0}],
    "traceEvents": [)" +
         events + "]}";
}

std::string complaint_about(const std::string& text) {
  const TextOnDisk file("trace.json", text);
  return complaint([&] { read_trace(file.path()); });
}

std::string without(std::string text, const std::string& part) {
  return text.replace(text.find(part), part.size(), "");
}

}  // namespace

TEST_CASE("kernels keep name, stream, sizes and the moment of their launch; other events are dropped") {
  const TextOnDisk file("trace.json", with_events(R"json(
    {"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "ts": 1000, "dur": 5, "args": {"correlation": 3}},
    {"ph": "X", "cat": "cpu_op", "name": "aten::mm", "ts": 990, "dur": 30},
    {"ph": "s", "id": 3, "ts": 1000, "cat": "ac2g", "name": "ac2g"},
    {"ph": "X", "cat": "user_annotation", "name": "attn(F)", "ts": 998, "dur": 12},
    {"ph": "X", "cat": "gpu_memset", "name": "Memset (Device)", "ts": 1040, "dur": 0,
     "args": {"device": 0, "stream": 7, "correlation": 4, "bytes": 8}},)json" +
                                                  kernel));
  const auto trace = read_trace(file.path());
  CHECK(trace.device == "GPU X");
  CHECK(trace.sms == 10);
  CHECK(trace.date.empty());  // microseconds from nowhere
  CHECK(trace.compute_capability == "9.0");
  REQUIRE(trace.events.size() == 2);
  const auto& event = trace.events.front();
  CHECK(event.name == "gemm");
  CHECK(event.stream == 7);
  CHECK(event.grid == calibrate::LaunchShape{4, 2, 1});
  CHECK(event.block == calibrate::LaunchShape{128, 1, 1});
  CHECK(event.duration.base() == Approx(20e-6));
  CHECK(event.start.base() == Approx(12.5e-6));  // from the annotation on
  REQUIRE(event.launched);
  CHECK(event.launched->base() == Approx(2e-6));
  CHECK_FALSE(trace.events.back().launched);
  REQUIRE(trace.annotations.size() == 1);
  CHECK(trace.annotations.front().name == "attn(F)");
  CHECK((trace.annotations.front().end - trace.annotations.front().start).base() == Approx(12e-6));
}

TEST_CASE("the published trace is read whole") {
  const auto& trace = published_trace();
  CHECK(trace.device == "NVIDIA H800");
  CHECK(trace.sms == 132);
  CHECK(trace.date == "2025-02-25T05:34:39Z");
  CHECK(trace.events.size() == 983);
  CHECK(trace.annotations.size() == 42);
  for (const auto& event : trace.events) CHECK(event.launched.has_value());
}

TEST_CASE("a file that is no trace is refused with one error") {
  CHECK_THAT(complaint([] { read_trace("no/such/trace.json"); }),
             Contains("no such file: no/such/trace.json"));
  CHECK_THAT(complaint([] { read_trace(std::string(300, 'a')); }), Contains("no such file"));
  CHECK_THAT(complaint([] { read_trace(FORETRAIN_ROOT "/tests"); }), Contains("not a regular file"));
  CHECK_THAT(complaint_about(""), Contains("trace.json: error: the trace is empty"));
  CHECK_THAT(complaint_about("\x1f\x8b\x08 packed"), Contains("compressed") && Contains("gunzip"));
  CHECK_THAT(complaint_about("name: yaml\n"), Contains("trace.json:1:2: error: not JSON"));
  CHECK_THAT(complaint_about("\xff\xfe\x00"), Contains("not JSON"));
  CHECK_THAT(complaint_about("42"), Contains("no list 'traceEvents'"));
  CHECK_THAT(complaint_about("[]"), Contains("no list 'traceEvents'"));
  CHECK_THAT(complaint_about("{\"model_type\": \"gpt2\"}"), Contains("no list 'traceEvents'"));
  CHECK_THAT(complaint_about("{\"traceEvents\": 3}"), Contains("no list 'traceEvents'"));
  CHECK_THAT(complaint_about(with_events("")),
             Contains("no GPU kernels") && Contains("ProfilerActivity.CUDA"));
  CHECK_THAT(complaint_about(with_events("1, \"a\", [], null")), Contains("no GPU kernels"));
  CHECK_THAT(complaint_about(std::string(100000, '[')), Contains("not JSON"));
  CHECK_THAT(complaint_about("{\"traceEvents\": [{\"ts\": 1e999}]}"), Contains("trace.json"));
}

TEST_CASE("a file cut short is told by where it ends") {
  const std::string whole = with_events("\n" + kernel);
  const auto said = complaint_about(whole.substr(0, whole.size() - 20));
  CHECK_THAT(said,
             Contains("trace.json:4:") && Contains("not JSON: syntax error") && Contains("ends too early"));
}

TEST_CASE("events that lack what a kernel has are told by their number") {
  CHECK_THAT(complaint_about(with_events(without(kernel, "\"dur\": 20,"))),
             Contains("event 1 of traceEvents, GPU work, has no 'dur'"));
  CHECK_THAT(complaint_about(with_events("{}, " + without(kernel, "\"ts\": 1010.5,"))),
             Contains("event 2 of traceEvents, GPU work, has no 'ts'"));
  CHECK_THAT(complaint_about(with_events(without(kernel, "\"name\": \"gemm\","))), Contains("has no name"));
  CHECK_THAT(complaint_about(with_events(without(kernel, "4, 2,"))), Contains("no 'grid' of three sizes"));
  std::string huge = kernel, back = kernel;
  huge.replace(huge.find("4, 2"), 4, "1e18, 2");
  CHECK_THAT(complaint_about(with_events(huge)), Contains("a 'grid' that no launch can have"));
  back.replace(back.find("\"dur\": 20"), 9, "\"dur\": -1");
  CHECK_THAT(complaint_about(with_events(back)), Contains("has no 'dur' of zero or more"));
}

TEST_CASE("numbers of a device that none has are not taken, and its name is one line") {
  for (const char* sms : {"1e300", "-7", "0", "20000", "\"many\""}) {
    const TextOnDisk file("trace.json", R"({"deviceProperties": [{"id": 0, "name": "a\nb", "numSms": )" +
                                            std::string(sms) +
                                            R"(, "computeMajor": 1e300}], "traceEvents": [)" + kernel + "]}");
    const auto trace = read_trace(file.path());
    CHECK(trace.sms == 0);
    CHECK(trace.device == "a b");
    CHECK(trace.compute_capability.empty());
  }
  auto tall = kernel;
  CHECK_THAT(complaint_about(with_events(tall.replace(tall.find("[4, 2, 1]"), 9, "[4, 2, 70000]"))),
             Contains("that no launch can have"));
}

TEST_CASE("a trace of two GPUs is refused") {
  std::string other = kernel;
  other.replace(other.find("\"device\": 0"), 11, "\"device\": 1");
  CHECK_THAT(complaint_about(with_events(kernel + "," + other)), Contains("kernels of 2 GPUs"));
}
