// The table of one instruction set; each vector/<set>.cc makes one.
#pragma once

#include "espalier/nn/kernels/vector/attention.h"
#include "espalier/nn/kernels/vector/gelu.h"
#include "espalier/nn/kernels/vector/join_norm.h"

namespace espalier::kernels {

template <class Isa>
constexpr VectorKernels make_table(const char* name) {
  return {name,
          keep_words<Isa>,
          drop<Isa>,
          gelu_forward<Isa>,
          gelu_backward<Isa>,
          join_norm_forward<Isa>,
          join_norm_backward<Isa>,
          attention_forward<Isa>,
          attention_backward<Isa>};
}

}  // namespace espalier::kernels
