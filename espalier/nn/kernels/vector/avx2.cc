// Compiled for x86-64-v3 (cmake/vector.cmake).
#include <immintrin.h>

#include "espalier/nn/kernels/vector/table.h"

namespace espalier::kernels {
namespace {

struct Avx2 {
  static constexpr int kLanes = 8;
  static constexpr int kRows = 4;  // of a product's tile: 8 sums in 16 registers
  static void multiply(Words<Avx2> a, uint32_t factor, Words<Avx2>& high, Words<Avx2>& low) {
    const auto x = (__m256i)a, m = _mm256_set1_epi32(int(factor));
    const __m256i even = _mm256_mul_epu32(x, m), odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), m);
    high = (Words<Avx2>)_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    low = (Words<Avx2>)_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
  }
};

}  // namespace

extern const VectorKernels kAvx2Kernels = make_table<Avx2>("avx2");

}  // namespace espalier::kernels
