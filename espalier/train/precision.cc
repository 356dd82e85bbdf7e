#include "espalier/train/precision.h"

#include <fstream>
#include <optional>

#include "espalier/base/error.h"
#include "espalier/nn/kernels/throughput.h"

namespace espalier {
namespace {

/// The name of the processor's bfloat16 products; nullopt where it has none or does not say.
std::optional<std::string> bf16_products() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    if (line.find(" amx_bf16") != std::string::npos) return "AMX";
    if (line.find(" avx512_bf16") != std::string::npos) return "AVX512-BF16";
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

PrecisionChoice choose_precision(const std::string& wanted, bool training) {
  const auto products = bf16_products();
  if (wanted == "fp32") return {Precision::exact, "fp32: as asked"};
  if (wanted == "bf16") {
    return {Precision::bf16, products ? "bf16: as asked (" + *products + ")" : "bf16: as asked; this processor emulates it"};
  }
  if (wanted != "auto") throw usage_error("precision '{}'; expected auto, fp32 or bf16", wanted);
  if (!training) return {Precision::exact, "fp32: for evaluation, unless --precision says otherwise"};
  if (!products) return {Precision::exact, "fp32: this processor has no bfloat16 products"};
  // Some processors have the instructions and no speed from them (Intel without AMX runs them at half of fp32's rate).
  const double fp32 = kernels::frozen_gflops(Precision::exact, 384, 384, 1536);
  const double bf16 = kernels::frozen_gflops(Precision::bf16, 384, 384, 1536);
  const std::string measured = fmt::format("measured {:.0f} GFLOP/s against fp32's {:.0f}", bf16, fp32);
  if (bf16 < 1.2 * fp32) return {Precision::exact, "fp32: bf16 (" + *products + ") is no faster here, " + measured};
  return {Precision::bf16, "bf16: frozen weights in bfloat16 (" + *products + "), " + measured + "; trained numbers in fp32"};
}

}  // namespace espalier
