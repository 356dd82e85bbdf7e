// Counter-based random numbers: every draw is a function of a key and a counter (Philox 4x32-10, Salmon et al. 2011),
// so it never depends on order, thread count or what was attached before. Keys are derived by name.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace espalier {

/// 64-bit key from a seed and a name ("lora/encoder.0.attention.query.down.weight", "shuffle"). Stable across versions.
uint64_t derive_key(uint64_t seed, std::string_view name);
uint64_t derive_key(uint64_t key, uint64_t number);

/// Four 32-bit words: Philox 4x32-10 of (key, counter).
inline std::array<uint32_t, 4> philox(uint64_t key, uint64_t counter_low, uint64_t counter_high = 0) {
  uint32_t c0 = uint32_t(counter_low), c1 = uint32_t(counter_low >> 32);
  uint32_t c2 = uint32_t(counter_high), c3 = uint32_t(counter_high >> 32);
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c0, p1 = uint64_t{0xCD9E8D57} * c2;
    c0 = uint32_t(p1 >> 32) ^ c1 ^ k0;
    c2 = uint32_t(p0 >> 32) ^ c3 ^ k1;
    c1 = uint32_t(p1);
    c3 = uint32_t(p0);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return {c0, c1, c2, c3};
}

/// A sequence over one key, for shuffles, splits and initial values.
class RandomStream {
 public:
  explicit RandomStream(uint64_t key) : key_(key) {}
  uint32_t bits();
  double uniform();                ///< in [0, 1), 53 bits
  double normal();                 ///< standard normal (Box-Muller)
  uint64_t below(uint64_t bound);  ///< in [0, bound), unbiased; bound > 0

 private:
  uint64_t key_, counter_ = 0;
  std::array<uint32_t, 4> words_{};
  int left_ = 0;
};

/// A permutation of 0 .. size-1 (Fisher-Yates).
std::vector<int64_t> permutation(int64_t size, uint64_t key);

}  // namespace espalier
