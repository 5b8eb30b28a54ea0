#pragma once
// Independent pieces of work on several threads. Each writes its own result only, so that the answer does not
// depend on how many there are.

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace foretrain::study {

// Calls work(i) for every i below count.
template <class Work>
void for_each_of(std::size_t count, unsigned threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < threads && t < count; ++t) others.emplace_back(take);
  take();
  for (auto& other : others) other.join();
}

}  // namespace foretrain::study
