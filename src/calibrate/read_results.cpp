#include "calibrate/read_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

#include "calibrate/read_row.hpp"
#include "spec/csv.hpp"

namespace foretrain::calibrate {
namespace {

using spec::Context;
using spec::CsvTable;
using spec::Where;

constexpr std::string_view first_line = "# foretrain-bench results, format 1";

struct HeaderLine {
  std::string key, value;
  int line = 0;
};

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// The lines "# key: value" before the column names.
std::vector<HeaderLine> header_of(Context& context, int file) {
  std::vector<HeaderLine> found;
  const auto lines = context.text_of(file).lines;
  for (std::size_t i = 1; i < lines.size() && (lines[i].empty() || lines[i].front() == '#'); ++i) {
    const auto colon = lines[i].find(':');
    if (colon == std::string::npos) continue;  // a remark
    HeaderLine line{trimmed(lines[i].substr(1, colon - 1)), trimmed(lines[i].substr(colon + 1)),
                    static_cast<int>(i) + 1};
    const bool twice =
        std::any_of(found.begin(), found.end(), [&](const auto& other) { return other.key == line.key; });
    if (twice) context.error({file, line.line, 1}, fmt::format("'{}' stands here twice", line.key));
    found.push_back(std::move(line));
  }
  return found;
}

class Header {
 public:
  Header(Context& context, int file) : context_(context), file_(file), lines_(header_of(context, file)) {}

  // "" when absent, which is reported where it must be there.
  std::string text(const std::string& key, bool must_have = true) {
    const auto* line = find(key);
    if (line != nullptr && !line->value.empty()) return line->value;
    if (must_have && line != nullptr)
      context_.error({file_, line->line, 1}, fmt::format("'{}' is empty", key));
    else if (must_have)
      context_.error({file_, 1, 1}, fmt::format("the header lacks '{}'", key), near(key));
    return {};
  }
  std::optional<double> number(const std::string& key, bool must_have) {
    const std::string text = this->text(key, must_have);
    if (text.empty()) return std::nullopt;
    const auto value = plain_number(text);
    if (!value || *value <= 0) {
      context_.error({file_, find(key)->line, 1},
                     fmt::format("'{}' is not a number of more than 0 for '{}'", text, key));
      return std::nullopt;
    }
    return value;
  }
  Where where(const std::string& key) const {
    const auto* line = find(key);
    return {file_, line == nullptr ? 1 : line->line, 1};
  }

 private:
  const HeaderLine* find(const std::string& key) const {
    for (const auto& line : lines_)
      if (line.key == key) return &line;
    return nullptr;
  }
  std::string near(const std::string& key) const {
    std::vector<std::string> there;
    for (const auto& line : lines_) there.push_back(line.key);
    const auto found = nearest_name(key, there);
    return found.empty() ? fmt::format("write # {}: ...", key) : fmt::format("is it '{}'?", found);
  }

  Context& context_;
  int file_;
  std::vector<HeaderLine> lines_;
};

State read_state(Context& context, Header& header) {
  const std::string text = header.text("state");
  if (text.empty()) return State::unverified;
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (text == state_names[i]) return static_cast<State>(i);
  context.error(header.where("state"), fmt::format("unknown state '{}'", text),
                "verified, unverified or synthetic");
  return State::unverified;
}

Device read_device(Context& context, int file) {
  Header header(context, file);
  Device device;
  device.name = header.text("device");
  device.driver = header.text("driver", false);
  device.cuda = header.text("cuda", false);
  device.date = header.text("date", false);
  device.version = header.text("version");
  device.compute_capability = header.text("compute_capability", false);
  device.sm_clock_mhz = header.number("sm_clock_mhz", false);
  device.power_limit_w = header.number("power_limit_w", false);
  const auto sms = header.number("sms", true);
  if (sms && (*sms != static_cast<double>(static_cast<std::int64_t>(*sms)) || *sms > 10'000))
    context.error(header.where("sms"), fmt::format("'{}' is not a number of SMs", *sms));
  else
    device.sms = static_cast<std::int64_t>(sms.value_or(0));
  device.state = read_state(context, header);
  return device;
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::optional<Results> read_one(Context& context, const std::string& path) {
  const auto table = spec::read_csv(context, path, column_names());
  if (!table) return std::nullopt;
  const auto& lines = context.text_of(table->file).lines;
  if (lines.empty() || trimmed(lines.front()) != first_line) {
    context.error({table->file, 1, 1}, "not a result file of format 1",
                  fmt::format("the first line must be '{}'", first_line));
    return std::nullopt;
  }
  Results results{context.text_of(table->file).name, read_device(context, table->file), {}};
  for (std::size_t row = 0; row < table->rows.size(); ++row)
    if (auto point = read_row(context, *table, row, results.device)) {
      point->file = file_name(results.file);
      results.points.push_back(std::move(*point));
    }
  return results;
}

void must_agree(const Results& first, const Results& other, const std::string& what, const std::string& a,
                const std::string& b) {
  if (a == b || a.empty() || b.empty()) return;
  throw SpecError({without_place(
      fmt::format("{} and {} are not of one device: {} {} and {}", first.file, other.file, what, a, b),
      "calibrate each device apart")});
}

void list(std::string& all, const std::string& more) {
  if (more.empty() || (", " + all + ", ").find(", " + more + ", ") != std::string::npos) return;
  all += (all.empty() ? "" : ", ") + more;
}

std::string text_of(const std::optional<double>& number) {
  return number ? fmt::format("{}", *number) : "";
}

}  // namespace

std::vector<Results> read_results(const std::vector<std::string>& paths) {
  Context context;
  std::vector<Results> all;
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (std::error_code failed; std::filesystem::equivalent(paths[k], paths[i], failed) && !failed)
        refuse_file(paths[i], "the same file is given twice");
  for (const auto& path : paths)
    if (auto one = read_one(context, path)) all.push_back(std::move(*one));
  context.throw_if_any();
  return all;
}

Results join(const std::vector<Results>& all) {
  Results joined = all.front();
  joined.file = file_name(joined.file);
  for (std::size_t i = 1; i < all.size(); ++i) {
    const Results& other = all[i];
    must_agree(all.front(), other, "device", joined.device.name, other.device.name);
    must_agree(all.front(), other, "sms", std::to_string(joined.device.sms),
               std::to_string(other.device.sms));
    must_agree(all.front(), other, "power_limit_w", text_of(joined.device.power_limit_w),
               text_of(other.device.power_limit_w));
    list(joined.file, file_name(other.file));
    list(joined.device.driver, other.device.driver);
    list(joined.device.cuda, other.device.cuda);
    list(joined.device.date, other.device.date);
    list(joined.device.version, other.device.version);
    joined.device.state = std::max(joined.device.state, other.device.state);
    joined.points.insert(joined.points.end(), other.points.begin(), other.points.end());
    joined.overheads.insert(joined.overheads.end(), other.overheads.begin(), other.overheads.end());
  }
  return joined;
}

}  // namespace foretrain::calibrate
