#pragma once
// Documents packed into sequences, and what attention spans when it stays inside each of them: the block
// diagonal of the causal matrix, as kernels for variable lengths compute it (cu_seqlens of
// Dao-AILab/flash-attention@01afd16, hopper/flash_attn_interface.py; Llama 3 masks documents in all of its
// training, arXiv:2407.21783, section 3.2). Everything else runs over all tokens and does not see documents.
//
// Cut: documents of independent lengths L stand end to end and the stream is cut every s tokens, the standard
// of pre-training ("concat-and-chunk", arXiv:2405.13226, section 2). All lengths and s are multiples of
// g = gcd(s, lengths), and far down the stream a cut falls on each multiple of g in a document equally often
// (the stationary renewal process; Cox, Renewal Theory, 1962, chapter 5). In units of g, with n = s / g, a
// sequence then holds on average, for each document of length k that one of mean length m would have,
//
//   k < n:   (n - k + 1) / m whole ones, and 2 / m pieces of each length 1 .. k - 1, cut on one side
//   k >= n:  (k - n + 1) / m pieces as long as the sequence, and 2 / m of each length 1 .. n - 1
//
// which add up to n. So documents that divide the sequence are never cut, and those half as long again as the
// sequence lose a sixth of its pairs; without a common divisor a document of k < n tokens attends to
// k/2 (1 - k / (3n)) keys a token instead of k/2.
// Whole: documents are sorted into sequences so that none is cut, as for supervised tuning, but those longer
// than a sequence, which are cut from their own beginning (best-fit packing, arXiv:2404.10830, section 2.1).
// Left out: tokens that stay empty then; that paper finds as many sequences as without.
//
// Attention's work is the sum over pieces of length^2 / 2, and each piece runs at the rate of its own length
// (FlashAttention's benchmarks cut 16k tokens into sequences of the length they state, arXiv:2307.08691,
// section 4.1, which is what a packed sequence is). What is here is the mean of all sequences; that they
// differ is in attention_loads.hpp. Left out: tiles of a kernel that reach over the end of a short document,
// beyond what the shortest measured length shows.
//
// Pieces of like length are merged, two classes an octave, by their tokens: tokens and pairs stay exact and
// what a curve or a window makes of them errs by less than 0.5 %. Cost: lengths x classes (17 classes for 256
// tokens, 35 for 128K).

#include <cstdint>
#include <vector>

#include "base/kernel.hpp"

namespace foretrain::model {

struct DocumentLength {
  std::int64_t tokens = 0;
  double share = 0;  // of all documents; those of a list add up to 1
};

struct Documents {
  std::vector<DocumentLength> lengths;
  bool whole = false;  // else cut where sequences end
};

// Normal in the logarithm; `sigma` is that logarithm's deviation. Mean: median * exp(sigma^2 / 2). Rounded to
// whole tokens, one at least; integrated by 1024 nodes of the trapezoid rule.
std::vector<DocumentLength> lognormal_lengths(double median, double sigma);

// A class of like pieces.
struct Piece {
  double tokens = 0;  // length
  double share = 0;   // of all tokens; those of a list add up to 1
};
using Pieces = std::vector<Piece>;  // empty: attention spans the whole sequence

// Empty where every sequence is one document.
Pieces pack(const Documents& documents, std::int64_t sequence);

// Keys that a token sees on average under a causal mask (causal_keys of each piece, but at least itself), and
// what share of all pairs is seen by tokens that see so many, for the rate at which kernels run; no shares
// where all are alike.
struct KeysSeen {
  double mean = 0;
  std::vector<KeyShare> shares;
};
KeysSeen keys_seen(std::int64_t sequence, const Pieces& pieces, std::int64_t window = 0);

// The length that all documents would have if they were alike and uncut and attended to as many keys.
double attended_tokens(const Pieces& pieces);

}  // namespace foretrain::model
