#pragma once
// Random numbers, the same on every machine: our own generator and distributions, because those of the
// standard library differ between libraries. A stream has a name, "failure/node/17", and depends on the seed
// and that name alone, so adding a stream disturbs no other. Distributions use + - * / sqrt and
// base/elementary.hpp only.
//
// Generator: xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM
// TOMS 47, 2021), its state filled by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) from the seed and the
// FNV-1a hash of the name. Not for secrets.

#include <array>
#include <cstdint>
#include <string_view>

namespace foretrain {

class Rng {
 public:
  Rng(std::uint64_t seed, std::string_view stream);

  std::uint64_t next();                        // 64 uniform bits
  double uniform();                            // [0, 1), a multiple of 2^-53
  std::uint64_t uniform(std::uint64_t count);  // 0 .. count-1, each exactly as likely; count > 0
  double exponential();                        // mean 1
  double normal();                             // mean 0, deviation 1 (Marsaglia's polar method, 1964)
  double gamma(double shape);                  // scale 1; shape > 0 (Marsaglia and Tsang 2000)

  // Successes in n trials of probability p in [0, 1]. Exact, not a normal approximation: inversion below a
  // mean of 10, above it Hoermann's transformed rejection BTRS (J. Stat. Comput. Simul. 46, 1993), whose cost
  // does not grow with n. A multinomial draw is one binomial per class over what is left: n_i ~
  // binomial(rest, p_i / p_rest). n up to 2^52.
  std::uint64_t binomial(std::uint64_t n, double p);

 private:
  double positive_uniform();  // (0, 1]

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace foretrain
