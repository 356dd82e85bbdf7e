// Which elements dropout keeps. keep(e): word (e / 16) % 4 of Philox(key, 16 (e / 64) + e % 16) is at least the threshold; the
// same on every instruction set, and for any range of elements taken alone.
#pragma once

#include "espalier/nn/kernels/vector.h"
#include "espalier/nn/kernels/vector/lanes.h"

namespace espalier::kernels {

inline constexpr int64_t kKeepBlock = 64;
inline constexpr int kKeepCounters = 16;

/// The 64 words of block `block`: sixteen Philox 4x32-10 counters side by side, in the order of base/seed.h.
template <class Isa>
inline void keep_words(uint64_t key, uint64_t block, uint32_t* words) {
  constexpr int kLanes = Isa::kLanes, kVectors = kKeepCounters / kLanes;
  Words<Isa> c0[kVectors], c1[kVectors], c2[kVectors], c3[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    c0[v] = Words<Isa>{} + uint32_t(block * kKeepCounters);
    for (int i = 0; i < kLanes; ++i) c0[v][i] += uint32_t(v * kLanes + i);
    c1[v] = Words<Isa>{} + uint32_t(block * kKeepCounters >> 32);
    c2[v] = c3[v] = Words<Isa>{};
  }
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int v = 0; v < kVectors; ++v) {
      Words<Isa> high0, low0, high1, low1;
      Isa::multiply(c0[v], 0xD2511F53U, high0, low0);
      Isa::multiply(c2[v], 0xCD9E8D57U, high1, low1);
      c0[v] = high1 ^ c1[v] ^ k0;
      c2[v] = high0 ^ c3[v] ^ k1;
      c1[v] = low1;
      c3[v] = low0;
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  for (int v = 0; v < kVectors; ++v) {
    __builtin_memcpy(words + v * kLanes, &c0[v], sizeof c0[v]);
    __builtin_memcpy(words + kKeepCounters + v * kLanes, &c1[v], sizeof c1[v]);
    __builtin_memcpy(words + 2 * kKeepCounters + v * kLanes, &c2[v], sizeof c2[v]);
    __builtin_memcpy(words + 3 * kKeepCounters + v * kLanes, &c3[v], sizeof c3[v]);
  }
}

/// out[i] = keep(first + i) ? factor : 0 for i < count.
template <class Isa>
inline void keep_factors(const Keep& keep, int64_t first, int64_t count, float* out) {
  alignas(64) uint32_t words[kKeepBlock];
  alignas(64) float factors[kKeepBlock];
  for (int64_t i = 0; i < count;) {
    const int64_t inside = (first + i) % kKeepBlock;
    const int64_t n = kKeepBlock - inside < count - i ? kKeepBlock - inside : count - i;
    keep_words<Isa>(keep.key, uint64_t((first + i) / kKeepBlock), words);
    float* to = n == kKeepBlock ? out + i : factors;
    for (int64_t j = 0; j < kKeepBlock; j += Isa::kLanes) {
      Words<Isa> w;
      __builtin_memcpy(&w, words + j, sizeof w);
      store<Isa>(to + j, masked<Isa>(splat<Isa>(keep.factor), Ints<Isa>(w >= Words<Isa>{} + keep.threshold)));
    }
    if (to == factors) {
      for (int64_t j = 0; j < n; ++j) out[i + j] = factors[inside + j];
    }
    i += n;
  }
}

/// y[i] = keep(first + i) ? x[i] · factor : 0.
template <class Isa>
void drop(const float* x, float* y, int64_t first, int64_t count, const Keep& keep) {
  alignas(64) float factors[4 * kKeepBlock];
  for (int64_t i = 0; i < count; i += 4 * kKeepBlock) {
    const int64_t n = count - i < 4 * kKeepBlock ? count - i : 4 * kKeepBlock;
    keep_factors<Isa>(keep, first + i, n, factors);
    for (int64_t j = 0; j < n; j += Isa::kLanes) {
      const Floats<Isa> f = load<Isa>(factors + j);
      const Floats<Isa> kept = masked<Isa>(load<Isa>(x + i + j, n - j) * f, Ints<Isa>(f != Floats<Isa>{}));
      store<Isa>(y + i + j, kept, n - j);
    }
  }
}

}  // namespace espalier::kernels
