#pragma once
// A heat map of a network (SVG 1.1, no scripts): every channel a cell, coloured by how much of its capacity
// was used over the completion time, its name, bytes and use as a tooltip. How cells lie, and when one stands
// for several channels: network_panels.hpp. Left out: use over time. Size: about 150 bytes a cell, at most
// 8192 cells a kind of link.

#include <string>

#include "report/network.hpp"

namespace foretrain::report {

// Precondition: the outcome has an answer.
std::string network_svg(const topology::Fabric& fabric, const study::NetworkOutcome& outcome,
                        const study::Traffic& traffic, const NetworkNames& names);

}  // namespace foretrain::report
