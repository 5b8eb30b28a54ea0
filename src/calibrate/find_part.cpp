#include "calibrate/find_part.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/diagnostic.hpp"
#include "spec/runs.hpp"

namespace foretrain::calibrate {
namespace {

namespace fs = std::filesystem;

// The words of a name in capitals, cut at blanks and hyphens; "80" before "GB" belongs to it.
std::set<std::string> words_of(const std::string& name) {
  std::set<std::string> words;
  std::string word;
  for (const char c : name + " ") {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) != 0) {
      word += static_cast<char>(std::toupper(letter));
    } else if (!word.empty()) {
      words.insert(word);
      word.clear();
    }
  }
  return words;
}

bool is_memory(const std::string& word) {
  return word.size() > 2 && word.ends_with("GB") &&
         std::isdigit(static_cast<unsigned char>(word.front())) != 0;
}

// A letter or two and a number: the model.
bool is_model(const std::string& word) {
  const auto digits = word.find_first_of("0123456789");
  return digits != std::string::npos && digits >= 1 && digits <= 2 && !word.starts_with("SXM") &&
         word.find_first_not_of("0123456789", digits) == std::string::npos;
}

std::string form_of(const std::set<std::string>& words) {
  for (const auto& word : words) {
    if (word.starts_with("SXM")) return "SXM";
    if (word == "PCIE" || word == "PCI") return "PCIE";
  }
  return {};
}

template <class Is>
std::string first_of(const std::set<std::string>& words, Is is) {
  const auto found = std::find_if(words.begin(), words.end(), is);
  return found == words.end() ? "" : *found;
}

bool agree(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() || a == b;
}

}  // namespace

bool same_device(const std::string& published, const std::string& device) {
  const auto ours = words_of(published), theirs = words_of(device);
  const auto model = first_of(ours, is_model);
  if (model.empty() || !theirs.contains(model)) return false;
  return agree(first_of(ours, is_memory), first_of(theirs, is_memory)) &&
         agree(form_of(ours), form_of(theirs));
}

std::string part_path(const std::string& name, const std::string& library) {
  const bool bare = name.find('/') == std::string::npos && !name.ends_with(".yaml");
  if (!bare) return name;
  return (fs::path(library) / "topologies" / "parts" / (name + ".yaml")).lexically_normal().string();
}

std::string part_of_device(const std::string& device, const std::string& library) {
  const auto gpus = spec::load_gpu_names((fs::path(library) / "topologies" / "gpus.yaml").string());
  std::vector<std::string> fitting, all;
  for (const auto& [name, fields] : gpus) {
    const std::string part = fields.text("part");
    if (part.empty()) continue;
    all.push_back(part);
    if (same_device(name, device)) fitting.push_back(part);
  }
  if (fitting.size() == 1) return part_path(fitting.front(), library);
  throw SpecError({without_place(
      fitting.empty() ? fmt::format("no part under {}/topologies is known to be a '{}'", library, device)
                      : fmt::format("several parts may be a '{}'", device),
      fmt::format("choose one with --part: {}", fmt::join(fitting.empty() ? all : fitting, ", ")))});
}

}  // namespace foretrain::calibrate
