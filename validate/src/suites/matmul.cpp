#include "suites/matmul.hpp"

namespace foretrain::bench {

namespace {

constexpr std::size_t workspace_bytes = 64U << 20U;  // the cuBLAS guide asks for 32 MiB on Hopper

void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw Failure(std::string(what) + ": " + cublasLtGetStatusName(status));
}

cudaDataType_t type_of(Format format) {
  return format == Format::bf16 ? CUDA_R_16BF : format == Format::fp8 ? CUDA_R_8F_E4M3 : CUDA_R_32F;
}

// A matrix of `rows` x `columns` as stored, the columns one after the other.
cublasLtMatrixLayout_t make_layout(Format format, std::int64_t rows, std::int64_t columns) {
  cublasLtMatrixLayout_t layout = nullptr;
  check(cublasLtMatrixLayoutCreate(&layout, type_of(format), static_cast<std::uint64_t>(rows),
                                   static_cast<std::uint64_t>(columns), rows),
        "cublasLtMatrixLayoutCreate");
  return layout;
}

cublasLtMatmulMatrixScale_t mode_of(Scaling scaling) {
  switch (scaling) {
    case Scaling::none:
    case Scaling::tensor:
      break;
    case Scaling::vector128:
      return CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F;
    case Scaling::block128:
      return CUBLASLT_MATMUL_MATRIX_SCALE_BLK128x128_32F;
  }
  return CUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F;
}

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// FP8 on Hopper multiplies TN alone, so its gradients read operands that were transposed before.
Product product_of(const std::string& kernel, std::int64_t m, std::int64_t n, std::int64_t k) {
  Product p;
  p.m = m, p.n = n, p.k = k;
  p.accumulates = holds(kernel, "wgrad");
  if (holds(kernel, "bf16")) {
    p.layout = p.accumulates ? Layout::nt : holds(kernel, "_nn") ? Layout::nn : Layout::tn;
    return p;
  }
  p.in = Format::fp8;
  if (holds(kernel, "tensor")) {
    p.scaling_a = p.scaling_b = Scaling::tensor;
    p.fast = holds(kernel, "_fast");
  } else {
    p.scaling_a = Scaling::vector128;
    p.scaling_b = p.accumulates ? Scaling::vector128 : Scaling::block128;
  }
  return p;
}

Matmul::Matmul(const Product& p) : product_(p), workspace_(workspace_bytes) {}

Matmul::Matmul(const Product& p, const float* scales_a, const float* scales_b) : Matmul(p) {
  check(cublasLtCreate(&handle_), "cublasLtCreate");
  check(cublasLtMatmulDescCreate(&operation_, CUBLAS_COMPUTE_32F, CUDA_R_32F), "cublasLtMatmulDescCreate");
  const cublasOperation_t left = p.layout == Layout::tn ? CUBLAS_OP_T : CUBLAS_OP_N;
  const cublasOperation_t right = p.layout == Layout::nt ? CUBLAS_OP_T : CUBLAS_OP_N;
  set(CUBLASLT_MATMUL_DESC_TRANSA, &left, sizeof(left));
  set(CUBLASLT_MATMUL_DESC_TRANSB, &right, sizeof(right));
  left_ = left == CUBLAS_OP_T ? make_layout(p.in, p.k, p.n) : make_layout(p.in, p.n, p.k);
  right_ = right == CUBLAS_OP_N ? make_layout(p.in, p.k, p.m) : make_layout(p.in, p.m, p.k);
  out_ = make_layout(p.accumulates ? Format::fp32 : Format::bf16, p.n, p.m);
  if (p.scaling_a != Scaling::none) {
    const cublasLtMatmulMatrixScale_t left_mode = mode_of(p.scaling_b), right_mode = mode_of(p.scaling_a);
    set(CUBLASLT_MATMUL_DESC_A_SCALE_MODE, &left_mode, sizeof(left_mode));
    set(CUBLASLT_MATMUL_DESC_B_SCALE_MODE, &right_mode, sizeof(right_mode));
    set(CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, &scales_b, sizeof(scales_b));
    set(CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, &scales_a, sizeof(scales_a));
    const std::int8_t fast = p.fast ? 1 : 0;
    set(CUBLASLT_MATMUL_DESC_FAST_ACCUM, &fast, sizeof(fast));
  }
  if (p.sm_limit > 0) {
    const std::int32_t limit = p.sm_limit;
    set(CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET, &limit, sizeof(limit));
  }
  find_algorithms();
}

Matmul::~Matmul() {
  for (cublasLtMatrixLayout_t layout : {left_, right_, out_}) {
    if (layout != nullptr) (void)cublasLtMatrixLayoutDestroy(layout);
  }
  if (operation_ != nullptr) (void)cublasLtMatmulDescDestroy(operation_);
  if (handle_ != nullptr) (void)cublasLtDestroy(handle_);
}

void Matmul::set(cublasLtMatmulDescAttributes_t attribute, const void* value, std::size_t size) {
  check(cublasLtMatmulDescSetAttribute(operation_, attribute, value, size), "cublasLtMatmulDescSetAttribute");
}

void Matmul::find_algorithms() {
  cublasLtMatmulPreference_t preference = nullptr;
  check(cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
  const std::size_t bytes = workspace_bytes;
  cublasLtMatmulHeuristicResult_t found[most_algorithms] = {};
  int count = 0;
  cublasStatus_t status = cublasLtMatmulPreferenceSetAttribute(
      preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof(bytes));
  if (status == CUBLAS_STATUS_SUCCESS)
    status = cublasLtMatmulAlgoGetHeuristic(handle_, operation_, left_, right_, out_, out_, preference,
                                            most_algorithms, found, &count);
  (void)cublasLtMatmulPreferenceDestroy(preference);
  check(status, "cuBLASLt knows no algorithm for this product");
  for (int i = 0; i < count; ++i) {
    if (found[i].state == CUBLAS_STATUS_SUCCESS) algorithms_.push_back(found[i].algo);
  }
  if (algorithms_.empty()) throw Failure("cuBLASLt knows no algorithm for this product");
}

cublasStatus_t Matmul::try_run(const Tensors& t, const cublasLtMatmulAlgo_t& algorithm,
                               cudaStream_t stream) const {
  const float alpha = 1, beta = product_.accumulates ? 1 : 0;
  return cublasLtMatmul(handle_, operation_, &alpha, t.b, left_, t.a, right_, &beta, t.d, out_, t.d, out_,
                        &algorithm, workspace_.get(), workspace_.bytes(), stream);
}

int Matmul::choose(const Tensors& tensors, Sampler& sampler) {
  double best = 0;
  int ran = 0;
  for (std::size_t i = 0; i < algorithms_.size(); ++i) {
    if (try_run(tensors, algorithms_[i], sampler.stream()) != CUBLAS_STATUS_SUCCESS) {
      (void)cudaGetLastError();  // another algorithm's failure is not the next launch's
      continue;
    }
    const Launch launch{
        [&](cudaStream_t stream, int) { check(try_run(tensors, algorithms_[i], stream), "cublasLtMatmul"); },
        1};
    const double seconds = sampler.time_together(launch, 3);
    if (ran == 0 || seconds < best) best = seconds, chosen_ = i;
    ++ran;
  }
  if (ran == 0) throw Failure("no algorithm of cuBLASLt ran this product");
  return ran;
}

void Matmul::run(const Tensors& tensors, cudaStream_t stream) const {
  check(try_run(tensors, algorithms_[chosen_], stream), "cublasLtMatmul");
}

}  // namespace foretrain::bench
