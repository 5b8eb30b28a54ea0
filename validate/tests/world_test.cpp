#include "world.hpp"

#include <filesystem>
#include <map>
#include <thread>

#include "catch.hpp"

using namespace foretrain::bench;

namespace {

Environment of(const std::map<std::string, std::string>& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  };
}

}  // namespace

TEST_CASE("mpirun, srun and torchrun say which process this is") {
  std::string why;
  const auto mpi = find_world(of({{"OMPI_COMM_WORLD_RANK", "9"},
                                  {"OMPI_COMM_WORLD_SIZE", "16"},
                                  {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                  {"PMIX_NAMESPACE", "prterun-a/1@1"}}),
                              why);
  REQUIRE(mpi);
  CHECK((mpi->rank == 9 && mpi->size == 16 && mpi->on_node == 1));
  CHECK(meeting_file("/shared", *mpi) == "/shared/foretrain-bench-prterun-a-1-1.id");
  const auto slurm = find_world(of({{"SLURM_PROCID", "0"},
                                    {"SLURM_NTASKS", "8"},
                                    {"SLURM_LOCALID", "0"},
                                    {"SLURM_JOB_ID", "77"},
                                    {"SLURM_STEP_ID", "2"}}),
                                why);
  REQUIRE(slurm);
  CHECK((slurm->rank == 0 && slurm->size == 8 && slurm->name == "-77-2"));
  const auto torch = find_world(of({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"LOCAL_RANK", "1"}}), why);
  REQUIRE(torch);
  CHECK(torch->on_node == 1);
}

TEST_CASE("a launcher that makes no sense, or none, is told") {
  std::string why;
  CHECK_FALSE(find_world(of({}), why));
  CHECK(why == "neither mpirun nor srun nor torchrun says which process this is");
  CHECK_FALSE(find_world(of({{"SLURM_PROCID", "8"}, {"SLURM_NTASKS", "8"}}), why));
  CHECK(why == "SLURM_PROCID is 8 and SLURM_NTASKS is 8");
  CHECK_FALSE(find_world(of({{"PMI_RANK", "one"}, {"PMI_SIZE", "8"}}), why));
}

TEST_CASE("processes meet through a file") {
  const auto folder = std::filesystem::temp_directory_path() / "foretrain-world-test";
  std::filesystem::create_directory(folder);
  const std::string path = (folder / "meeting.id").string();
  std::filesystem::remove(path);
  CHECK_FALSE(fetch(path, 4, 0.1));
  std::thread first([&] { CHECK(leave(path, std::string("a\0b\n", 4)).empty()); });
  const auto bytes = fetch(path, 4, 10);
  first.join();
  CHECK(bytes == std::string("a\0b\n", 4));
  CHECK_FALSE(fetch(path, 5, 0.1));  // of another length: not ours
  CHECK_FALSE(leave((folder / "nowhere" / "x").string(), "a").empty());
  std::filesystem::remove_all(folder);
}
