// What "auto" precision means on this machine, and why.
#pragma once

#include <string>

#include "espalier/nn/pass.h"

namespace espalier {

struct PrecisionChoice {
  Precision precision = Precision::exact;
  std::string reason;  ///< "fp32: bf16 (AVX512-BF16) is no faster here, …"
};

/// `wanted`: "auto" (bf16 for training where the CPU has such products and they measure at least 1.2 times as fast, else fp32),
/// "fp32" or "bf16"; else a usage Error.
PrecisionChoice choose_precision(const std::string& wanted, bool training);

}  // namespace espalier
