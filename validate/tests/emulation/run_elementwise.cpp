// The kernels' own file, compiled for the host: its shared variables become static ones (CMakeLists.txt).

#include "kernels/elementwise.cu"
