#pragma once
// What a traffic pattern takes over a network, for people and as JSON (units in the key names).

#include <string>

#include "study/network.hpp"

namespace foretrain::report {

// `name` is the network's; `kind` that of its fabric.
struct NetworkNames {
  std::string name, kind;
};

std::string to_text(const study::NetworkOutcome& outcome, const study::Traffic& traffic,
                    const NetworkNames& names);
std::string to_json(const study::NetworkOutcome& outcome, const study::Traffic& traffic,
                    const NetworkNames& names);

}  // namespace foretrain::report
