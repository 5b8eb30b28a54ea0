#include "spec/faults.hpp"

#include "base/diagnostic.hpp"
#include "spec/read.hpp"

namespace foretrain::spec {

std::vector<std::string> faults_of(const Scenario& scenario) {
  Context context;
  cross_checks(context, scenario);
  std::vector<std::string> faults;
  try {
    context.throw_if_any();
  } catch (const SpecError& error) {
    for (const Diagnostic& diagnostic : error.all()) faults.push_back(diagnostic.message);
  }
  return faults;
}

}  // namespace foretrain::spec
