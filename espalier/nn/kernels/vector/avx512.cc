// Compiled for x86-64-v4 (cmake/vector.cmake).
#include <immintrin.h>

#include "espalier/nn/kernels/vector/table.h"

namespace espalier::kernels {
namespace {

struct Avx512 {
  static constexpr int kLanes = 16;
  static constexpr int kRows = 8;  // of a product's tile: 16 sums in 32 registers
  static void multiply(Words<Avx512> a, uint32_t factor, Words<Avx512>& high, Words<Avx512>& low) {
    // With masks of all lanes, since g++ 12 warns of an uninitialized variable within the intrinsics without.
    constexpr __mmask8 kAll = 0xFF;
    const auto x = (__m512i)a, m = _mm512_set1_epi32(int(factor));
    const __m512i even = _mm512_maskz_mul_epu32(kAll, x, m);
    const __m512i odd = _mm512_maskz_mul_epu32(kAll, _mm512_maskz_srli_epi64(kAll, x, 32), m);
    high = (Words<Avx512>)_mm512_mask_blend_epi32(0xAAAA, _mm512_maskz_srli_epi64(kAll, even, 32), odd);
    low = (Words<Avx512>)_mm512_mask_blend_epi32(0xAAAA, even, _mm512_maskz_slli_epi64(kAll, odd, 32));
  }
};

}  // namespace

extern const VectorKernels kAvx512Kernels = make_table<Avx512>("avx512");

}  // namespace espalier::kernels
