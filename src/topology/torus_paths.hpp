#pragma once
// Paths on a torus by arithmetic: dimension by dimension, x before y before z, each the shorter way round
// (Dally and Towles, "Principles and Practices of Interconnection Networks", 2004, section 8.4.2). Node i is
// at (i % kx, i / kx % ky, i / kx / ky). Links lie as fabrics/torus.cpp makes them.
//
// Half-way round an even dimension both ways are equally short. They are shared out by whether the sum of
// the coordinates that tell the messages of one line apart is even: the sender's up to this dimension, the
// receiver's after it. Even dimensions alone count, since they halve exactly, and odd ones where no other is
// even.
//
// So if all send alike to all, each channel of a dimension of length k is crossed by n floor(k^2 / 4) / 2k
// of the messages of n nodes (section 5.2.1 there: n k / 8 for even k), or n / 2 where k = 2 and one link is
// both ways round. Fewer is not possible: nothing else crosses the cut through that dimension. Where k is
// twice an odd number and the other dimensions are odd, that is half a message more than a whole number,
// and the fuller channels carry the next one.
//
// Left out: virtual channels, which keep this free of deadlock. Cost: O(hops), no table.

#include <cstdint>
#include <vector>

#include "topology/fabric.hpp"

namespace foretrain::topology {

void append_torus_path(const TorusSize& size, std::uint32_t from, std::uint32_t to,
                       std::vector<std::uint32_t>& path);

}  // namespace foretrain::topology
