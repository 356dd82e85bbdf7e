#include "espalier/nn/kernels/dropout.h"

#include <algorithm>

// One clone per instruction set, chosen by the dynamic linker; sanitizers do not know the mechanism.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define ESPALIER_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define ESPALIER_CLONES
#endif

namespace espalier::kernels {
namespace {

constexpr int kLanes = 16;

/// 64 words of block `block`: sixteen Philox 4x32-10 counters side by side, in the order of base/seed.h.
ESPALIER_CLONES void words_of(uint64_t key, uint64_t block, uint32_t* words) {
  uint32_t c0[kLanes], c1[kLanes], c2[kLanes], c3[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    const uint64_t counter = block * kLanes + uint64_t(i);
    c0[i] = uint32_t(counter);
    c1[i] = uint32_t(counter >> 32);
    c2[i] = c3[i] = 0;
  }
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kLanes; ++i) {
      const uint64_t p0 = uint64_t{0xD2511F53} * c0[i], p1 = uint64_t{0xCD9E8D57} * c2[i];
      c0[i] = uint32_t(p1 >> 32) ^ c1[i] ^ k0;
      c2[i] = uint32_t(p0 >> 32) ^ c3[i] ^ k1;
      c1[i] = uint32_t(p1);
      c3[i] = uint32_t(p0);
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  for (int i = 0; i < kLanes; ++i) words[i] = c0[i];
  for (int i = 0; i < kLanes; ++i) words[kLanes + i] = c1[i];
  for (int i = 0; i < kLanes; ++i) words[2 * kLanes + i] = c2[i];
  for (int i = 0; i < kLanes; ++i) words[3 * kLanes + i] = c3[i];
}

/// y = kept ? x · factor : 0 for up to 64 elements.
ESPALIER_CLONES void keep(const float* x, float* y, int64_t count, const uint32_t* words, uint32_t threshold, float factor) {
  for (int64_t i = 0; i < count; ++i) y[i] = words[i] >= threshold ? x[i] * factor : 0;
}
ESPALIER_CLONES void keep(const double* x, double* y, int64_t count, const uint32_t* words, uint32_t threshold, double factor) {
  for (int64_t i = 0; i < count; ++i) y[i] = words[i] >= threshold ? x[i] * factor : 0;
}

template <class T>
void run(const T* x, T* y, int64_t first, int64_t last, uint64_t key, uint32_t threshold, T factor) {
  uint32_t words[kDropoutBlock];
  for (int64_t start = first; start < last; start += kDropoutBlock) {
    words_of(key, uint64_t(start / kDropoutBlock), words);
    keep(x + start, y + start, std::min(kDropoutBlock, last - start), words, threshold, factor);
  }
}

}  // namespace

void dropout(const float* x, float* y, int64_t first, int64_t last, uint64_t key, uint32_t threshold, float factor) {
  run(x, y, first, last, key, threshold, factor);
}
void dropout(const double* x, double* y, int64_t first, int64_t last, uint64_t key, uint32_t threshold, double factor) {
  run(x, y, first, last, key, threshold, factor);
}

}  // namespace espalier::kernels
