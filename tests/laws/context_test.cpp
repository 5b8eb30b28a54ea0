// Laws of context parallelism: what a ring and an all-gather of keys and values must have in common.

#include "cluster/context.hpp"
#include "catch.hpp"
#include "laws/toy.hpp"
#include "network/collective.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::literals;
using cluster::context_times;
using cluster::ContextInputs;

// Grouped attention of 8 heads under the standard lists, 512 tokens a GPU.
model::TransformerSpec grouped() {
  auto m = toy::dense_model(4);
  m.attention = {.kind = model::AttentionSpec::Kind::grouped, .heads = 8, .kv_heads = 8, .head_dim = 128};
  return m;
}

model::Work work_of(std::int64_t context, std::int64_t tensor = 1) {
  model::Work work;
  work.tokens = 512;
  work.sequence = 512 * context;
  work.context_parallel = context;
  work.tensor_parallel = tensor;
  work.kernels.stack = model::Kernels::Stack::standard;
  return work;
}

const network::LinkSpeeds no_latency{.ib = 40_GBps, .nvlink = 100_GBps};
const network::LinkSpeeds links{
    .ib = 40_GBps, .nvlink = 100_GBps, .ib_latency = 5_us, .nvlink_latency = 3_us};

ContextInputs gathering(bool beside = false, Seconds attention = seconds(0)) {
  return {.how = ContextExchange::all_gather,
          .beside = beside,
          .attention_forward = attention,
          .attention_backward = attention};
}

}  // namespace

TEST_CASE("ring and all-gather: every rank sends and receives the others' blocks, (cp - 1) / cp of all") {
  const auto nodes = GENERATE(std::int64_t{1}, std::int64_t{2}, std::int64_t{4});
  const auto gpus = GENERATE(std::int64_t{1}, std::int64_t{2}, std::int64_t{8});
  const network::GroupShape group{gpus, nodes};
  const auto cp = static_cast<double>(group.size());
  for (const auto how : {ContextExchange::ring, ContextExchange::all_gather}) {
    network::Round all;
    for (const auto& round : network::list_context_exchange(group, 1_MB, how))
      all.insert(all.end(), round.begin(), round.end());
    for (const auto& rank : network::sum_by_rank(all, group.size())) {
      CHECK((rank.ib_in + rank.nvlink_in).base() == Approx((cp - 1) / cp * (cp * 1e6)));
      CHECK((rank.ib_out + rank.nvlink_out).base() == Approx((cp - 1) * 1e6));
    }
  }
}

TEST_CASE("without latency and with nothing to hide under, a ring in a node takes as long as a gather") {
  const auto cp = GENERATE(std::int64_t{2}, std::int64_t{4}, std::int64_t{8});
  const auto ring = context_times(grouped(), work_of(cp), {}, no_latency);
  const auto gather = context_times(grouped(), work_of(cp), gathering(), no_latency);
  CHECK(gather.block == ring.block);
  CHECK(ring.block.base() == 2.0 * 512 * 2 * 8 * 128);
  const double expected = static_cast<double>(cp - 1) * ring.block.base() / 100e9;
  CHECK(ring.exposed.forward.base() == Approx(expected));
  CHECK(gather.exposed.forward.base() == Approx(expected));
  CHECK(ring.exposed.backward.base() == Approx(2 * expected));
  CHECK(gather.exposed.backward.base() == Approx(2 * expected));
}

TEST_CASE("an all-gather is in the open, unless it runs beside the own block's attention") {
  const auto gather = context_times(grouped(), work_of(8), gathering(), links);
  const auto busy = context_times(grouped(), work_of(8), gathering(false, 1_s), links);
  CHECK(busy.exposed.forward == gather.gather);
  CHECK(busy.exposed.backward == gather.gather + gather.scatter);
  CHECK(gather.gather.base() == Approx(2 * 7 * (3e-6 + 2.0 * 512 * 8 * 128 / 100e9)));  // keys, then values
  const auto hidden = context_times(grouped(), work_of(8), gathering(true, 1_s), links);
  CHECK(hidden.exposed.forward == seconds(0));
  // The last hop of the gradients, twice the bytes in FP32.
  CHECK(hidden.exposed.backward.base() == Approx(3e-6 + 2 * hidden.block.base() / 100e9));
  const auto part = context_times(grouped(), work_of(8), gathering(true, gather.gather), links);
  CHECK(part.exposed.forward.base() == Approx(gather.gather.base() * 7 / 8));
}

TEST_CASE("recomputed attention exchanges keys and values once more") {
  const auto how = GENERATE(ContextExchange::ring, ContextExchange::all_gather);
  auto work = work_of(4);
  const auto once = context_times(grouped(), work, {.how = how}, links).exposed;
  work.recompute.attention_core = true;
  const auto again = context_times(grouped(), work, {.how = how}, links).exposed;
  CHECK(again.forward == once.forward);
  CHECK(again.backward == once.backward + once.forward);
}

TEST_CASE(
    "what crosses: heads of this GPU, latents under DeepSeek's lists, whole keys and values elsewhere") {
  const auto row = [](const model::TransformerSpec& m, const model::Work& work) {
    const auto r = model::context_row(m, work);
    return std::pair(r.keys.base(), r.values.base());
  };
  CHECK(row(grouped(), work_of(2, 4)) == std::pair(2.0 * 2 * 128, 2.0 * 2 * 128));
  CHECK(row(grouped(), work_of(2, 16)) == std::pair(2.0 * 128, 2.0 * 128));  // each keeps a copy of one
  const auto mla = toy::dense_model(2);
  CHECK(row(mla, work_of(2, 2)) == std::pair(2.0 * 4 * (128 + 64), 2.0 * 4 * 128));
  auto deepseek = work_of(2);
  deepseek.kernels.stack = model::Kernels::Stack::deepseek;
  CHECK(row(mla, deepseek) == std::pair(2.0 * (256 + 64), 0.0));
}

TEST_CASE("with a context of one the exchange makes no difference to a step") {
  auto t = toy::dense(3);
  const auto ring = toy::step(t.spec(), 2).result;
  t.plan.context_exchange = ContextExchange::all_gather;
  t.software.context_overlap.value = true;
  CHECK(toy::step(t.spec(), 2).result.fingerprint == ring.fingerprint);
}

TEST_CASE("layers with a window gather the whole sequence and have less attention to hide it under") {
  auto t = toy::dense(2);
  t.model = grouped();
  t.model.attention.window = 256;
  t.model.attention.window_every = 2;
  t.software.kernels.stack = model::Kernels::Stack::standard;
  t.plan.precision = model::Precision::bf16;
  t.plan.stages = {model::list_units(t.model)};
  t.plan.context = t.cluster.gpus = t.cluster.gpus_per_node = t.cluster.nics_per_node = 4;
  t.cluster.fabric.planes = 4;
  t.plan.context_exchange = ContextExchange::all_gather;
  const auto open = cluster::prepare(t.spec()).inputs;
  CHECK(open.context.forward > seconds(0));
  CHECK(open.context_window.forward == open.context.forward);
  t.software.context_overlap.value = true;
  const auto beside = cluster::prepare(t.spec()).inputs;
  CHECK(beside.context.forward < open.context.forward);
  CHECK(beside.context_window.forward > beside.context.forward);
  CHECK(beside.context_window.forward < open.context.forward);
}
