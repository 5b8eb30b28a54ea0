#include "report/version.hpp"

namespace foretrain::report {

std::string_view version() {
  return FORETRAIN_VERSION;
}

}  // namespace foretrain::report
