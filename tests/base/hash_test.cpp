#include "base/hash.hpp"

#include "catch.hpp"

using namespace foretrain;

// Test vectors of the algorithm's authors.
static_assert(hash_bytes("") == 0xcbf29ce484222325ULL);
static_assert(hash_bytes("a") == 0xaf63dc4c8601ec8cULL);
static_assert(hash_bytes("foobar") == 0x85944171f73967e8ULL);

TEST_CASE("a text hashed in pieces is the text hashed whole") {
  CHECK(hash_bytes("bar", hash_bytes("foo")) == hash_bytes("foobar"));
  CHECK(hash_number(0x0000000000726162ULL) == hash_bytes({"bar\0\0\0\0\0", 8}));
}
