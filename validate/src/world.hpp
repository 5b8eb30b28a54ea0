#pragma once
// Which of several processes this one is, as mpirun, srun or torchrun say it in the environment, and how the
// processes of one run find one another: through a file in a folder that all of them see.

#include <functional>
#include <optional>
#include <string>

namespace foretrain::bench {

struct World {
  int rank = 0, size = 1;
  int on_node = 0;   // number of this process among those of its node
  std::string name;  // the run's own, so that two runs in one folder do not meet
};

// The value of an environment variable; nothing where it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

// Empty when no launcher speaks, or when what it says makes no sense; `why` then says which.
std::optional<World> find_world(const Environment& environment, std::string& why);

// Rank 0 leaves `bytes` there for the others. Empty on success, else what went wrong.
std::string meeting_file(const std::string& folder, const World& world);
std::string leave(const std::string& path, const std::string& bytes);
// Waits until `length` bytes are there, at most that many seconds; nothing when they did not come.
std::optional<std::string> fetch(const std::string& path, std::size_t length, double seconds);

}  // namespace foretrain::bench
