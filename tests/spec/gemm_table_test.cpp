#include "spec/gemm_table.hpp"

#include <cmath>

#include "catch.hpp"
#include "files.hpp"

using namespace foretrain;

namespace {

const std::string rows =
    "m,n,k,efficiency\n256,128,64,0.25\n256,128,128,0.5\n512,128,64,0.5\n512,128,128,1\n";

std::vector<Diagnostic> faults_in(const std::string& text) {
  const Folder folder;
  spec::Context context;
  const auto grid = spec::read_gemm_table(context, folder.write("table.csv", text), {});
  try {
    context.throw_if_any();
  } catch (const SpecError& error) {
    return error.all();
  }
  CHECK(grid.has_value());
  return {};
}

std::string first_fault(const std::string& text) {
  const auto faults = faults_in(text);
  return faults.empty() ? "" : faults.front().message;
}

}  // namespace

TEST_CASE("a GEMM table is a full grid in any order, with comments") {
  const Folder folder;
  spec::Context context;
  const auto path = folder.write("table.csv",
                                 "# measured\nm,n,k,efficiency\r\n512,128,128,1\n256,128,64,0.25\n\n"
                                 "256,128,128,0.5\n512,128,64,0.5\n");
  const auto grid = spec::read_gemm_table(context, path, {});
  REQUIRE(grid.has_value());
  CHECK(grid->m == std::vector<double>{256, 512});
  CHECK(grid->n == std::vector<double>{128});
  CHECK(grid->k == std::vector<double>{64, 128});
  CHECK(grid->logarithms == std::vector<double>{std::log(0.25), std::log(0.5), std::log(0.5), std::log(1.0)});
}

TEST_CASE("what is wrong in a GEMM table is said with its line") {
  CHECK(first_fault(rows).empty());
  CHECK(first_fault("n,m,k,efficiency\n1,1,1,1\n") == "the first line must name the columns");
  CHECK(first_fault("m,n,k,efficiency\n# none\n") == "the table holds no rows");
  CHECK(first_fault("m,n,k,efficiency\n256,128,64\n") == "'256,128,64' is no row of four numbers");
  CHECK(first_fault("m,n,k,efficiency\n256,128,64,x\n") == "'256,128,64,x' is no row of four numbers");
  CHECK(first_fault("m,n,k,efficiency\n256,128,64,1.5\n") == "efficiency 1.5 is no share of the peak");
  CHECK(first_fault("m,n,k,efficiency\n256,128,64,0\n") == "efficiency 0 is no share of the peak");
  CHECK(first_fault("m,n,k,efficiency\n0,128,64,0.5\n") == "a GEMM's sizes are 1 or more");
  CHECK(first_fault(rows + "256,128,64,0.3\n") == "m 256, n 128, k 64 stands here twice");
  CHECK(first_fault(rows + "1024,128,64,0.3\n") == "the grid lacks m 1024, n 128, k 128");
  CHECK(first_fault("m,n,k,efficiency\n1,1,1,1\n2,2,2,1\n3,3,3,1\n") == "3 rows for a grid of 27 points");
  const auto faults = faults_in(rows + "1,2,3,4\n");
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].line == 6);
}
