// foretrain-bench: lists the points, measures those that the result file does not hold yet, and writes the
// file after each. Progress goes to stderr. Exit status: 0 all measured and right, 1 a result was wrong or
// the GPU failed, 2 wrong arguments, no GPU, or a file that cannot be taken up.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "options.hpp"
#include "points.hpp"
#include "ratios.hpp"
#include "suites/attention.hpp"
#include "suites/comm.hpp"
#include "suites/decode.hpp"
#include "suites/fused_attention.hpp"
#include "suites/gemm.hpp"
#include "suites/grouped.hpp"
#include "suites/interference.hpp"
#include "suites/launch.hpp"
#include "suites/layer.hpp"
#include "suites/memory.hpp"
#include "suites/party.hpp"

namespace foretrain::bench {
namespace {

constexpr int wrong_result = 1, unusable = 2;

void say(const std::string& text) {
  std::fprintf(stderr, "foretrain-bench: %s\n", text.c_str());
}

std::string describe(const Device& d) {
  std::ostringstream text;
  text << d.index << ": " << d.name << ", " << d.sms << " SMs, compute capability " << d.compute_capability
       << ", " << static_cast<std::int64_t>(d.memory_bytes / (1 << 20)) << " MiB, L2 "
       << static_cast<std::int64_t>(d.l2_bytes / (1 << 20)) << " MiB, "
       << static_cast<std::int64_t>(d.hbm_bandwidth / 1e9) << " GB/s";
  return text.str();
}

int list(const std::vector<Device>& devices, const std::string& why, const std::vector<Row>& points) {
  if (devices.empty()) say("no GPU: " + why);
  for (const Device& device : devices) std::printf("%s\n", describe(device).c_str());
  for (const Row& row : points) std::printf("%s\n", name_of(row).c_str());
  return 0;
}

void measure(Row& row, Sampler& sampler, Collectives& collectives, Layer& layer) {
  if (row.suite != "layer") layer.forget();
  if (row.suite == "gemm")
    measure_gemm(row, sampler);
  else if (row.suite == "grouped")
    measure_grouped(row, sampler);
  else if (row.suite == "attention")
    measure_attention(row, sampler);
  else if (row.suite == "decode")
    measure_decode(row, sampler);
  else if (row.suite == "memory")
    measure_memory(row, sampler);
  else if (row.suite == "layer")
    layer.measure(row, sampler);
  else if (row.suite == "interference")
    measure_interference(row, sampler);
  else if (row.suite == "launch")
    measure_launch(row, sampler);
  else if (row.kernel.compare(0, 5, "copy_") == 0)
    measure_copy_between(row, sampler);
  else
    collectives.measure(row);
}

// The rows of the file that need no second measurement. False when the file cannot be taken up.
bool read_finished(const std::string& path, const Header& header, std::vector<Row>& rows) {
  if (!std::filesystem::exists(path)) return true;
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  std::string why;
  const auto old = parse(text.str(), why);
  if (old) why = why_not_resume(*old, header);
  if (!why.empty()) {
    say(path + " cannot be taken up: " + why + "; name another file with -o");
    return false;
  }
  rows = finished(*old);
  if (!rows.empty()) say(std::to_string(rows.size()) + " points of " + path + " are kept");
  return true;
}

bool save(const std::string& path, const Header& header, const std::vector<Row>& rows) {
  const std::string fault = write_whole(path, to_text(header, rows));
  if (!fault.empty()) say(fault);
  return fault.empty();
}

// `bandwidth`: the highest of the memory.
std::string outcome(const Row& row, double bandwidth) {
  std::ostringstream text;
  text.precision(4);
  if (row.time_us <= 0) {
    if (row.error) text << "error " << *row.error;
    text << (!row.error ? "ran" : passes(row) ? ": right" : ": WRONG, more than ");
    if (!passes(row)) text << tolerance_of(row).value_or(0);
    return text.str();
  }
  text << row.time_us << " us +-" << 100 * row.spread << " %, " << row.samples << " samples";
  if (row.dropped > 0) text << ", " << row.dropped << " dropped";
  const double bytes_a_second = (row.read_bytes + row.written_bytes) / row.time_us * 1e6;
  if (row.flops > row.read_bytes + row.written_bytes)  // more work than any kernel bound by memory does
    text << ", " << row.flops / row.time_us / 1e6 << " TFLOP/s";
  if (row.read_bytes > 0) text << ", " << bytes_a_second / 1e9 << " GB/s";
  if (row.written_bytes > 0) text << " (" << 100 * bytes_a_second / bandwidth << " % of the memory's)";
  if (row.error) text << ", error " << *row.error;
  if (!passes(row)) text << ": WRONG, more than " << tolerance_of(row).value_or(0);
  return text.str();
}

// A kernel that failed on the GPU leaves a context in which nothing works any more.
bool is_context_lost() {
  const cudaError_t status = cudaDeviceSynchronize();
  (void)cudaGetLastError();
  return status != cudaSuccess;
}

void say_ratios(const std::vector<Row>& rows) {
  for (const Ratio& ratio : dense_ratios(rows)) {
    std::ostringstream text;
    text.precision(3);
    text << name_of(ratio.grouped) << ": " << ratio.rate / 1e12 << " TFLOP/s, " << ratio.of_dense
         << " of the dense product";
    say(text.str());
  }
}

// Of --check no file is read and none is written.
int run(const Options& options, const Device& device, const std::vector<Row>& points) {
  check(cudaSetDevice(device.index), "cudaSetDevice");
  const Header header = header_of(device);
  std::vector<Row> rows;
  const bool keeps = !options.check;
  if (keeps && (!read_finished(options.output, header, rows) || !save(options.output, header, rows)))
    return unusable;
  StopRule rule;
  rule.untimed = options.check;
  rule.time_limit = options.time_limit;
  rule.clock_share = options.clock_share;
  Sampler sampler(device, rule);
  Collectives collectives(rule);
  Layer layer;
  const auto todo = remaining(points, rows);
  std::size_t number = 0, wrong = 0, skipped = 0;
  for (Row row : todo) {
    const std::string head = "[" + std::to_string(++number) + "/" + std::to_string(todo.size()) + "] ";
    try {
      measure(row, sampler, collectives, layer);
    } catch (const Failure& failure) {
      ++skipped;
      say(head + name_of(row) + ": left out: " + failure.what());
      if (!is_context_lost()) continue;
      say("the GPU failed" + (keeps ? "; what was measured before is in " + options.output : ""));
      return wrong_result;
    }
    if (!passes(row)) ++wrong;
    say(head + name_of(row) + ": " + outcome(row, device.hbm_bandwidth));
    rows.push_back(row);
    if (keeps && !save(options.output, header, rows)) return unusable;
  }
  say_ratios(rows);
  say(std::to_string(rows.size()) + " points " + (keeps ? "in " + options.output : "checked") + ", " +
      state_of(rows) + "; " + std::to_string(skipped) + " left out, " + std::to_string(wrong) + " wrong");
  return wrong > 0 ? wrong_result : 0;
}

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Collectives among all processes. The first one reads and writes the file and says what happens.
int run_in_world(const Options& options, const World& world, const std::vector<Device>& devices) {
  const Device& device = devices[static_cast<std::size_t>(world.on_node) % devices.size()];
  check(cudaSetDevice(device.index), "cudaSetDevice");
  StopRule rule;
  rule.time_limit = options.time_limit;
  Party party(world, options.world, rule);
  const bool first = world.rank == 0;
  const auto points = chosen(list_over_nodes(world.size, party.nodes()), options);
  const Header header = header_of(device);
  std::vector<Row> rows;
  const bool usable =
      !first || (read_finished(options.output, header, rows) && save(options.output, header, rows));
  std::vector<double> todo{usable ? 0.0
                                  : 1.0};  // then for each point whether the first process still lacks it
  for (const Row& point : points) todo.push_back(first && !remaining({point}, rows).empty() ? 1 : 0);
  todo = party.largest(todo);
  if (todo[0] > 0) return unusable;
  std::size_t wrong = 0;
  bool saved = true;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (todo[i + 1] == 0) continue;
    Row row = points[i];
    party.measure(row);
    if (!passes(row)) ++wrong;
    if (!first) continue;
    say("[" + std::to_string(i + 1) + "/" + std::to_string(points.size()) + "] " + name_of(row) + ": " +
        outcome(row, device.hbm_bandwidth));
    rows.push_back(row);
    saved = save(options.output, header, rows);  // the last one holds all rows
  }
  if (!saved) return unusable;
  return wrong > 0 ? wrong_result : 0;
}

int run_all(const std::vector<std::string>& arguments) {
  const auto [options, wrong] = parse_options(arguments, suite_names);
  if (!wrong.empty()) {
    say(wrong + "\n" + usage(suite_names));
    return unusable;
  }
  if (options.help) {
    std::printf("%s", usage(suite_names).c_str());
    return 0;
  }
  std::string why;
  const auto devices = list_devices(why);
  const auto points = chosen(list_points(static_cast<int>(devices.size()), has_nccl(), has_cudnn()), options);
  if (options.list) return list(devices, why, points);
  if (devices.empty()) {
    say("no GPU to measure: " + why + " (is there a GPU, and a driver for this CUDA?)");
    return unusable;
  }
  if (!options.world.empty()) {
    const auto world = find_world(variable, why);
    if (world) return run_in_world(options, *world, devices);
    say("--world: " + why);
    return unusable;
  }
  if (options.device >= static_cast<int>(devices.size())) {
    say("there is no device " + std::to_string(options.device));
    return unusable;
  }
  if (points.empty()) {
    say("no point matches; --list prints all");
    return unusable;
  }
  return run(options, devices[static_cast<std::size_t>(options.device)], points);
}

}  // namespace
}  // namespace foretrain::bench

int main(int count, char** arguments) {
  try {
    return foretrain::bench::run_all({arguments + 1, arguments + count});
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "foretrain-bench: %s\n", failure.what());
    return 1;
  }
}
