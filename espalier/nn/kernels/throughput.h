// How fast this machine multiplies, measured: what precisions are chosen by, and what `doctor` prints.
#pragma once

#include <cstdint>

#include "espalier/nn/pass.h"

namespace espalier::kernels {

/// The product by which `doctor` and profiles say what a machine reaches: a feed-forward layer of a BERT of base size.
inline constexpr int64_t kUsualRows = 1024, kUsualIn = 768, kUsualOut = 3072;

/// GFLOP/s of a frozen product x Wᵀ, x [rows, in], W [out, in], at the running number of threads; some milliseconds.
double frozen_gflops(Precision precision, int64_t rows, int64_t in, int64_t out);

}  // namespace espalier::kernels
