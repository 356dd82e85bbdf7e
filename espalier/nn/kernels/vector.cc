#include "espalier/nn/kernels/vector.h"

#include <cstdlib>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier::kernels {

extern const VectorKernels kPlainKernels;
#if defined(__x86_64__)
extern const VectorKernels kAvx512Kernels, kAvx2Kernels;
#endif

Keep make_keep(double probability, uint64_t key) {
  if (probability <= 0) return {};
  if (probability >= 1) return {key, UINT32_MAX, 0};
  return {key, uint32_t(probability * 4294967296.0), float(1.0 / (1.0 - probability))};
}

int64_t attention_memory(int64_t length, int64_t width) {
  const int64_t keys = length + 16, across = width + 16;  // the widest vectors' padding
  return 3 * length * across + 2 * width * keys + 3 * kQueryBlock * across + 2 * kQueryBlock * keys + kQueryBlock * length +
         16 * 16;
}

std::vector<const VectorKernels*> runnable_kernels() {
  std::vector<const VectorKernels*> runnable;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd")) {
    runnable.push_back(&kAvx512Kernels);
  }
  if (avx2) runnable.push_back(&kAvx2Kernels);
#endif
  runnable.push_back(&kPlainKernels);
  return runnable;
}

const VectorKernels& vector_kernels() {
  static const VectorKernels& chosen = []() -> const VectorKernels& {
    const std::vector<const VectorKernels*> runnable = runnable_kernels();
    const char* wanted = std::getenv("ESPALIER_ISA");
    if (wanted == nullptr || *wanted == '\0') return *runnable[0];
    std::vector<std::string> names;
    for (const VectorKernels* kernels : runnable) {
      if (wanted == std::string(kernels->name)) return *kernels;
      names.push_back(kernels->name);
    }
    throw usage_error("ESPALIER_ISA is '{}'", printable(wanted)).hint("this processor runs: " + join(names, ", "));
  }();
  return chosen;
}

}  // namespace espalier::kernels
