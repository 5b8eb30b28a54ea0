// How a layout cuts the matrices of a model, its layers and its parameters: each share must be whole.

#include <fmt/format.h>

#include <numeric>

#include "spec/judge.hpp"

namespace foretrain::spec {
namespace {

using model::AttentionSpec;
using plan::PlanSpec;

struct Width {
  std::int64_t value;
  const char* what;  // with a place for the value
};

// What tensor parallelism cuts, with the words for it. A width of 0 is none.
std::vector<Width> widths_of(const model::TransformerSpec& m) {
  const bool dense = m.dense_layers > 0 || m.moe.experts == 0;
  const auto shared = m.moe.shared_ffn > 0 ? m.moe.shared_ffn : m.moe.shared_experts * m.moe.expert_ffn;
  return {{m.attention.heads, "{} attention heads"},
          {m.hidden, "hidden width {}"},
          {dense ? m.dense_ffn : 0, "dense_ffn {}"},
          {shared, "shared experts' width {}"}};
}

// Queries of a group stay with their keys and values. Where there are fewer key-value heads than shares,
// Megatron-Core gives several GPUs a copy of the same one (megatron/core/transformer/attention.py), which
// needs a whole number of GPUs for each; else each GPU holds a whole number of them.
std::string fault_of_kv_heads(const AttentionSpec& a, std::int64_t tensor) {
  if (a.kind != AttentionSpec::Kind::grouped || a.kv_heads == 0) return {};
  if (a.kv_heads >= tensor && a.kv_heads % tensor != 0)
    return fmt::format("tensor {} does not divide the model's {} key-value heads", tensor, a.kv_heads);
  if (a.kv_heads < tensor && tensor % a.kv_heads != 0)
    return fmt::format("tensor {} is no multiple of the model's {} key-value heads", tensor, a.kv_heads);
  return {};
}

}  // namespace

void check_tensor(const Judge& judge, const Scenario& s) {
  const auto tensor = judge.plan.tensor;
  if (tensor < 2 || s.model.layers == 0 || !judge.fresh(&PlanSpec::tensor)) return;
  std::int64_t common = 0;
  std::string fault;
  for (const auto& width : widths_of(s.model)) {
    common = std::gcd(common, width.value);
    if (fault.empty() && width.value % tensor != 0)
      fault = fmt::format("tensor {} does not divide the model's {}", tensor,
                          fmt::format(fmt::runtime(width.what), width.value));
  }
  if (fault.empty()) fault = fault_of_kv_heads(s.model.attention, tensor);
  if (fault.empty()) return;
  auto whole = divisors_of(common);
  std::erase_if(whole, [&](auto d) { return !fault_of_kv_heads(s.model.attention, d).empty(); });
  judge.error({"tensor"}, fault, nearby(whole, tensor));
}

void check_experts(const Judge& judge, const Scenario& s) {
  const auto& p = judge.plan;
  const auto ranks = p.data * p.context * p.tensor, shares = p.expert * p.expert_tensor;
  if (shares == 0) return;
  if (ranks > 0 && ranks % shares != 0 &&
      judge.fresh(&PlanSpec::expert, &PlanSpec::expert_tensor, &PlanSpec::data, &PlanSpec::context,
                  &PlanSpec::tensor)) {
    const auto tried = p.expert_tensor == 1 ? fmt::format("expert {}", p.expert)
                                            : fmt::format("expert {} x expert_tensor {} = {}", p.expert,
                                                          p.expert_tensor, shares);
    const auto hint = ranks % p.expert_tensor == 0
                          ? nearby_divisors(ranks / p.expert_tensor, p.expert)
                          : nearby_divisors(ranks, p.expert_tensor) + " for expert_tensor";
    judge.error({"expert", "expert_tensor", "data", "context", "tensor"},
                fmt::format("{} does not divide data {} x context {} x tensor {} = {}", tried, p.data,
                            p.context, p.tensor, ranks),
                hint);
  }
  if (s.model.layers == 0) return;
  const auto& moe = s.model.moe;
  const auto needs_experts = [&](const char* key, const std::string& value, const char* instead) {
    judge.error({key}, fmt::format("{} {} for a model without experts", key, value),
                fmt::format("use {}: {}", key, instead));
  };
  if (moe.experts == 0 && p.expert != 1 && judge.fresh(&PlanSpec::expert))
    needs_experts("expert", fmt::format("{}", p.expert), "1");
  if (moe.experts == 0 && p.expert_tensor != 1 && judge.fresh(&PlanSpec::expert_tensor))
    needs_experts("expert_tensor", fmt::format("{}", p.expert_tensor), "1");
  if (moe.experts == 0 && p.capacity_factor > 0 && judge.fresh(&PlanSpec::capacity_factor))
    needs_experts("capacity_factor", fmt::format("{}", p.capacity_factor), "0");
  if (moe.experts > 0 && moe.experts % p.expert != 0 && judge.fresh(&PlanSpec::expert))
    judge.error({"expert"},
                fmt::format("expert {} does not divide the model's {} experts", p.expert, moe.experts),
                nearby_divisors(moe.experts, p.expert));
  if (moe.experts > 0 && moe.expert_ffn % p.expert_tensor != 0 && judge.fresh(&PlanSpec::expert_tensor))
    judge.error({"expert_tensor"},
                fmt::format("expert_tensor {} does not divide the model's expert_ffn {}", p.expert_tensor,
                            moe.expert_ffn),
                nearby_divisors(moe.expert_ffn, p.expert_tensor));
}

bool check_virtual_stages(const Judge& judge) {
  const auto& p = judge.plan;
  const bool interleaved = p.schedule == plan::Schedule::interleaved;
  if (p.virtual_stages == 0) return false;
  if (interleaved == (p.virtual_stages > 1)) return true;
  if (judge.fresh(&PlanSpec::virtual_stages, &PlanSpec::schedule))
    judge.error({"virtual_stages", "schedule"},
                fmt::format("virtual_stages {} with schedule {}", p.virtual_stages, name_of(p.schedule)),
                interleaved ? "use virtual_stages: 2 or more, or schedule: 1f1b"
                            : "use schedule: interleaved, or virtual_stages: 1");
  return false;
}

void check_shards(const Judge& judge) {
  const auto& p = judge.plan;
  if (p.shard_group == 0) return;
  const auto replicas = p.data * p.context;
  if (p.zero != 3 && judge.fresh(&PlanSpec::shard_group, &PlanSpec::zero))
    judge.error({"shard_group", "zero"},
                fmt::format("shard_group {} is for parameters that are sharded, and zero {} does not",
                            p.shard_group, p.zero),
                "use zero: 3, or leave shard_group out");
  else if (replicas > 0 && replicas % p.shard_group != 0 &&
           judge.fresh(&PlanSpec::shard_group, &PlanSpec::data, &PlanSpec::context))
    judge.error({"shard_group"},
                fmt::format("shard_group {} does not divide data {} x context {} = {}", p.shard_group, p.data,
                            p.context, replicas),
                nearby_divisors(replicas, p.shard_group));
}

void check_host(const Judge& judge, const Scenario& s) {
  if (!judge.plan.offload_optimizer || s.host || !judge.fresh(&PlanSpec::offload_optimizer)) return;
  judge.error({"offload_optimizer"},
              "the optimizer is in host memory, and the cluster does not say what its hosts are",
              "set cluster.host to a host's part, as in parts/host-xeon-8480c.yaml");
}

namespace {

struct Lack {
  std::string key, what;
};

// DeepSeek's lists are those of one published trace: latent attention, SwiGLU, FP8 or BF16, experts the only
// thing that GPUs share.
Lack lack_of_deepseek(const PlanSpec& p, const model::TransformerSpec& m) {
  using model::Precision;
  if (m.attention.kind != AttentionSpec::Kind::mla) return {"software", "grouped attention"};
  if (m.activation != model::Activation::swiglu) return {"software", "an activation other than SwiGLU"};
  if (p.tensor > 1) return {"tensor", fmt::format("tensor {}", p.tensor)};
  if (p.expert_tensor > 1) return {"expert_tensor", fmt::format("expert_tensor {}", p.expert_tensor)};
  if (p.recompute.layers) return {"recompute", "recompute full"};
  if (p.recompute.full_layers > 0) return {"recompute.full_layers", "recompute of whole layers"};
  if (p.recompute.attention_core) return {"recompute", "recompute selective"};
  if (p.recompute.experts_act) return {"recompute", "recompute of experts_act"};
  if (p.recompute.products != model::Products::kept) return {"recompute", "recompute of products"};
  if (p.precision != Precision::fp8 && p.precision != Precision::bf16) return {"precision", "this precision"};
  return {};
}

}  // namespace

void check_stack(const Judge& judge, const Scenario& s) {
  if (s.software.name.empty() || s.model.layers == 0) return;
  const auto* judged = judge.layout.judged;
  if (s.software.kernels.stack != model::Kernels::Stack::deepseek) {
    const auto lacks = [&](const PlanSpec& p) {
      return p.recompute.products != model::Products::kept &&
             s.model.attention.kind == AttentionSpec::Kind::mla;
    };
    if (lacks(judge.plan) && (judged == nullptr || !lacks(*judged)))
      judge.error({"recompute"},
                  "recompute of products knows grouped attention alone, and the model's is mla",
                  "leave second_products and products out");
    return;
  }
  const auto lack = lack_of_deepseek(judge.plan, s.model);
  if (lack.key.empty() || (judged != nullptr && lack_of_deepseek(*judged, s.model).what == lack.what)) return;
  judge.error({lack.key == "software" ? "software.name" : lack.key},
              fmt::format("the kernels of {} do not know {}", s.software.name, lack.what),
              "use a profile whose kernels are standard, as megatron-core-2025");
}

}  // namespace foretrain::spec
