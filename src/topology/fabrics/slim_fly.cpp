#include "topology/fabrics/slim_fly.hpp"

#include <fmt/core.h>

#include "topology/fabrics/galois.hpp"

namespace foretrain::topology::fabrics {
namespace {

// q = 4 w + d
std::int64_t remainder_of(std::int64_t q) {
  return q % 4 == 3 ? -1 : q % 4;
}

// Which differences join two routers of one column: of the first half of the routers, and of the second.
struct Differences {
  std::vector<bool> first, second;  // by element
};

Differences differences_of(const GaloisField& field) {
  const std::int64_t q = field.size();
  Differences d{std::vector<bool>(static_cast<std::size_t>(q)),
                std::vector<bool>(static_cast<std::size_t>(q))};
  const auto add = [&](std::vector<bool>& set, std::int64_t exponent) {
    set[static_cast<std::size_t>(field.power(field.generator(), exponent))] = true;
  };
  if (remainder_of(q) == -1) {
    const std::int64_t w = (q + 1) / 4;
    for (std::int64_t i = 0; i < w; ++i) {
      add(d.first, 2 * i);
      add(d.first, 2 * w - 1 + 2 * i);
      add(d.second, 1 + 2 * i);
      add(d.second, 2 * w + 2 * i);
    }
    return d;
  }
  for (std::int64_t i = 0; i < q / 2; ++i) {
    add(d.first, 2 * i);
    add(d.second, 2 * i + 1);
  }
  return d;
}

}  // namespace

tl::expected<SlimFlyCounts, std::string> count_slim_fly(std::int64_t q) {
  if (q < 3 || q % 4 == 2)
    return tl::unexpected(fmt::format("a Slim Fly needs q = 4w - 1, 4w or 4w + 1, not {}", q));
  SlimFlyCounts c;
  c.routers = 2 * q * q;
  c.degree = (3 * q - remainder_of(q)) / 2;
  c.endpoints_per_router = divide_up(c.degree, 2);
  c.links = c.routers * c.degree / 2;
  return c;
}

tl::expected<Fabric, std::string> slim_fly(std::int64_t q, const Cables& cables) {
  const auto counts = count_slim_fly(q);
  if (!counts) return tl::unexpected(counts.error());
  constexpr std::int64_t most = 64;
  if (q > most)
    return tl::unexpected(fmt::format("a Slim Fly of q = {} is larger than the {} built", q, most));
  const auto field = GaloisField::of(q);
  if (!field)
    return tl::unexpected(fmt::format("there is no Slim Fly of q = {}, which is no power of a prime", q));
  const Differences differences = differences_of(*field);
  Wiring wiring("slim-fly");
  const std::int64_t endpoints = counts->routers * counts->endpoints_per_router;
  const std::int64_t endpoint = wiring.add_endpoints(endpoints);
  const std::int64_t first = wiring.add(q * q, NodeKind::router),
                     second = wiring.add(q * q, NodeKind::router);
  for (std::int64_t e = 0; e < endpoints; ++e)
    wiring.join(endpoint + e, first + e / counts->endpoints_per_router, LinkKind::nic, cables.endpoint);
  for (std::int64_t step = 1; step < q; ++step)
    for (std::int64_t y = 0; y < q; ++y) {
      const std::int64_t other = field->add(y, step);
      if (other < y) continue;  // the opposite difference is in the set too
      for (std::int64_t column = 0; column < q; ++column) {
        if (differences.first[static_cast<std::size_t>(step)])
          wiring.join(first + column * q + y, first + column * q + other, LinkKind::mesh, cables.trunk);
        if (differences.second[static_cast<std::size_t>(step)])
          wiring.join(second + column * q + y, second + column * q + other, LinkKind::mesh, cables.trunk);
      }
    }
  for (std::int64_t x = 0; x < q; ++x)
    for (std::int64_t m = 0; m < q; ++m)
      for (std::int64_t c = 0; c < q; ++c)
        wiring.join(first + x * q + field->add(field->multiply(m, x), c), second + m * q + c, LinkKind::mesh,
                    cables.trunk);
  // Columns x and m share q links. Of 2q columns a half takes as many of the first as of the second sort, or
  // one more of one and one fewer of the other.
  const std::int64_t more = divide_up(q, 2), fewer = q - more;
  wiring.bisection(q * (more * more + fewer * fewer), cables.trunk, false, "between halves of the columns");
  return wiring.take();
}

}  // namespace foretrain::topology::fabrics
