// Every model file has the size that its report states (model_sizes.csv).

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "spec/load.hpp"

using namespace foretrain;

namespace {

struct Row {
  std::string model;
  double total = 0, per_token = 0, tolerance = 0;
};

std::vector<Row> read_rows() {
  std::ifstream file(std::string(FORETRAIN_ROOT) + "/tests/published/model_sizes.csv");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#') || line.starts_with("model,")) continue;
    std::istringstream cells(line);
    std::string model, total, per_token, tolerance;
    std::getline(cells, model, ',');
    std::getline(cells, total, ',');
    std::getline(cells, per_token, ',');
    std::getline(cells, tolerance, ',');
    rows.push_back(
        {model, std::stod(total), per_token.empty() ? 0 : std::stod(per_token), std::stod(tolerance)});
  }
  return rows;
}

}  // namespace

TEST_CASE("model files have their published sizes") {
  const auto rows = read_rows();
  REQUIRE(rows.size() > 40);
  for (const auto& row : rows) {
    const auto spec = spec::load_model(std::string(FORETRAIN_ROOT) + "/models/" + row.model + ".yaml");
    const auto count = model::count_parameters(spec);
    INFO(row.model << ": " << count.total / 1e9 << " B, published " << row.total << " B");
    CHECK(count.total / 1e9 == Approx(row.total).epsilon(row.tolerance / 100));
    if (row.per_token == 0) continue;
    // Reports count a token's parameters with or without the embedding, and round to 1 B.
    const double without = count.per_token / 1e9, with = count.per_token_with_embedding / 1e9;
    INFO("a token meets " << without << " B, or " << with << " B with the embedding");
    CHECK(std::min(std::abs(without - row.per_token), std::abs(with - row.per_token)) <
          0.03 * row.per_token + 0.2);
  }
}

TEST_CASE("every model file has a published size to stand beside") {
  std::set<std::string> known{"deepseek-v3", "small-moe"};  // tests/laws; an example of our own
  for (const auto& row : read_rows()) known.insert(row.model);
  for (const auto& entry : std::filesystem::directory_iterator(std::string(FORETRAIN_ROOT) + "/models"))
    if (entry.path().extension() == ".yaml") CHECK(known.contains(entry.path().stem().string()));
}
