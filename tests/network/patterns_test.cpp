#include "network/patterns.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::network;
using namespace foretrain::literals;

namespace {

struct Ends {
  double out = 0, in = 0;
};
std::map<std::uint32_t, Ends> sum(const MessageList& list) {
  std::map<std::uint32_t, Ends> ends;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Message m = list.at(i);
    REQUIRE(m.from != m.to);
    ends[m.from].out += m.size.base() * list.rounds;
    ends[m.to].in += m.size.base() * list.rounds;
  }
  return ends;
}

}  // namespace

TEST_CASE("an all-to-all has every ordered pair once") {
  const MessageList list = list_all_to_all(7, 7_MiB);
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (std::size_t i = 0; i < list.size(); ++i) pairs.insert({list.at(i).from, list.at(i).to});
  CHECK(pairs.size() == 42);
  for (const auto& [who, ends] : sum(list)) CHECK((ends.out == Approx(6 * 1048576.0) && ends.in == ends.out));
}

TEST_CASE("a permutation sends once to each and never to itself, and its seed decides it") {
  const MessageList list = list_permutation(50, 1_MiB, 3);
  CHECK(sum(list).size() == 50);
  for (const auto& [who, ends] : sum(list)) CHECK((ends.out == 1048576.0 && ends.in == 1048576.0));
  const auto to = [](const MessageList& l, std::size_t i) { return l.at(i).to; };
  const MessageList again = list_permutation(50, 1_MiB, 3), other = list_permutation(50, 1_MiB, 4);
  bool same = true, differs = false;
  for (std::size_t i = 0; i < 50; ++i) {
    same = same && to(list, i) == to(again, i);
    differs = differs || to(list, i) != to(other, i);
  }
  CHECK((same && differs));
}

TEST_CASE("an incast is everyone to one") {
  const auto ends = sum(list_incast(9, 1_MiB));
  CHECK(ends.at(0).in == 8 * 1048576.0);
  CHECK(ends.at(0).out == 0);
}

TEST_CASE("a ring sends 2 (n-1)/n of the buffer from every endpoint, on one ring or several") {
  for (const GroupShape& g : {GroupShape{1, 8}, GroupShape{4, 4}}) {
    const MessageList list = list_ring_messages(g, 16_MiB);
    CHECK(list.rounds == 2 * (g.size() - 1));
    for (const auto& [who, ends] : sum(list)) {
      CHECK(ends.out == Approx(2.0 * double(g.size() - 1) / double(g.size()) * 16 * 1048576));
      CHECK(ends.in == Approx(ends.out));
    }
  }
}

TEST_CASE("two trees: what one rank sends more than 2 S it sends less elsewhere, and leaves are shared out") {
  for (const std::uint32_t n : {2U, 3U, 5U, 8U, 16U, 31U}) {
    CAPTURE(n);
    const MessageList list = list_tree_messages(n, 8_MiB, 4);
    CHECK(list.size() == 4 * (n - 1));
    double out = 0;
    for (const auto& [who, ends] : sum(list)) {
      out += ends.out;
      CHECK(ends.in <= 2.0 * 8388608 * (1 + 1e-12));  // inside one tree three neighbours, in the other one
    }
    CHECK(out == Approx(2.0 * (n - 1) * 8388608));
    CHECK(sum(list).size() == n);
  }
}

TEST_CASE("a tree's messages wait for what they need: pieces follow, sums go up before they come down") {
  const MessageList list = list_tree_messages(8, 8_MiB, 4);
  // Message 2 (v - 1) of the first tree goes up from v. Rank 4 is below the root and waits for 2 and 6.
  const auto waits_for = [&](std::size_t message, std::uint32_t other) {
    const auto& waits = list.waits[message];
    return std::any_of(waits.begin(), waits.end(), [&](const Wait& w) {
      return w.message == other && w.rounds_before == 0 && w.until == Until::arrived;
    });
  };
  CHECK((waits_for(6, 2) && waits_for(6, 10)));
  CHECK(waits_for(7, 6));  // down to 4 after the sum from 4 came to the root
  CHECK(waits_for(3, 7));  // down to 2 after 4 has it
}

TEST_CASE("a small buffer goes up a tree whole, a large one in at most 256 pieces") {
  CHECK(tree_pieces(1_MB) == 1);
  CHECK(tree_pieces(64_MiB) == 64);
  CHECK(tree_pieces(4_GiB) == 256);
}
