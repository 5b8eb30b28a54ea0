#pragma once
// Options whose text the commands read themselves: every mistake is noted and all are told at once, as
// SpecError.

#include <string>
#include <vector>

#include "base/diagnostic.hpp"

namespace foretrain::cli {

class OptionFaults {
 public:
  void fault(std::string message, std::string hint = {}) {
    faults_.push_back(without_place(std::move(message), std::move(hint)));
  }
  void give_up_if_faulty() const {
    if (!faults_.empty()) throw SpecError(faults_);
  }

 private:
  std::vector<Diagnostic> faults_;
};

}  // namespace foretrain::cli
