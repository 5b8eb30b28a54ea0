#include "emulation.hpp"

#include <ucontext.h>

#include <array>
#include <cstring>
#include <memory>

namespace foretrain::emulation {

namespace {

constexpr std::size_t stack_bytes = 256 * 1024;
constexpr int lanes = 32;

struct Copy {
  unsigned char* to;
  const void* from;
  std::size_t bytes;
};

struct Fiber {
  ucontext_t context{};
  std::unique_ptr<unsigned char[]> stack = std::make_unique<unsigned char[]>(stack_bytes);
  bool ended = false;
  std::deque<std::vector<Copy>> committed;
  std::vector<Copy> open;
};

// All members pass, then the next round begins.
struct Gate {
  int arrived = 0;
  unsigned round = 0;
};

struct Warp {
  Gate gate;
  std::vector<std::uint64_t> values[2] = {std::vector<std::uint64_t>(lanes),
                                          std::vector<std::uint64_t>(lanes)};
  unsigned turn[lanes] = {};  // of each lane: which of the two it writes next
};

struct State {
  ucontext_t scheduler{};
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  Gate block;
  std::size_t current = 0;
  const std::function<void()>* kernel = nullptr;
  std::uint64_t steps = 0;  // of progress
};
State state;

struct Range {
  unsigned char* begin = nullptr;
  std::size_t bytes = 0;
};
// Files register their arrays before main, in any order: both are there from the start.
constinit std::array<Range, 8> ranges{};
constinit std::size_t range_count = 0;
unsigned char* current_shared = nullptr;

void body() {
  (*state.kernel)();
  state.fibers[state.current].ended = true;
  progress();
  wait_a_turn();
}

void pass(Gate& gate, int members) {
  const unsigned round = gate.round;
  if (++gate.arrived == members) {
    gate.arrived = 0;
    ++gate.round;
    progress();
    return;
  }
  while (gate.round == round) wait_a_turn();
}

void perform(const std::vector<Copy>& copies) {
  for (const Copy& copy : copies) std::memcpy(copy.to, copy.from, copy.bytes);
}

void run_block(int threads) {
  state.fibers = std::vector<Fiber>(static_cast<std::size_t>(threads));
  state.warps = std::vector<Warp>(static_cast<std::size_t>(threads / lanes));
  state.block = {};
  for (Fiber& fiber : state.fibers) {
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = stack_bytes;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, body, 0);
  }
  for (bool any = true; any;) {
    any = false;
    const std::uint64_t before = state.steps;
    for (std::size_t i = 0; i < state.fibers.size(); ++i) {
      if (state.fibers[i].ended) continue;
      any = true;
      state.current = i;
      thread_index.x = static_cast<unsigned>(i);
      swapcontext(&state.scheduler, &state.fibers[i].context);
    }
    if (any && state.steps == before) throw std::runtime_error("all threads wait for one another");
  }
}

}  // namespace

void progress() {
  ++state.steps;
}

void wait_a_turn() {
  swapcontext(&state.fibers[state.current].context, &state.scheduler);
}

void run(Index grid, int threads, const std::function<void()>& kernel) {
  if (threads % lanes != 0) throw std::runtime_error("blocks are whole warps");
  state.kernel = &kernel;
  grid_size = grid;
  block_size = {static_cast<unsigned>(threads), 1, 1};
  for (block_index.z = 0; block_index.z < grid.z; ++block_index.z)
    for (block_index.y = 0; block_index.y < grid.y; ++block_index.y)
      for (block_index.x = 0; block_index.x < grid.x; ++block_index.x) run_block(threads);
}

void wait_for_block() {
  pass(state.block, static_cast<int>(state.fibers.size()));
}
void wait_for_warp() {
  pass(state.warps[state.current / lanes].gate, lanes);
}

const std::vector<std::uint64_t>& exchange_all(std::uint64_t mine) {
  Warp& warp = state.warps[state.current / lanes];
  const std::size_t lane = state.current % lanes;
  auto& values = warp.values[warp.turn[lane]++ % 2];
  values[lane] = mine;
  wait_for_warp();
  return values;  // written again only after all lanes have passed the next exchange
}
std::uint64_t exchange(std::uint64_t mine, int lane) {
  return exchange_all(mine)[static_cast<std::size_t>(lane)];
}

bool register_shared(unsigned char* begin, std::size_t bytes) {
  ranges.at(range_count++) = {begin, bytes};
  return true;
}
std::uint32_t shared_offset(const void* pointer) {
  const auto* at = static_cast<const unsigned char*>(pointer);
  for (const Range& range : ranges) {
    if (at < range.begin || at >= range.begin + range.bytes) continue;
    current_shared = range.begin;
    return static_cast<std::uint32_t>(at - range.begin);
  }
  throw std::runtime_error("not in shared memory");
}
unsigned char* shared_pointer(std::uint32_t offset) {
  return current_shared + offset;
}

void copy_later(unsigned char* to, const void* from, std::size_t bytes) {
  state.fibers[state.current].open.push_back({to, from, bytes});
}
void commit_copies() {
  Fiber& fiber = state.fibers[state.current];
  fiber.committed.push_back(std::move(fiber.open));
  fiber.open.clear();
}
void wait_copies(std::size_t pending) {
  Fiber& fiber = state.fibers[state.current];
  while (fiber.committed.size() > pending) {
    perform(fiber.committed.front());
    fiber.committed.pop_front();
  }
}

}  // namespace foretrain::emulation
