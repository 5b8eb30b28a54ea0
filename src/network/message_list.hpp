#pragma once
// What is to be sent, as a list without a clock: messages between endpoints, with their sizes, when they may
// start and what each waits for. Makers are in patterns.hpp and dispatch.hpp; carry.hpp turns such a list
// into time.
//
// The list may be run through several times (`rounds`): message i of a round then waits for messages of the
// same round or of an earlier one, so that the 4094 rounds of a ring among 2048 are one list of 2048. Waits
// into rounds before the first are met. An all-to-all is not written out: its messages are arithmetic, as
// there are 67 million of them among 8192.
//
// Memory: 24 bytes a message and, where any waits, 24 more and 12 a wait; nothing for an all-to-all.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/units.hpp"
#include "sim/clock.hpp"

namespace foretrain::network {

struct Message {
  std::uint32_t from{}, to{};  // endpoints; never the same
  Bytes size{};                // above 0
  sim::Ticks start{};          // not before; of every round
};

enum class Until : std::uint8_t { sent, arrived };  // the last byte has left; the last byte is there

struct Wait {
  std::uint32_t message{};        // of this list
  std::uint32_t rounds_before{};  // 0: in the same round
  Until until = Until::arrived;
};

struct MessageList {
  std::vector<Message> listed;
  std::vector<std::vector<Wait>> waits;  // of each message; empty: nobody waits
  std::uint32_t rounds = 1;

  std::uint32_t all_to_all = 0;  // instead of `listed`: so many endpoints, each sends to each other one
  Bytes each{};                  // its messages

  std::size_t size() const {
    return all_to_all > 0 ? std::size_t{all_to_all} * (all_to_all - 1) : listed.size();
  }
  // Of an all-to-all: sender by sender, the receivers beginning with the next endpoint.
  Message at(std::size_t i) const {
    if (all_to_all == 0) return listed[i];
    const auto from = static_cast<std::uint32_t>(i / (all_to_all - 1));
    const auto step = static_cast<std::uint32_t>(i % (all_to_all - 1)) + 1;
    return {from, (from + step) % all_to_all, each, {}};
  }
};

}  // namespace foretrain::network
