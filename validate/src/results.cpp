#include "results.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>

#include "number.hpp"

namespace foretrain::bench {

namespace {

const std::string first_line = "# foretrain-bench results, format 1";
const std::string columns =
    "suite,kernel,family,dtype,m,n,k,groups,d_qk,d_v,flops,read_bytes,written_bytes,launches,sms_taken,"
    "hbm_taken,ranks,cache,time_us,spread,samples,dropped,error";
constexpr std::size_t column_count = 23;

std::string cell(double value) {
  return value == 0 ? "" : to_chars(value);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else if (c != '\r')
      parts.back() += c;
  }
  return parts;
}

std::string to_line(const Row& r) {
  const auto whole = [](auto value) { return cell(static_cast<double>(value)); };
  const std::vector<std::string> cells{r.suite,
                                       r.kernel,
                                       r.family,
                                       r.dtype,
                                       whole(r.m),
                                       whole(r.n),
                                       whole(r.k),
                                       whole(r.groups),
                                       whole(r.d_qk),
                                       whole(r.d_v),
                                       cell(r.flops),
                                       cell(r.read_bytes),
                                       cell(r.written_bytes),
                                       whole(r.launches),
                                       whole(r.sms_taken),
                                       cell(r.hbm_taken),
                                       whole(r.ranks),
                                       r.cold ? "cold" : "hot",
                                       cell(r.time_us),
                                       cell(r.spread),
                                       whole(r.samples),
                                       whole(r.dropped),
                                       r.error ? to_chars(*r.error) : ""};
  std::string line;
  for (const std::string& text : cells) line += (line.empty() ? "" : ",") + text;
  return line;
}

// Reads the cells of one line in the order of `columns`.
class Cells {
 public:
  explicit Cells(std::vector<std::string> cells) : cells_(std::move(cells)) {}

  std::string text() { return cells_[next_++]; }
  double number() {
    const std::string text = cells_[next_++];
    if (text.empty()) return 0;
    const auto value = from_chars(text);
    if (!value) wrong_ = text;
    return value.value_or(0);
  }
  std::int64_t whole() { return static_cast<std::int64_t>(number()); }
  int small() { return static_cast<int>(number()); }
  const std::string& wrong() const { return wrong_; }

 private:
  std::vector<std::string> cells_;
  std::size_t next_ = 0;
  std::string wrong_;
};

std::optional<Row> to_row(const std::string& line, std::string& why) {
  const auto parts = split(line, ',');
  if (parts.size() != column_count) {
    why = std::to_string(parts.size()) + " cells, not " + std::to_string(column_count);
    return std::nullopt;
  }
  Cells cells(parts);
  Row r;
  r.suite = cells.text(), r.kernel = cells.text(), r.family = cells.text(), r.dtype = cells.text();
  r.m = cells.whole(), r.n = cells.whole(), r.k = cells.whole(), r.groups = cells.whole();
  r.d_qk = cells.small(), r.d_v = cells.small();
  r.flops = cells.number(), r.read_bytes = cells.number(), r.written_bytes = cells.number();
  r.launches = cells.small(), r.sms_taken = cells.small(), r.hbm_taken = cells.number();
  r.ranks = cells.small();
  r.cold = cells.text() != "hot";
  r.time_us = cells.number(), r.spread = cells.number();
  r.samples = cells.whole(), r.dropped = cells.whole();
  const bool checked = !parts.back().empty();
  const double error = cells.number();
  if (checked) r.error = error;
  if (!cells.wrong().empty()) {
    why = "\"" + cells.wrong() + "\" is not a number";
    return std::nullopt;
  }
  return r;
}

void read_key(const std::string& line, File& file) {
  const auto colon = line.find(": ");
  if (colon == std::string::npos) return;
  const std::string key = line.substr(2, colon - 2), value = line.substr(colon + 2);
  Header& h = file.header;
  if (key == "device") h.device = value;
  if (key == "compute_capability") h.compute_capability = value;
  if (key == "driver") h.driver = value;
  if (key == "cuda") h.cuda = value;
  if (key == "date") h.date = value;
  if (key == "sms") h.sms = static_cast<std::int64_t>(from_chars(value).value_or(0));
  if (key == "sm_clock_mhz") h.sm_clock_mhz = from_chars(value).value_or(0);
  if (key == "power_limit_w") h.power_limit_w = from_chars(value).value_or(0);
  if (key == "state") file.state = value;
}

}  // namespace

std::string to_text(const Header& h, const std::vector<Row>& rows) {
  std::string text = first_line + "\n";
  const auto add = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) text += "# " + key + ": " + value + "\n";
  };
  add("device", h.device);
  add("sms", cell(static_cast<double>(h.sms)));
  add("compute_capability", h.compute_capability);
  add("driver", h.driver);
  add("cuda", h.cuda);
  add("sm_clock_mhz", cell(h.sm_clock_mhz));
  add("power_limit_w", cell(h.power_limit_w));
  add("date", h.date);
  add("version", version);
  add("state", state_of(rows));
  text += columns + "\n";
  for (const Row& row : rows) text += to_line(row) + "\n";
  return text;
}

std::optional<File> parse(const std::string& text, std::string& why) {
  const auto lines = split(text, '\n');
  if (lines.front() != first_line) {
    why = "line 1 is not \"" + first_line + "\"";
    return std::nullopt;
  }
  File file;
  bool named = false;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const std::string place = "line " + std::to_string(i + 1) + ": ";
    if (lines[i].compare(0, 2, "# ") == 0) {
      read_key(lines[i], file);
    } else if (!named) {
      named = true;
      if (lines[i] == columns) continue;
      why = place + "not the column names of format 1";
      return std::nullopt;
    } else {
      const auto row = to_row(lines[i], why);
      if (!row) {
        why = place + why;
        return std::nullopt;
      }
      file.rows.push_back(*row);
    }
  }
  return file;
}

std::string why_not_resume(const File& old, const Header& now) {
  if (old.state == "synthetic") return "it holds made-up numbers";
  const auto differs = [](const std::string& what, const std::string& was, const std::string& is) {
    return was == is ? "" : "its " + what + " is " + was + ", here it is " + is;
  };
  for (const std::string& reason :
       {differs("device", old.header.device, now.device), differs("driver", old.header.driver, now.driver),
        differs("cuda", old.header.cuda, now.cuda)}) {
    if (!reason.empty()) return reason;
  }
  return "";
}

std::vector<Row> finished(const File& old) {
  std::vector<Row> rows;
  std::copy_if(old.rows.begin(), old.rows.end(), std::back_inserter(rows),
               [](const Row& row) { return row.time_us > 0 && passes(row); });
  return rows;
}

std::vector<Row> remaining(const std::vector<Row>& points, const std::vector<Row>& done) {
  std::set<std::string> known;
  for (const Row& row : done) known.insert(identity_of(row));
  std::vector<Row> rows;
  std::copy_if(points.begin(), points.end(), std::back_inserter(rows),
               [&](const Row& row) { return known.count(identity_of(row)) == 0; });
  return rows;
}

std::string write_whole(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".part";
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return "cannot write " + temporary;
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return "cannot rename " + temporary;
  return "";
}

}  // namespace foretrain::bench
