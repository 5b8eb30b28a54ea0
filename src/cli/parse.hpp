#pragma once
// The command line: which subcommand, with which options as typed. The only place that knows CLI11. A
// subcommand joins with one function in parse.cpp; its options are read and its work is done in its own file.

#include <functional>
#include <iosfwd>

namespace foretrain::cli {

// What was asked for, ready to be done: writes its answer to the stream and returns the exit status.
using Command = std::function<int(std::ostream&)>;

// Throws a SpecError when the command line cannot be understood.
Command parse(int argc, const char* const* argv);

}  // namespace foretrain::cli
