// foretrain: does what the command line asks. 0: done; 1: the honest answer is no, or it could not be
// written; 2: the input is wrong.

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "base/diagnostic.hpp"
#include "cli/parse.hpp"

namespace {

// Whether standard output is a pipe whose reader left, as in `foretrain run ... | head`: no fault of
// anyone's.
bool reader_left() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that left is told apart from success, below
  try {
    const int status = foretrain::cli::parse(argc, argv)(std::cout);
    if (std::cout.flush()) return status;
    if (!reader_left()) std::cerr << "foretrain: error: cannot write to standard output\n";
    return 1;
  } catch (const foretrain::SpecError& error) {
    for (const foretrain::Diagnostic& diagnostic : error.all())
      std::cerr << foretrain::to_text(diagnostic) << '\n';
  }
  return 2;
}
