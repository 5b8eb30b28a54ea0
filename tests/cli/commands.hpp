#pragma once
// Commands as typed, for tests: what they print, with which status they end, or what they complain of.

#include <sstream>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "catch.hpp"
#include "cli/parse.hpp"

namespace foretrain::testing {

using Words = std::vector<std::string>;

struct Done {
  int status = 0;
  std::string out;
};

// A SpecError passes through.
inline Done run(Words words) {
  words.insert(words.begin(), "foretrain");
  std::vector<const char*> argv;
  for (const auto& w : words) argv.push_back(w.c_str());
  std::ostringstream out;
  const int status = cli::parse(static_cast<int>(argv.size()), argv.data())(out);
  return {status, out.str()};
}

// What a command that succeeds prints.
inline std::string printed(const Words& words) {
  const Done done = run(words);
  CHECK(done.status == 0);
  return done.out;
}

inline std::vector<Diagnostic> mistakes(const Words& words) {
  try {
    run(words);
  } catch (const SpecError& e) {
    return e.all();
  }
  return {};
}

inline std::string mistake(const Words& words) {
  const auto all = mistakes(words);
  return all.empty() ? "no mistake found" : SpecError(all).what();
}

}  // namespace foretrain::testing
