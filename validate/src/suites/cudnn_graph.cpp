#include "suites/cudnn_graph.hpp"

namespace foretrain::bench {

void require(cudnnStatus_t status, const char* what) {
  if (status != CUDNN_STATUS_SUCCESS) throw Failure(std::string(what) + ": " + cudnnGetErrorString(status));
}

CudnnDescriptor::CudnnDescriptor(cudnnBackendDescriptorType_t type) {
  require(cudnnBackendCreateDescriptor(type, &descriptor_), "cudnnBackendCreateDescriptor");
}
CudnnDescriptor::~CudnnDescriptor() {
  (void)cudnnBackendDestroyDescriptor(descriptor_);
}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                          std::int64_t count, const void* values) {
  require(cudnnBackendSetAttribute(descriptor_, name, type, count, values), "cudnnBackendSetAttribute");
}
void CudnnDescriptor::set(cudnnBackendAttributeName_t name, const CudnnDescriptor& other) {
  set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other.descriptor_);
}
void CudnnDescriptor::set(cudnnBackendAttributeName_t name, std::int64_t value) {
  set(name, CUDNN_TYPE_INT64, 1, &value);
}
void CudnnDescriptor::finalize(const char* what) {
  require(cudnnBackendFinalize(descriptor_), what);
}

CudnnTensor CudnnGraph::make_tensor(std::int64_t uid, const Sizes4& sizes, const Sizes4& steps,
                                    cudnnDataType_t type, bool is_virtual, bool by_value) {
  CudnnDescriptor& t = make(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  t.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, uid);
  t.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
  t.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, std::int64_t{16});
  t.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, sizes.data());
  t.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, steps.data());
  t.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &is_virtual);
  t.set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, 1, &by_value);
  t.finalize("a tensor of cuDNN");
  return &t;
}
CudnnTensor CudnnGraph::tensor(std::int64_t uid, const Sizes4& sizes, const Sizes4& steps,
                               cudnnDataType_t type) {
  return make_tensor(uid, sizes, steps, type, false, false);
}
CudnnTensor CudnnGraph::scalar(std::int64_t uid) {
  return make_tensor(uid, {1, 1, 1, 1}, {1, 1, 1, 1}, CUDNN_DATA_FLOAT, false, true);
}
CudnnTensor CudnnGraph::between(const Sizes4& sizes, cudnnDataType_t type) {
  const std::int64_t row = sizes[3], head = sizes[2] * row;
  return between(sizes, {sizes[1] * head, head, row, 1}, type);
}
CudnnTensor CudnnGraph::between(const Sizes4& sizes, const Sizes4& steps, cudnnDataType_t type) {
  return make_tensor(next_between_++, sizes, steps, type, true, false);
}

void CudnnGraph::multiply(CudnnTensor a, CudnnTensor b, CudnnTensor c) {
  const cudnnDataType_t precision = CUDNN_DATA_FLOAT;
  CudnnDescriptor& product = make(CUDNN_BACKEND_MATMUL_DESCRIPTOR);
  product.set(CUDNN_ATTR_MATMUL_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &precision);
  product.finalize("a product of cuDNN");
  CudnnDescriptor& operation = make(CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_MATMUL_ADESC, *a);
  operation.set(CUDNN_ATTR_OPERATION_MATMUL_BDESC, *b);
  operation.set(CUDNN_ATTR_OPERATION_MATMUL_CDESC, *c);
  operation.set(CUDNN_ATTR_OPERATION_MATMUL_DESC, product);
  operation.finalize("a product's operation of cuDNN");
  operations_.push_back(operation.get());
}

void CudnnGraph::pointwise(cudnnPointwiseMode_t mode, cudnnDataType_t precision, CudnnTensor x, CudnnTensor b,
                           CudnnTensor t, CudnnTensor y, std::int64_t axis) {
  CudnnDescriptor& kind = make(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  kind.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
  kind.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &precision);
  if (axis >= 0) kind.set(CUDNN_ATTR_POINTWISE_AXIS, axis);
  kind.finalize("a pointwise function of cuDNN");
  CudnnDescriptor& operation = make(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kind);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, *x);
  if (b != nullptr) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  if (t != nullptr) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_TDESC, *t);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, *y);
  operation.finalize("a pointwise operation of cuDNN");
  operations_.push_back(operation.get());
}

void CudnnGraph::reshape(CudnnTensor x, CudnnTensor y) {
  CudnnDescriptor& operation = make(CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_RESHAPE_XDESC, *x);
  operation.set(CUDNN_ATTR_OPERATION_RESHAPE_YDESC, *y);
  operation.finalize("a reshape of cuDNN");
  operations_.push_back(operation.get());
}

void CudnnGraph::reduce(cudnnReduceTensorOp_t kind, CudnnTensor x, CudnnTensor y) {
  const cudnnDataType_t precision = CUDNN_DATA_FLOAT;
  CudnnDescriptor& reduction = make(CUDNN_BACKEND_REDUCTION_DESCRIPTOR);
  reduction.set(CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, 1, &kind);
  reduction.set(CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &precision);
  reduction.finalize("a reduction of cuDNN");
  CudnnDescriptor& operation = make(CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_REDUCTION_XDESC, *x);
  operation.set(CUDNN_ATTR_OPERATION_REDUCTION_YDESC, *y);
  operation.set(CUDNN_ATTR_OPERATION_REDUCTION_DESC, reduction);
  operation.finalize("a reduction's operation of cuDNN");
  operations_.push_back(operation.get());
}

void CudnnGraph::plan() {
  CudnnDescriptor& graph = make(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle_);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
            static_cast<std::int64_t>(operations_.size()), operations_.data());
  graph.finalize("cuDNN does not take this graph");
  CudnnDescriptor& heuristics = make(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  const cudnnBackendHeurMode_t mode = CUDNN_HEUR_MODE_A;
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
  heuristics.finalize("cuDNN knows no engine for this graph");
  constexpr std::int64_t most = 8;
  std::vector<cudnnBackendDescriptor_t> configurations;
  for (std::int64_t i = 0; i < most; ++i)
    configurations.push_back(make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR).get());
  std::int64_t found = 0;
  require(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                   CUDNN_TYPE_BACKEND_DESCRIPTOR, most, &found, configurations.data()),
          "engines of cuDNN");
  for (std::int64_t i = 0; i < found && plan_ == nullptr; ++i) {
    CudnnDescriptor& candidate = make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    candidate.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle_);
    candidate.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                  &configurations[static_cast<std::size_t>(i)]);
    if (cudnnBackendFinalize(candidate.get()) == CUDNN_STATUS_SUCCESS) plan_ = &candidate;
  }
  if (plan_ == nullptr) throw Failure("no engine of cuDNN runs this graph on this GPU");
  std::int64_t bytes = 0, one = 0;
  require(cudnnBackendGetAttribute(plan_->get(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64,
                                   1, &one, &bytes),
          "workspace of cuDNN");
  workspace_ = Buffer(static_cast<std::size_t>(bytes));
}

void CudnnGraph::run(std::vector<std::int64_t> uids, std::vector<void*> pointers) const {
  CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  const auto count = static_cast<std::int64_t>(uids.size());
  void* workspace = workspace_.get();
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, count, uids.data());
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, pointers.data());
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  pack.finalize("the tensors of a run of cuDNN");
  require(cudnnBackendExecute(handle_, plan_->get(), pack.get()), "cudnnBackendExecute");
}

}  // namespace foretrain::bench
