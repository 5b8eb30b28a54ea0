// foretrain: does what the command line asks. 0: done; 1: the honest answer is no, or it could not be written;
// 2: the input is wrong.

#include <csignal>
#include <iostream>

#include "base/diagnostic.hpp"
#include "cli/parse.hpp"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that left is told apart from success, below
  try {
    const int status = foretrain::cli::parse(argc, argv)(std::cout);
    if (std::cout.flush()) return status;
    std::cerr << "foretrain: error: cannot write to standard output\n";
    return 1;
  } catch (const foretrain::SpecError& error) {
    for (const foretrain::Diagnostic& diagnostic : error.all())
      std::cerr << foretrain::to_text(diagnostic) << '\n';
  }
  return 2;
}
