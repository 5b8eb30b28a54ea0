#include "calibrate/results_text.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>

namespace foretrain::calibrate {
namespace {

std::string plain(double value) {
  if (value == 0) return "";
  if (value == std::floor(value) && std::abs(value) < 1e18) return fmt::format("{:.0f}", value);
  return fmt::format("{:.9g}", value);
}

std::string_view name_of_type(DType type) {
  constexpr std::array<std::string_view, 4> names{"fp8", "bf16", "fp32", "fp4"};
  return names[static_cast<std::size_t>(type)];
}

std::string header_line(const char* key, const std::string& value) {
  return value.empty() ? fmt::format("# {}:\n", key) : fmt::format("# {}: {}\n", key, value);
}

std::string header(const Device& device) {
  std::string text = "# foretrain-bench results, format 1\n";
  text += header_line("device", device.name);
  text += header_line("sms", plain(static_cast<double>(device.sms)));
  text += header_line("compute_capability", device.compute_capability);
  text += header_line("driver", device.driver);
  text += header_line("cuda", device.cuda);
  text += header_line("sm_clock_mhz", plain(device.sm_clock_mhz.value_or(0)));
  text += header_line("power_limit_w", plain(device.power_limit_w.value_or(0)));
  text += header_line("date", device.date);
  text += header_line("version", device.version);
  return text + header_line("state", std::string(name_of(device.state)));
}

std::string time_text(Seconds time) {
  return fmt::format("{:.9g}", time.base() * 1e6);
}

std::int64_t sms_of(const hardware::Measurement& point) {
  const bool bound_by_sms = point.kernel.k > 0;
  return bound_by_sms || point.conditions.communicating ? point.conditions.sms_taken : 0;
}

std::string row(const Point& point) {
  const Kernel& kernel = point.measured.kernel;
  const hardware::Conditions& beside = point.measured.conditions;
  const auto sms = sms_of(point.measured);
  const auto count = [](auto value) { return plain(static_cast<double>(value)); };
  std::string text =
      fmt::format("{},{},{},{}", point.suite, point.kernel,
                  point.family ? foretrain::name_of(*point.family) : "", name_of_type(kernel.dtype));
  for (const std::string& cell :
       {count(kernel.m), count(kernel.n), count(kernel.k), count(kernel.groups), count(kernel.d_qk),
        count(kernel.d_v), plain(kernel.work.base()), plain(kernel.read.base()), plain(kernel.written.base()),
        count(kernel.launches), count(sms), plain(beside.hbm_taken), count(point.ranks),
        std::string(point.cold ? "cold" : "hot"), time_text(point.measured.time), plain(point.spread),
        count(point.samples), count(point.dropped),
        point.error ? fmt::format("{:.3g}", *point.error) : std::string()})
    text += "," + cell;
  return text + "\n";
}

}  // namespace

Point as_filed(Point point) {
  const auto number = [](const std::string& text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  auto& [kernel, conditions, time] = point.measured;
  conditions.sms_taken = sms_of(point.measured);
  conditions.communicating = true;
  conditions.hbm_taken = number(plain(conditions.hbm_taken));
  kernel.work = flops(number(plain(kernel.work.base())));
  kernel.read = bytes(number(plain(kernel.read.base())));
  kernel.written = bytes(number(plain(kernel.written.base())));
  time = seconds(number(time_text(time)) * 1e-6);
  point.spread = number(plain(point.spread));
  return point;
}

std::string to_csv(const Results& results) {
  std::string text = header(results.device);
  text +=
      "suite,kernel,family,dtype,m,n,k,groups,d_qk,d_v,flops,read_bytes,written_bytes,launches,sms_taken,hbm_"
      "taken,"
      "ranks,cache,time_us,spread,samples,dropped,error\n";
  for (const Point& point : results.points) text += row(point);
  return text;
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return text;
}

}  // namespace foretrain::calibrate
