#pragma once
// Measured kernel times as `foretrain-bench` writes them and as a trace yields them: what curves are fitted
// to. Kernel and collective measurements only; nothing here holds a step or a run.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardware/fit.hpp"

namespace foretrain::calibrate {

// How far a file may be trusted: checked kernels on a real GPU; such times of kernels whose results nobody
// has checked; or numbers made up for tests. Only verified ones feed a calibration unless asked otherwise.
enum class State : std::uint8_t { verified, unverified, synthetic };
constexpr std::array<std::string_view, 3> state_names{"verified", "unverified", "synthetic"};
constexpr std::string_view name_of(State s) {
  return state_names[static_cast<std::size_t>(s)];
}

struct Device {
  std::string name, driver, cuda, date, version;
  std::int64_t sms = 0;
  std::string compute_capability;
  std::optional<double> sm_clock_mhz, power_limit_w;
  State state = State::unverified;
};

// One kernel at one shape, by its median over samples.
struct Point {
  std::string suite, kernel;     // "gemm", "gemm_bf16"
  std::optional<Family> family;  // nothing where no curve is fitted to it (collectives, copies, whole layers)
  hardware::Measurement measured;
  std::int64_t ranks = 1;
  bool cold = true;   // L2 flushed before
  double spread = 0;  // relative: half of the distance between the 16th and 84th of a hundred samples
  std::int64_t samples = 0, dropped = 0;
  std::optional<double> error;  // of the result, relative to a reference of higher precision
  std::string file = {};        // where the row stands, for reasons
  int line = 0;
};

// What the pair of events around every kernel of a file saw of an empty one (calibrate/overhead.hpp).
struct Overhead {
  std::string file;
  Seconds time{};
  std::size_t rows = 0;  // that it was taken from
  std::string reason;    // why it was not; "" when it was
};

struct Results {
  std::string file;
  Device device;
  std::vector<Point> points;
  std::vector<Overhead> overheads = {};  // of files with a row `empty_kernel`
};

}  // namespace foretrain::calibrate
