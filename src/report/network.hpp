#pragma once
// What a traffic pattern takes over a network, for people and as JSON (units in the key names), with the most
// used links where they are asked for. Its picture is network_svg.hpp.

#include <optional>
#include <string>

#include "study/link_use.hpp"
#include "study/network.hpp"

namespace foretrain::report {

// `name` is the network's; `kind` that of its fabric.
struct NetworkNames {
  std::string name, kind;
};

using Links = std::optional<study::LinkTable>;

std::string to_text(const study::NetworkOutcome& outcome, const study::Traffic& traffic,
                    const NetworkNames& names, const Links& links = {});
std::string to_json(const study::NetworkOutcome& outcome, const study::Traffic& traffic,
                    const NetworkNames& names, const Links& links = {});

// "16.78 MB from each, shared out among all"
std::string sizes_text(const study::Traffic& traffic);

}  // namespace foretrain::report
