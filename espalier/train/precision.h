// What "auto" precision means on this machine, and why.
#pragma once

#include <string>

#include "espalier/nn/pass.h"

namespace espalier {

struct PrecisionChoice {
  Precision precision = Precision::exact;
  std::string reason;  ///< "bf16: this CPU multiplies bfloat16 (AVX512-BF16)"
};

/// `wanted`: "auto" (bf16 for training where the CPU has AVX512-BF16 or AMX, else fp32), "fp32" or "bf16"; else a usage Error.
PrecisionChoice choose_precision(const std::string& wanted, bool training);

}  // namespace espalier
