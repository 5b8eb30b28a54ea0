#pragma once
// What meeting in the fabric costs each class of a step's traffic between nodes (share_fabric.hpp finds it,
// step.hpp prices it). All ones: every NIC gets its rate, whoever else sends.

#include <array>
#include <cstdint>
#include <string_view>

#include "network/slowdown.hpp"

namespace foretrain::cluster {

enum class TrafficClass : std::uint8_t { exchange, pipeline, gradients, expert_gradients };
constexpr std::size_t traffic_classes = 4;
constexpr std::array<std::string_view, traffic_classes> traffic_names{"exchange", "pipeline", "gradients",
                                                                      "expert gradients"};

struct Slowdowns {
  std::array<network::Slowdown, traffic_classes> of;

  const network::Slowdown& operator[](TrafficClass c) const { return of[static_cast<std::size_t>(c)]; }
  // What is left of the rate of a NIC in the slowest group, for which in the end all others wait.
  double kept(TrafficClass c) const { return 1 / (*this)[c].slowest; }
};

}  // namespace foretrain::cluster
