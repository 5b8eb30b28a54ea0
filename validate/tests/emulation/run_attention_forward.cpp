// The kernel's own file, compiled for the host: its shared memory is this array.

#include "emulation.hpp"

namespace foretrain::bench {
namespace {

alignas(1024) unsigned char raw[232448];
const bool known = emulation::register_shared(raw, sizeof(raw));

}  // namespace
}  // namespace foretrain::bench

#include "kernels/attention_forward.cu"
