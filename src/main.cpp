// foretrain: does what the command line asks. 0: done; 1: the honest answer is no; 2: the input is wrong.

#include <iostream>

#include "base/diagnostic.hpp"
#include "cli/parse.hpp"

int main(int argc, char** argv) {
  try {
    const int status = foretrain::cli::parse(argc, argv)(std::cout);
    if (std::cout.flush()) return status;
    std::cerr << "foretrain: error: cannot write to standard output\n";
  } catch (const foretrain::SpecError& error) {
    for (const foretrain::Diagnostic& diagnostic : error.all())
      std::cerr << foretrain::to_text(diagnostic) << '\n';
  }
  return 2;
}
