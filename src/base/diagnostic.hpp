#pragma once
// What a user is told about a mistake in the input: where it is, what was found, what would be right.
// `spec` collects all of them and throws one SpecError; only `main` catches it, prints and exits with 2.

#include <stdexcept>
#include <string>
#include <vector>

namespace foretrain {

struct Diagnostic {
  std::string file;     // as the user wrote it; empty for a command-line value
  int line = 0;         // 1-based; 0 when unknown
  int column = 0;       // 1-based; 0 when unknown
  std::string message;  // "tp 6 does not divide 64 attention heads"
  std::string excerpt;  // the line of the file, or empty
  std::string hint;     // "use 1, 2, 4, 8" or "did you mean 'micro_batch'?"; may be empty
};

// As a compiler prints it: "file:line:column: error: message", the line, a caret with the hint. A column
// counts bytes of the excerpt. No newline at the end; SpecError::what() joins all of them with one.
std::string to_text(const Diagnostic& diagnostic);

// A mistake that stands in no file: on the command line, or in values that only together are wrong.
Diagnostic without_place(std::string message, std::string hint = {});

// A mistake of a whole file, or where the place in it is not known.
Diagnostic in_file(std::string file, std::string message, std::string hint = {});

class SpecError : public std::runtime_error {
 public:
  explicit SpecError(std::vector<Diagnostic> all);
  const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::vector<Diagnostic> all_;
};

// Throws the mistake of a whole file.
[[noreturn]] void refuse_file(const std::string& file, std::string message, std::string hint = {});

// The candidate nearest to `name` by edit distance (the first of equals), or "" when none is near enough to
// be a typing slip: more than one edit, and more than one for three letters of `name`.
std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace foretrain
