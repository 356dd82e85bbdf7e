// The inner loop of resampling: sums of samples times weights of 22 fractional bits, rounded and clipped to 8 bits.
#pragma once

#include <cstdint>

namespace espalier {

constexpr int kWeightBits = 22;

/// out[i] = Σ_t from[t * stride + i] weights[t], for i < lanes.
using Weigh = void (*)(const uint8_t* from, int64_t stride, const int32_t* weights, int64_t taps, int64_t lanes, uint8_t* out);
/// The quickest one that this processor runs; all give the same bits.
Weigh weigh_of_processor();
void weigh_plainly(const uint8_t* from, int64_t stride, const int32_t* weights, int64_t taps, int64_t lanes, uint8_t* out);

}  // namespace espalier
