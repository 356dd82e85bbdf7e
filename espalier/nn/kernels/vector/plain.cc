// Compiled for what every processor of the family has.
#include "espalier/nn/kernels/vector/table.h"

namespace espalier::kernels {
namespace {

struct Plain {
  static constexpr int kLanes = 4;
  static constexpr int kRows = 4;
  static void multiply(Words<Plain> a, uint32_t factor, Words<Plain>& high, Words<Plain>& low) {
    for (int i = 0; i < kLanes; ++i) {
      const uint64_t product = uint64_t{factor} * a[i];
      high[i] = uint32_t(product >> 32);
      low[i] = uint32_t(product);
    }
  }
};

}  // namespace

extern const VectorKernels kPlainKernels = make_table<Plain>("plain");

}  // namespace espalier::kernels
