#pragma once
// A tensor map here is whatever the test's make_tensor_map puts into it.

struct alignas(64) CUtensorMap {
  unsigned char opaque[128];
};
