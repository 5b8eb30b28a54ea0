#include "plan/stages.hpp"

#include <algorithm>

#include "catch.hpp"
#include "model/v3.hpp"

using namespace foretrain;
using namespace foretrain::plan;
using foretrain::testing::deepseek_v3;
using model::Unit;

TEST_CASE("DeepSeek-V3 on 16 stages: 15 of four layers, the last with one layer, MTP and two heads") {
  const auto stages = default_stages(deepseek_v3(), 16);
  CHECK(
      to_text(stages) ==
      "0: embedding, 3 dense_layer, moe_layer; 1-14: 4 moe_layer; 15: moe_layer, head, mtp_layer, mtp_head");
}

TEST_CASE("default stages hold every unit once, none is empty and layers are even") {
  auto model = deepseek_v3();
  const auto layers = GENERATE(4, 12, 27, 32, 60, 61, 80, 126);
  const auto count = GENERATE(1, 2, 3, 4, 8, 12, 16, 32, 64);
  const auto mtp = GENERATE(0, 1);
  model.layers = layers;
  model.mtp_depth = mtp;
  if (model::list_units(model).size() < static_cast<std::size_t>(count)) return;
  INFO(layers << " layers on " << count << " stages, MTP " << mtp);
  const auto stages = default_stages(model, count);
  REQUIRE(stages.size() == static_cast<std::size_t>(count));
  CHECK(why_not_stages(stages, model) == "");
  std::size_t least = 1000, most = 0;  // stages between the first and the last
  for (std::size_t i = 1; i + 1 < stages.size(); ++i) {
    least = std::min(least, stages[i].size());
    most = std::max(most, stages[i].size());
  }
  if (count > 2) CHECK(most - least <= 1);
}

TEST_CASE("stages that are not the model are told apart") {
  const auto model = deepseek_v3();
  auto stages = default_stages(model, 4);
  auto missing = stages;
  missing.back().pop_back();
  CHECK(why_not_stages(missing, model) == "1 units from mtp_head on are in no stage");
  auto more = stages;
  more.back().push_back(Unit::head);
  CHECK(why_not_stages(more, model) == "stage 3 holds a head too many");
  auto swapped = stages;
  std::swap(swapped[0][0], swapped[0][1]);
  CHECK(why_not_stages(swapped, model) == "stage 0 holds a dense_layer where embedding comes next");
  stages[2].clear();
  CHECK(why_not_stages(stages, model) == "stage 2 holds nothing");
}

TEST_CASE("the first layers of every stage are recomputed whole, and the stages are still the model") {
  const auto model = deepseek_v3();
  const auto stages = recompute_first(default_stages(model, 16), 2);
  using model::Unit;
  CHECK(stages[0] == std::vector{Unit::embedding, Unit::dense_layer_again, Unit::dense_layer_again,
                                 Unit::dense_layer, Unit::moe_layer});
  CHECK(stages[1] ==
        std::vector{Unit::moe_layer_again, Unit::moe_layer_again, Unit::moe_layer, Unit::moe_layer});
  CHECK(stages[15] == std::vector{Unit::moe_layer_again, Unit::head, Unit::mtp_layer, Unit::mtp_head});
  CHECK(why_not_stages(stages, model).empty());
  CHECK(recompute_first(default_stages(model, 16), 0) == default_stages(model, 16));
}
