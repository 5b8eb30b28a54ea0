#pragma once
// The few descriptors of cuDNN's backend interface that a graph of products, pointwise operations and
// reductions needs (cuDNN documentation, graph API, backend descriptor types). Everything made lives as long
// as the graph.

#include <cudnn.h>

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "device/buffer.hpp"

namespace foretrain::bench {

void require(cudnnStatus_t status, const char* what);

class CudnnDescriptor {
 public:
  explicit CudnnDescriptor(cudnnBackendDescriptorType_t type);
  ~CudnnDescriptor();
  CudnnDescriptor(const CudnnDescriptor&) = delete;
  CudnnDescriptor& operator=(const CudnnDescriptor&) = delete;

  cudnnBackendDescriptor_t get() const { return descriptor_; }
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
           const void* values);
  void set(cudnnBackendAttributeName_t name, const CudnnDescriptor& other);
  void set(cudnnBackendAttributeName_t name, std::int64_t value);
  void finalize(const char* what);

 private:
  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

using Sizes4 = std::array<std::int64_t, 4>;
using CudnnTensor = const CudnnDescriptor*;

class CudnnGraph {
 public:
  explicit CudnnGraph(cudnnHandle_t handle) : handle_(handle) {}

  // In memory; uids as the caller counts them. A scalar's memory is the host's.
  CudnnTensor tensor(std::int64_t uid, const Sizes4& sizes, const Sizes4& steps, cudnnDataType_t type);
  CudnnTensor scalar(std::int64_t uid);
  // Between two operations: rows of `sizes[3]` next to one another, or with steps of its own.
  CudnnTensor between(const Sizes4& sizes, cudnnDataType_t type);
  CudnnTensor between(const Sizes4& sizes, const Sizes4& steps, cudnnDataType_t type);

  void multiply(CudnnTensor a, CudnnTensor b, CudnnTensor c);
  // Null where the operation has fewer operands; `axis` for indices alone.
  void pointwise(cudnnPointwiseMode_t mode, cudnnDataType_t precision, CudnnTensor x, CudnnTensor b,
                 CudnnTensor t, CudnnTensor y, std::int64_t axis = -1);
  void reshape(CudnnTensor x, CudnnTensor y);
  void reduce(cudnnReduceTensorOp_t operation, CudnnTensor x, CudnnTensor y);

  // Asks the heuristics and keeps the first plan that this GPU runs. Throws Failure when there is none.
  void plan();
  void run(std::vector<std::int64_t> uids, std::vector<void*> pointers) const;

 private:
  CudnnDescriptor& make(cudnnBackendDescriptorType_t type) { return all_.emplace_back(type); }
  CudnnTensor make_tensor(std::int64_t uid, const Sizes4& sizes, const Sizes4& steps, cudnnDataType_t type,
                          bool is_virtual, bool by_value);

  cudnnHandle_t handle_;
  std::deque<CudnnDescriptor> all_;  // stay where they are
  std::vector<cudnnBackendDescriptor_t> operations_;
  std::int64_t next_between_ = 1000;
  const CudnnDescriptor* plan_ = nullptr;
  Buffer workspace_;
};

}  // namespace foretrain::bench
