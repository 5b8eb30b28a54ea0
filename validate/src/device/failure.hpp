#pragma once
// The one exception of the bench: a call of CUDA or of a library that did not do what it was asked. One point
// fails, the others go on, unless the failure is one that the context does not survive.

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

namespace foretrain::bench {

class Failure : public std::runtime_error {
 public:
  explicit Failure(const std::string& what) : std::runtime_error(what) {}
};

inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  const std::string text = std::string(what) + ": " + cudaGetErrorString(status);
  (void)cudaGetLastError();  // an allocation that failed must not be blamed on the next launch
  throw Failure(text);
}

// For kernel launches, which report through the last error.
inline void check_launch(const char* what) {
  check(cudaGetLastError(), what);
}

}  // namespace foretrain::bench
