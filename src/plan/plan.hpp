#pragma once
// A parallel layout: how many ways each dimension is cut, which schedule runs, what is recomputed.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/communication.hpp"
#include "base/sourced.hpp"
#include "model/ops.hpp"
#include "model/transformer.hpp"

namespace foretrain::plan {

enum class Schedule : std::uint8_t { one_f_one_b, zb1p, dualpipe, dualpipe_v, gpipe, interleaved };
std::string_view name_of(Schedule s);  // "1f1b", "zb1p", "dualpipe", "dualpipe-v", "gpipe", "interleaved"

// Which communication runs beside compute. A scenario may say; else the software profile does.
struct Overlap {
  bool gradients = false;   // data-parallel reduction beside the last micro-batch's backward
  bool parameters = false;  // gathering of parameters beside the next step's first forward (ZeRO 1 and 2)
  bool tensor = false;      // tensor-parallel collectives beside the GEMM next to them
  bool p2p = false;         // pipeline messages beside the next chunk
};

struct PlanSpec {
  std::int64_t pipeline = 1, tensor = 1, context = 1, data = 1,
               expert = 1;  // expert divides data*context*tensor
  std::int64_t zero =
      1;  // ZeRO stage: 1 shards optimizer states, 2 gradients too, 3 (or FSDP) parameters too
  std::int64_t shard_group =
      0;                // ZeRO 3: GPUs that share one copy of the parameters; 0: all of data * context
  bool reshard = true;  // ZeRO 3: parameters are let go after the forward and gathered again
  std::int64_t virtual_stages = 1;  // stages a pipeline rank holds, interleaved
  bool sequence_parallel = false;   // with tensor > 1
  std::int64_t expert_tensor =
      1;                       // tensor parallelism inside an expert; expert * it divides data*context*tensor
  double capacity_factor = 0;  // rows of an expert are cut and padded to it; 0: dropless
  bool offload_optimizer = false;  // states and update live in host memory
  Overlap overlap;
  ContextExchange context_exchange = ContextExchange::ring;  // with context > 1
  std::int64_t micro_batch = 1;                              // sequences
  Schedule schedule = Schedule::one_f_one_b;
  Schedule fallback = Schedule::zb1p;  // where a batch does not suit `schedule`; the report says so
  model::Recompute recompute;
  model::Precision precision = model::Precision::fp8;
  std::vector<std::vector<model::Unit>> stages;  // units of each pipeline stage in forward order
};

// How tokens reach their experts: DeepEP's two hops, each token once a node; NCCL's all-to-all, each copy by
// itself (Megatron-Core's token dispatcher "alltoall"); or HybridEP, DeepEP's way with kernels that fill the
// links from few SMs (DeepEP, branch hybrid-ep).
enum class TokenExchange : std::uint8_t { deepep, all_to_all, hybridep };

// How the collectives of tensor parallelism run beside GEMMs (cluster/collectives.hpp says what each costs).
struct TensorOverlap {
  enum class Scheme : std::uint8_t {
    none,
    backward,     // of column-parallel layers in the backward, beside a whole GEMM: Megatron-LM since 2022
    userbuffers,  // those, and all others beside GEMMs cut in pieces: Transformer Engine
    decomposed,   // all beside GEMMs cut in pieces: PyTorch's asynchronous tensor parallelism
  };
  Sourced<Scheme> scheme{};
  // Pieces in which BF16 outputs are reduced, each by a collective of its own; 0: as many as GPUs, in a ring
  Sourced<std::int64_t> scatter_pieces{};
  Sourced<std::int64_t> scatter_sms{}, whole_sms{};  // SMs lent to them, and to those beside whole GEMMs
  // Of what GEMMs in pieces lose against whole ones, the share that shows: pieces on several streams fill
  // each other's last waves.
  Sourced<double> piece_loss{1, {}};
};

// Which kernels are launched as part of CUDA graphs, forward and backward, so that the host has no hand in
// each.
struct Graphs {
  bool attention = false;  // norms, projections and attention of a layer
  bool router = false;     // routing and row maps; its matrix is launched with the attention
  bool all = false;        // everything: whole layers without experts, or the whole step
};

// What a framework generation does, as data (models/software/*.yaml), every value with its source in the
// file.
struct SoftwareSpec {
  std::string name, source;
  Sourced<std::int64_t> communication_sms;  // SMs that all-to-all kernels hold inside an overlapped pair
  // SMs that a gradient or parameter collective holds while it runs beside compute
  Sourced<std::int64_t> nccl_sms{0, {}};
  Sourced<bool> p2p_waits;        // true: a rank's next chunk waits for the sends of its last one
  Sourced<double> kernel_jitter;  // relative standard deviation of a compute block's time, same shape and GPU
  Sourced<double> routing_spread;  // relative standard deviation of rows per GPU, layer and micro-batch
  // Rate of the all-to-all kernels beside compute, relative to their rate alone (they share HBM, SMs and
  // PCIe).
  Sourced<double> overlapped_dispatch, overlapped_dispatch_gradient, overlapped_combine,
      overlapped_combine_gradient;
  Sourced<Bytes> memory_reserve;  // CUDA context, NCCL channels, allocator slack
  Sourced<double> exchange_hbm;   // share of HBM bandwidth that compute loses while an all-to-all runs
  Sourced<Seconds> barrier;       // notify: fixed time of the counts exchange before a dispatch or combine
  TokenExchange exchange = TokenExchange::deepep;
  // How context parallelism exchanges keys and values unless the scenario says otherwise, and whether an
  // all-gather of them hides under attention as in PyTorch (cluster/context.hpp).
  ContextExchange context_exchange = ContextExchange::ring;
  Sourced<bool> context_overlap{false, {}};
  model::Kernels kernels;                 // which kernels a layer is made of
  Overlap overlap;                        // what it overlaps unless the scenario says otherwise
  Sourced<double> gradient_bytes{4, {}};  // a parameter, as reduced between replicas
  Sourced<double> gathered_bytes{2, {}};  // a parameter, as gathered after the update or by ZeRO 3
  // Linear layers keep their parameters in 8 bits alone; not said: where that is what is gathered.
  std::optional<bool> eight_bit_weights = std::nullopt;
  Sourced<double> optimizer_bytes{8, {}};  // a parameter: master weight and moments
  TensorOverlap tensor_overlap;
  Sourced<Seconds> host_launch{seconds(0),
                               {}};  // time the host needs to launch one kernel; a floor of each kernel
  // Time the host needs to set up the recomputation of a whole layer, beyond launching its kernels.
  Sourced<Seconds> host_recompute{seconds(0), {}};
  Graphs graphs;  // kernels that the host does not launch one by one
};

}  // namespace foretrain::plan
