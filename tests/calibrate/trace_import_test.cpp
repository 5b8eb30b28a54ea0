// The published trace, named by rules: all of it, as it was labelled by hand, and the same curves.

#include <map>

#include "calibrate/trace_files.hpp"
#include "catch.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using namespace foretrain::calibrate;
using namespace foretrain::testing;
using Catch::Matchers::Contains;

namespace {

const spec::TracedPair& labelled() {
  static const auto pair = [] {
    spec::TraceFiles files;
    for (auto* file : {&files.ops, &files.beside, &files.rounds, &files.pair})
      *file = FORETRAIN_ROOT "/" + *file;
    return spec::load_traced_pair(files);
  }();
  return pair;
}

using Key = std::pair<std::string, std::string>;
std::map<Key, const spec::TracedOp*> by_name(const spec::TracedPair& pair) {
  std::map<Key, const spec::TracedOp*> ops;
  for (const auto& op : pair.ops) ops[{op.block, op.name}] = &op;
  return ops;
}

std::map<std::string, double> class_totals() {  // us
  std::map<std::string, double> totals;
  for (const auto& n : published_names().events) totals[n.op_class] += n.event->duration.base() * 1e6;
  return totals;
}

double us(Seconds time) {
  return time.base() * 1e6;
}

}  // namespace

TEST_CASE("every kernel of the published trace has a name, and no rule is too narrow or too wide") {
  const auto& named = published_names();
  CHECK(named.unnamed == seconds(0));
  CHECK(named.reasons.empty());
  CHECK(us(named.named) == Approx(244069));
  CHECK(named.rounds == 4);
}

TEST_CASE("class totals are those of the labelled table") {
  std::map<std::string, double> by_hand;
  for (const auto& op : labelled().ops)
    for (const Seconds time : op.durations) by_hand[op.op_class] += us(time);
  const auto totals = class_totals();
  REQUIRE(totals.size() == by_hand.size());
  for (const auto& [name, total] : by_hand) {
    CAPTURE(name);
    REQUIRE(totals.count(name) == 1);
    CHECK(totals.at(name) == Approx(total).epsilon(1e-6));
  }
}

TEST_CASE("what was routed, how long it took and how many SMs communication held come from the trace alone") {
  const auto& pair = published_pair();
  CHECK(pair.communication_sms == 20);
  CHECK(pair.traced.tokens == labelled().tokens);
  CHECK(us(pair.traced.wall) == Approx(us(labelled().wall)));
  REQUIRE(pair.traced.rounds.size() == 4);
  for (std::size_t r = 0; r < 4; ++r) {
    const auto &found = pair.traced.rounds[r], &by_hand = labelled().rounds[r];
    CHECK(found.forward_rows == by_hand.forward_rows);
    CHECK(found.forward_received == by_hand.forward_received);
    CHECK(found.backward_rows == by_hand.backward_rows);
    CHECK(found.backward_received == by_hand.backward_received);
  }
}

TEST_CASE("every op has the time that was labelled by hand, and the shares beside communication") {
  const auto found = by_name(published_pair().traced), by_hand = by_name(labelled());
  REQUIRE(found.size() == by_hand.size());
  for (const auto& [key, op] : by_hand) {
    CAPTURE(key.first, key.second);
    REQUIRE(found.count(key) == 1);
    const auto& imported = *found.at(key);
    CHECK(imported.op_class == op->op_class);
    for (std::size_t r = 0; r < 4; ++r) {
      CAPTURE(r);
      CHECK(us(imported.durations[r]) == Approx(us(op->durations[r])));
      CHECK(us(imported.wall[r]) == Approx(us(op->wall[r])));
      const bool in_table =
          op->block != "combine(B)" && op->op_class != "wgrad_fp8_grouped" && op->name != "count_expert";
      if (us(op->wall[r]) < 1 || !in_table) continue;
      CHECK(imported.exchange[r] == Approx(op->exchange[r]).margin(0.0101));  // a table rounded to hundredths
      CHECK(imported.barrier[r] == Approx(op->barrier[r]).margin(0.0101));
    }
  }
}

TEST_CASE("each op of the layer is measured in each round, under what ran beside it") {
  const auto model = spec::load_model(FORETRAIN_ROOT "/models/deepseek-v3.yaml");
  const auto& pair = published_pair();
  const auto all = list_points(pair.traced, published_rules(), model, 4096, pair.communication_sms);
  const auto some = list_points(pair.traced, published_rules(), model, 4096, pair.communication_sms, {0, 2});
  CHECK(all.only_traced.empty());
  CHECK(all.only_listed ==
        std::vector<std::string>{"mlp(B): comb_bwd_dy_cast"});  // starved, on another stream
  CHECK(some.points.size() < all.points.size());
  for (const auto& point : some.points) CHECK((point.round == 0 || point.round == 2));
  for (const auto& point : all.points) {
    CHECK(point.measured.conditions.sms_taken == 20);
    CHECK(point.measured.time > seconds(0));
    if (point.op == "routed_gateup")
      CHECK(point.measured.kernel.m == pair.traced.rounds[point.round].forward_rows);
    if (point.op == "routed_gateup_dgrad")
      CHECK(point.measured.kernel.m == pair.traced.rounds[point.round].backward_rows);
    if (point.op == "q_b_proj") CHECK(point.measured.conditions.communicating);
    if (point.op == "kv_grad_copy") CHECK(point.measured.kernel.launches == 2);
  }
}

TEST_CASE("a trace without the kernels that tell its sizes is refused") {
  NamedTrace few = published_names();
  CHECK_THAT(complaint([&] { to_pair(few, published_rules(), 4, 8192); }),
             Contains("'q_a_in_cast' has 4096 rows, --tokens says 8192"));
  std::erase_if(few.events, [](const NamedEvent& n) { return n.op == "routed_swiglu+cast" && n.round == 3; });
  CHECK_THAT(complaint([&] { to_pair(few, published_rules(), 4); }),
             Contains("round 3 of block 'mlp(F)' has no kernel 'routed_swiglu+cast'"));
  few.rounds = 0;
  CHECK_THAT(complaint([&] { to_pair(few, published_rules(), 4); }),
             Contains("no kernel was launched in a block") && Contains("attn(F), mlp(F)"));
}
