#include "report/measured_on.hpp"

#include <fmt/format.h>

#include "report/table.hpp"

namespace foretrain::report {
namespace {

std::string device_text(const calibrate::Results& results) {
  const calibrate::Device& d = results.device;
  std::string text = fmt::format("{}, {} SMs", d.name, d.sms);
  if (d.power_limit_w) text += fmt::format(", {:.0f} W", *d.power_limit_w);
  if (d.sm_clock_mhz) text += fmt::format(", {:.0f} MHz", *d.sm_clock_mhz);
  if (!d.driver.empty()) text += ", driver " + d.driver;
  if (!d.cuda.empty()) text += ", CUDA " + d.cuda;
  for (const auto& word : {d.date, d.version.empty() ? "" : "version " + d.version})
    if (!word.empty()) text += ", " + word;
  return text;
}

// What nobody may take for a measurement says so before any figure.
std::string state_text(const calibrate::Results& results) {
  switch (results.device.state) {
    case calibrate::State::verified:
      return {};
    case calibrate::State::unverified:
      return "  UNVERIFIED: nobody has checked the results of these kernels.\n";
    case calibrate::State::synthetic:
      return "  SYNTHETIC: made up for tests; no GPU was measured.\n";
  }
  return {};
}

}  // namespace

std::string opening_text(const char* what, const calibrate::Results& results, const std::string& part) {
  return fmt::format("{} of {} points, {}, with {}\n", what, results.points.size(), results.file, part) +
         wrap(device_text(results), "  ") + state_text(results);
}

void write_device(JsonWriter& json, const calibrate::Results& results) {
  const auto& d = results.device;
  json.key("device").begin_object();
  json.member("name", d.name).member("sms", d.sms).member("driver", d.driver).member("cuda", d.cuda);
  json.member("date", d.date).member("version", d.version).member("state", calibrate::name_of(d.state));
  if (d.sm_clock_mhz) json.member("sm_clock_mhz", *d.sm_clock_mhz);
  if (d.power_limit_w) json.member("power_limit_w", *d.power_limit_w);
  json.member("file", results.file);
  json.key("empty_kernels").begin_array();
  for (const auto& overhead : results.overheads) {
    json.begin_object().member("file", overhead.file).member("time_s", overhead.time.base());
    json.member("rows", overhead.rows).member("reason", overhead.reason).end_object();
  }
  json.end_array().end_object();
}

}  // namespace foretrain::report
