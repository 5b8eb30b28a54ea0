#pragma once
// Runs kernels on the host, so that they are tested without a GPU: each thread of a block is a fiber, blocks
// run one after another, and what the PTX ISA says of a few instructions is done in plain C++. Everything
// between those instructions is the kernel's own source. Says nothing of speed, of the assembler text itself,
// and of races that need two threads at once: fibers change places only where threads wait for one another.
//
// Costs about a microsecond for each wait of a thread: for problems of a few tiles.

#include <cstdint>
#include <deque>
#include <functional>
#include <stdexcept>
#include <vector>

namespace foretrain::emulation {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

// The registers of a launch, as kernels name them; right for the fiber that runs.
inline Index thread_index, block_index, block_size, grid_size;

// Runs `kernel` for every thread of every block. Throws when all threads wait for one another.
void run(Index grid, int threads, const std::function<void()>& kernel);

void wait_for_block();  // __syncthreads; threads that returned early are waited for, in vain
void wait_for_warp();
void wait_a_turn();  // lets the others run; for loops that wait for a barrier in shared memory
void progress();     // something happened that others may wait for

// What lane `lane` of the warp gives. All lanes must call it together.
std::uint64_t exchange(std::uint64_t mine, int lane);
// All lanes' values.
const std::vector<std::uint64_t>& exchange_all(std::uint64_t mine);

// Shared memory is an array of each kernel's file; addresses are offsets into it.
bool register_shared(unsigned char* begin, std::size_t bytes);
std::uint32_t shared_offset(const void* pointer);
unsigned char* shared_pointer(
    std::uint32_t offset);  // into the array that shared_offset was last asked about

// Copies that happen only when they are waited for.
void copy_later(unsigned char* to, const void* from, std::size_t bytes);
void commit_copies();
void wait_copies(std::size_t pending);

}  // namespace foretrain::emulation
