#include "base/ids.hpp"

#include "catch.hpp"

namespace {
enum class NodeId : std::uint32_t {};
enum class Colour : std::uint8_t { red };
static_assert(foretrain::Id<NodeId>);
static_assert(!foretrain::Id<std::uint32_t>);
static_assert(!foretrain::Id<Colour>);
static_assert(foretrain::index_of(foretrain::id_of<NodeId>(7)) == 7);
}  // namespace

TEST_CASE("an id goes in and out of an index unchanged") {
  const auto last = foretrain::id_of<NodeId>(0xffffffffU);
  CHECK(foretrain::index_of(last) == 0xffffffffU);
}
