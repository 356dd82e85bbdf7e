#include "espalier/io/image_weigh.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace espalier {
namespace {

constexpr int32_t kHalf = 1 << (kWeightBits - 1);

#if defined(__x86_64__)

// Two taps at once: of each weight the upper and the lower 12 bits, so that 16-bit products of pairs add up exactly.
__attribute__((target("avx2"))) void weigh_avx2(const uint8_t* from, int64_t stride, const int32_t* weights, int64_t taps,
                                                int64_t lanes, uint8_t* out) {
  constexpr int64_t kLanes = 16;
  int64_t i = 0;
  for (; i + kLanes <= lanes; i += kLanes) {
    __m256i low_a = _mm256_set1_epi32(kHalf), low_b = low_a;
    __m256i high_a = _mm256_setzero_si256(), high_b = high_a;
    for (int64_t t = 0; t < taps; t += 2) {
      const bool pair = t + 1 < taps;
      const int32_t first = weights[t], second = pair ? weights[t + 1] : 0;
      const uint8_t* row = from + t * stride + i;
      const __m256i one = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row)));
      const __m256i two =
          pair ? _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row + stride))) : _mm256_setzero_si256();
      const __m256i a = _mm256_unpacklo_epi16(one, two), b = _mm256_unpackhi_epi16(one, two);
      const __m256i low = _mm256_set1_epi32((first & 0xFFF) | (second & 0xFFF) << 16);
      const __m256i high = _mm256_set1_epi32(int32_t(uint32_t(first >> 12) & 0xFFFF) | int32_t(uint32_t(second >> 12) << 16));
      low_a = _mm256_add_epi32(low_a, _mm256_madd_epi16(a, low));
      low_b = _mm256_add_epi32(low_b, _mm256_madd_epi16(b, low));
      high_a = _mm256_add_epi32(high_a, _mm256_madd_epi16(a, high));
      high_b = _mm256_add_epi32(high_b, _mm256_madd_epi16(b, high));
    }
    const __m256i a = _mm256_srai_epi32(_mm256_add_epi32(low_a, _mm256_slli_epi32(high_a, 12)), kWeightBits);
    const __m256i b = _mm256_srai_epi32(_mm256_add_epi32(low_b, _mm256_slli_epi32(high_b, 12)), kWeightBits);
    const __m256i words = _mm256_packs_epi32(a, b);  // the halves of each 128 bits lie as unpacking left them
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(words, words), 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm256_castsi256_si128(bytes));
  }
  weigh_plainly(from + i, stride, weights, taps, lanes - i, out + i);
}

#endif

}  // namespace

void weigh_plainly(const uint8_t* from, int64_t stride, const int32_t* weights, int64_t taps, int64_t lanes, uint8_t* out) {
  constexpr int64_t kLanes = 16;
  for (int64_t i = 0; i < lanes; i += kLanes) {
    const int64_t here = std::min(kLanes, lanes - i);
    int32_t sums[kLanes];
    std::fill_n(sums, kLanes, kHalf);
    for (int64_t t = 0; t < taps; ++t) {
      const uint8_t* row = from + t * stride + i;
      if (here == kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) sums[lane] += row[lane] * weights[t];
      } else {
        for (int64_t lane = 0; lane < here; ++lane) sums[lane] += row[lane] * weights[t];
      }
    }
    for (int64_t lane = 0; lane < here; ++lane) out[i + lane] = uint8_t(std::clamp(sums[lane] >> kWeightBits, 0, 255));
  }
}

Weigh weigh_of_processor() {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  if (avx2) return weigh_avx2;
#endif
  return weigh_plainly;
}

}  // namespace espalier
