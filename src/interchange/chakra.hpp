#pragma once
// One rank of a workload as the bytes of a Chakra execution trace (mlcommons/chakra@21585d8,
// schema/protobuf/et_def.proto; framing as src/third_party/utils/protolib.py: each message behind its length
// as a varint, first the global metadata). Attributes have the names and types that Chakra's feeder and
// ASTRA-sim read (src/feeder/et_feeder_node.cpp; astra-sim/astra-sim@518bd51,
// astra-sim/workload/Workload.cc): is_cpu_op, num_ops, tensor_size, comm_type, comm_size (what a rank puts
// in, as its Ring.cc divides it), comm_src, comm_dst, comm_tag, pg_name. Groups stand in a metadata node as
// PyTorch writes them.
//
// Chakra counts microseconds. Durations are rounded so that the sum over a rank's nodes is off by at most
// half a microsecond; attributes of our own (foretrain_duration_ns, foretrain_wire_ns) carry the nanoseconds,
// which others skip.
//
// Left out: gzip, tensors, start times; control dependencies, for which Chakra's feeder does not wait either.
// Memory nodes, and a collective's call on the host, are read as compute of their duration.
//
// Cost: O(bytes), 100 to 250 a node.

#include <string>
#include <string_view>

#include "interchange/workload.hpp"

namespace foretrain::interchange {

std::string to_chakra(const std::vector<Node>& nodes, std::uint32_t rank, const Groups& groups);

// One rank's nodes; the groups it names are added to `groups`. Throws a SpecError that names `file` when the
// bytes are not such a trace.
std::vector<Node> read_chakra(std::string_view bytes, const std::string& file, Groups& groups);

}  // namespace foretrain::interchange
