#include "world.hpp"

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "number.hpp"
#include "results.hpp"

namespace foretrain::bench {

namespace {

// What Open MPI, Slurm, MPICH and torchrun call rank, size, number on the node, and the run.
struct Launcher {
  std::string rank, size, on_node;
  std::vector<std::string> name;
};
const std::vector<Launcher> launchers{
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", {"PMIX_NAMESPACE"}},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", {"PMI_ID"}},
    {"RANK", "WORLD_SIZE", "LOCAL_RANK", {"TORCHELASTIC_RUN_ID"}},
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", {"SLURM_JOB_ID", "SLURM_STEP_ID"}},
};

std::optional<int> whole(const std::optional<std::string>& text) {
  const auto value = text ? from_chars(*text) : std::nullopt;
  if (!value || *value < 0 || *value > 1e6 || *value != static_cast<int>(*value)) return std::nullopt;
  return static_cast<int>(*value);
}

// Letters, digits and dashes alone.
std::string for_a_file(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    name += plain ? c : '-';
  }
  return name;
}

}  // namespace

std::optional<World> find_world(const Environment& environment, std::string& why) {
  for (const Launcher& launcher : launchers) {
    if (!environment(launcher.rank) || !environment(launcher.size)) continue;
    const auto rank = whole(environment(launcher.rank)), size = whole(environment(launcher.size));
    if (!rank || !size || *rank >= *size) {
      why = launcher.rank + " is " + *environment(launcher.rank) + " and " + launcher.size + " is " +
            *environment(launcher.size);
      return std::nullopt;
    }
    World world;
    world.rank = *rank, world.size = *size;
    world.on_node = whole(environment(launcher.on_node)).value_or(0);
    for (const std::string& part : launcher.name)
      world.name += "-" + for_a_file(environment(part).value_or(""));
    return world;
  }
  why = "neither mpirun nor srun nor torchrun says which process this is";
  return std::nullopt;
}

std::string meeting_file(const std::string& folder, const World& world) {
  return folder + "/foretrain-bench" + world.name + ".id";
}

std::string leave(const std::string& path, const std::string& bytes) {
  return write_whole(path, bytes);
}

std::optional<std::string> fetch(const std::string& path, std::size_t length, double seconds) {
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    if (text.str().size() == length) return text.str();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    if (spent.count() > seconds) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace foretrain::bench
