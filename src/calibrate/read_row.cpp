#include "calibrate/read_row.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "calibrate/families.hpp"
#include "calibrate/variants.hpp"
#include "spec/reader.hpp"

namespace foretrain::calibrate {
namespace {

constexpr double longest_us = 1e9;      // a thousand seconds
constexpr double largest_count = 1e12;  // a double holds it exactly, and so does every product's factor

// Reads the cells of one row until one of them is wrong.
class Cells {
 public:
  Cells(spec::Context& context, const spec::CsvTable& table, std::size_t row)
      : context_(context), table_(table), row_(row) {}

  bool good() const { return good_; }
  void fault(const std::string& column, std::string message, std::string hint = {}) {
    if (good_) context_.error(table_.where(row_, column), std::move(message), std::move(hint));
    good_ = false;
  }
  const std::string& text(const std::string& column) const { return table_.text(row_, column); }
  std::string word(const std::string& column) {
    if (text(column).empty()) fault(column, fmt::format("'{}' is empty", column));
    return text(column);
  }
  double number(const std::string& column) {
    if (text(column).empty()) return 0;
    const auto value = plain_number(text(column));
    if (!value)
      fault(column, fmt::format("'{}' in column '{}' is not a number of 0 or more", text(column), column),
            "write plain numbers; empty means 0 or unknown");
    return value.value_or(0);
  }
  std::int64_t count(const std::string& column) {
    const double value = number(column);
    if (value == std::floor(value) && value <= largest_count) return static_cast<std::int64_t>(value);
    fault(column, fmt::format("'{}' in column '{}' is not a whole number", text(column), column));
    return 0;
  }
  std::int64_t count_or_one(const std::string& column) { return std::max<std::int64_t>(1, count(column)); }
  int small(const std::string& column) {
    const auto value = count(column);
    if (value > 1'000'000) fault(column, fmt::format("{} is too large for '{}'", value, column));
    return good_ ? static_cast<int>(value) : 0;
  }
  // The index of the name; 0 after a mistake.
  std::size_t choice(const std::string& column, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == text(column)) return i;
    fault(column, fmt::format("'{}' is no {}", text(column), column), spec::suggest(text(column), names));
    return 0;
  }

 private:
  spec::Context& context_;
  const spec::CsvTable& table_;
  std::size_t row_;
  bool good_ = true;
};

std::optional<Family> read_family(Cells& cells) {
  if (cells.text("family").empty()) return std::nullopt;
  const std::vector<std::string> names(family_names.begin(), family_names.end());
  return static_cast<Family>(cells.choice("family", names));
}

Kernel read_kernel(Cells& cells, const std::optional<Family>& family) {
  Kernel kernel;
  kernel.family = family.value_or(Family::memset_copy);
  if (family || !cells.text("dtype").empty())
    kernel.dtype = static_cast<DType>(cells.choice("dtype", {"fp8", "bf16", "fp32", "fp4"}));
  kernel.m = cells.count("m");
  kernel.n = cells.count("n");
  kernel.k = cells.count("k");
  kernel.groups = cells.count_or_one("groups");
  kernel.d_qk = cells.small("d_qk");
  kernel.d_v = cells.small("d_v");
  kernel.work = flops(cells.number("flops"));
  kernel.read = bytes(cells.number("read_bytes"));
  kernel.written = bytes(cells.number("written_bytes"));
  kernel.launches = std::max(1, cells.small("launches"));
  return kernel;
}

// A family's row says what its curve is read at.
void check_shape(Cells& cells, const Kernel& kernel) {
  const auto need = [&](const char* column, double value) {
    if (value <= 0)
      cells.fault(column, fmt::format("a row of {} needs '{}'", name_of(kernel.family), column));
  };
  const auto work = work_of(kernel.family);
  if (work == Work::gemm) {
    need("m", static_cast<double>(kernel.m));
    need("n", static_cast<double>(kernel.n));
    need("k", static_cast<double>(kernel.k));
    const double product =
        2.0 * static_cast<double>(kernel.m) * static_cast<double>(kernel.n) * static_cast<double>(kernel.k);
    if (cells.good() && kernel.work.base() > 0 && kernel.work.base() < 0.999 * product)
      cells.fault("flops",
                  fmt::format("{} FLOPs are fewer than the {} of this product", cells.text("flops"), product),
                  "flops = 2 m n k, padding included");
  } else if (work == Work::attention) {
    need("flops", kernel.work.base());
    need("k", static_cast<double>(kernel.k));
    need("d_qk", kernel.d_qk);
  } else {
    need("read_bytes", (kernel.read + kernel.written).base());
  }
}

}  // namespace

const std::vector<std::string>& column_names() {
  static const std::vector<std::string> names{
      "suite",     "kernel",     "family",        "dtype",    "m",
      "n",         "k",          "groups",        "d_qk",     "d_v",
      "flops",     "read_bytes", "written_bytes", "launches", "sms_taken",
      "hbm_taken", "ranks",      "cache",         "time_us",  "spread",
      "samples",   "dropped",    "error"};
  return names;
}

std::optional<double> plain_number(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end || !std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

std::optional<Point> read_row(spec::Context& context, const spec::CsvTable& table, std::size_t row,
                              const Device& device) {
  Cells cells(context, table, row);
  Point point;
  point.suite = cells.word("suite");
  point.kernel = cells.word("kernel");
  point.family = read_family(cells);
  point.measured.kernel = read_kernel(cells, point.family);
  if (point.family) check_shape(cells, point.measured.kernel);
  if (point.family) name_variant(point.kernel, point.measured.kernel);
  auto& beside = point.measured.conditions;
  beside.sms_taken = cells.count("sms_taken");
  if (device.sms > 0 && beside.sms_taken >= device.sms)
    cells.fault("sms_taken", fmt::format("{} SMs taken of {}", beside.sms_taken, device.sms),
                "some must be left to the kernel");
  beside.hbm_taken = cells.number("hbm_taken");
  if (beside.hbm_taken >= 1) cells.fault("hbm_taken", "all of the memory bandwidth is taken", "less than 1");
  point.ranks = cells.count_or_one("ranks");
  point.cold = cells.choice("cache", {"cold", "hot"}) == 0;
  const double us = cells.number("time_us");
  if (us <= 0) cells.fault("time_us", "a kernel that takes no time", "microseconds, more than 0");
  if (us > longest_us)
    cells.fault("time_us", fmt::format("{} us is no kernel's time", us),
                fmt::format("microseconds, at most {:.0f}", longest_us));
  point.measured.time = seconds(us * 1e-6);
  point.spread = cells.number("spread");
  point.samples = cells.count("samples");
  point.dropped = cells.count("dropped");
  if (!cells.text("error").empty()) point.error = cells.number("error");
  point.line = table.lines[row];
  return cells.good() ? std::optional(std::move(point)) : std::nullopt;
}

}  // namespace foretrain::calibrate
