// The dropout loop over raw memory, compiled once per instruction set and chosen at load; all give the same bits.
#pragma once

#include <cstdint>

namespace espalier::kernels {

/// y[e] = keep(e) ? x[e] * factor : 0 for e in [first, last), where `first` is a multiple of kDropoutBlock.
/// keep(e): word (e / 16) % 4 of Philox(key, 16 (e / 64) + e % 16) is at least `threshold`.
inline constexpr int64_t kDropoutBlock = 64;
void dropout(const float* x, float* y, int64_t first, int64_t last, uint64_t key, uint32_t threshold, float factor);
void dropout(const double* x, double* y, int64_t first, int64_t last, uint64_t key, uint32_t threshold, double factor);

}  // namespace espalier::kernels
